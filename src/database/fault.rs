//! From sqlx's errors to ours.

use std::io;

use sqlx::postgres::{PgDatabaseError, PgSeverity};

use super::settings::Host;
use crate::error::{ConnectionError, DatabaseError, Error, Failure, Reach};
use crate::policy::Policy;

/// What a failed attempt to connect to `host` means.
pub fn while_connecting(error: sqlx::Error, host: &Host) -> Failure {
    Failure {
        error: translate(error, Some(host)),
        reach: Reach::NotSent,
    }
}

/// What effect a statement may have had when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// None: nothing was committed.
    None,
    /// None, if the server itself has ended the session: it had not called the statement complete.
    NoneIfEnded,
    /// Any.
    Any,
}

/// What a statement's failure means.
pub fn while_running(error: sqlx::Error, effect: Effect) -> Failure {
    let error = translate(error, None);
    let is_over = match &error {
        Error::Connection(_) => true,
        Error::Database(said) => said.ends_session(),
        _ => false,
    };
    // 57P01: an administrator ended the session. The server looks out for that between the steps of a
    // statement, never while it commits, and what it has said of the statement by then has been sent
    // before: so one it had not called complete was not committed. The other ends of a session (a
    // crash, a pooler's own errors) allow no such conclusion.
    let is_ended = matches!(&error, Error::Database(said) if said.code == "57P01" && is_over);
    let reach = match effect {
        _ if !is_over => Reach::Refused,
        Effect::None => Reach::Ended,
        Effect::NoneIfEnded if is_ended => Reach::Ended,
        Effect::NoneIfEnded | Effect::Any => Reach::Lost,
    };
    Failure { error, reach }
}

/// A connection error of our own making: `what` it is, under the `code` that postgres.js uses.
pub fn connection(code: &'static str, what: &str, host: Option<&Host>) -> Error {
    let target = host.map_or_else(String::new, |host| format!(" {}", at(host)));
    Error::Connection(Box::new(ConnectionError {
        message: format!("{what}{target}"),
        code,
        address: host.map(|host| host.address().to_owned()),
        port: host.map(Host::port),
    }))
}

/// Whether a server was not there, or went away while it was being connected to.
pub fn is_absence(error: &Error) -> bool {
    let Error::Connection(error) = error else {
        return false;
    };
    matches!(
        error.code,
        "ECONNREFUSED"
            | "ECONNRESET"
            | "ECONNABORTED"
            | "EPIPE"
            | "ETIMEDOUT"
            | "EHOSTUNREACH"
            | "ENETUNREACH"
            | "ENOENT"
            | "CONNECT_TIMEOUT"
            | "TARGET_SESSION_ATTRS"
            | CONNECTION_CLOSED
    )
}

fn at(host: &Host) -> String {
    match host {
        Host::Socket { socket, port } => format!("{socket}/.s.PGSQL.{port}"),
        Host::Tcp { host, port } => format!("{host}:{port}"),
    }
}

fn translate(error: sqlx::Error, host: Option<&Host>) -> Error {
    match error {
        sqlx::Error::Database(error) => match error.try_downcast::<PgDatabaseError>() {
            // A server's error always has a SQLSTATE, by which all of them are judged.
            Ok(error) if error.code().len() != 5 => connection(
                "PROTOCOL_VIOLATION",
                "The server broke the protocol: an error without a SQLSTATE",
                host,
            ),
            Ok(error) => Error::Database(Box::new(said(&error))),
            Err(error) => Error::Bug(error.to_string()),
        },
        sqlx::Error::Io(error) => io_error(&error, host),
        sqlx::Error::Tls(error) => tls_error(&error.to_string(), host),
        sqlx::Error::Protocol(what) => connection(
            "PROTOCOL_VIOLATION",
            &format!("The server broke the protocol: {what}"),
            host,
        ),
        sqlx::Error::Configuration(what) => connection(
            "INVALID_SETTINGS",
            &format!("The connection's settings are invalid: {what}"),
            host,
        ),
        sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed => {
            connection(CONNECTION_CLOSED, "The connection was closed", host)
        }
        other => Error::Bug(other.to_string()),
    }
}

/// The code of a connection that broke after it had been established.
const CONNECTION_CLOSED: &str = "CONNECTION_CLOSED";

fn io_error(error: &io::Error, host: Option<&Host>) -> Error {
    let code = match error.kind() {
        io::ErrorKind::ConnectionRefused => "ECONNREFUSED",
        io::ErrorKind::ConnectionReset => "ECONNRESET",
        io::ErrorKind::ConnectionAborted => "ECONNABORTED",
        io::ErrorKind::BrokenPipe => "EPIPE",
        io::ErrorKind::TimedOut => "ETIMEDOUT",
        io::ErrorKind::HostUnreachable => "EHOSTUNREACH",
        io::ErrorKind::NetworkUnreachable => "ENETUNREACH",
        io::ErrorKind::NotFound => "ENOENT",
        io::ErrorKind::PermissionDenied => "EACCES",
        io::ErrorKind::AddrNotAvailable => "EADDRNOTAVAIL",
        io::ErrorKind::UnexpectedEof => CONNECTION_CLOSED,
        // rustls reports what it thinks of the peer's certificate as invalid data.
        io::ErrorKind::InvalidData => return tls_error(&error.to_string(), host),
        // The standard library has no kind for a name that cannot be resolved.
        _ if error.raw_os_error().is_none() && error.to_string().contains("lookup address") => {
            "ENOTFOUND"
        }
        _ => CONNECTION_CLOSED,
    };
    let what = match (code, host.is_some()) {
        ("ENOTFOUND", _) => "getaddrinfo ENOTFOUND".to_owned(),
        (CONNECTION_CLOSED, _) => "The connection was closed by the server".to_owned(),
        (_, true) => format!("connect {code}"),
        ("ETIMEDOUT", false) => return Error::no_answer(),
        (_, false) => format!("The connection broke: {code}"),
    };
    connection(code, &what, host)
}

/// The codes are those of Node's own TLS errors.
///
/// <https://nodejs.org/api/tls.html#x509-certificate-error-codes>
fn tls_error(what: &str, host: Option<&Host>) -> Error {
    let code = [
        // What the server thinks of our certificate.
        ("received fatal alert", "TLS_FAILED"),
        ("UnknownIssuer", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
        ("NotValidForName", "ERR_TLS_CERT_ALTNAME_INVALID"),
        ("not valid for name", "ERR_TLS_CERT_ALTNAME_INVALID"),
        ("expired", "CERT_HAS_EXPIRED"),
        ("Expired", "CERT_HAS_EXPIRED"),
        ("not valid yet", "CERT_NOT_YET_VALID"),
        ("NotValidYet", "CERT_NOT_YET_VALID"),
        ("does not support TLS", "TLS_NOT_SUPPORTED"),
    ]
    .into_iter()
    .find_map(|(mark, code)| what.contains(mark).then_some(code))
    .unwrap_or("TLS_FAILED");
    connection(
        code,
        &format!("No encrypted connection could be made ({what}) to"),
        host,
    )
}

fn said(error: &PgDatabaseError) -> DatabaseError {
    let own = |text: Option<&str>| text.map(str::to_owned);
    DatabaseError {
        message: error.message().to_owned(),
        severity: severity(error.severity()).to_owned(),
        code: error.code().to_owned(),
        detail: own(error.detail()),
        hint: hint(error),
        r#where: own(error.r#where()),
        schema_name: own(error.schema()),
        table_name: own(error.table()),
        column_name: own(error.column()),
        data_type_name: own(error.data_type()),
        constraint_name: own(error.constraint()),
    }
}

/// The server's hint, with ours where it cannot know what is wrong.
fn hint(error: &PgDatabaseError) -> Option<String> {
    let own = error.hint().map(str::to_owned);
    if Policy::of_code(error.code()) != Policy::UnknownTables {
        return own;
    }
    let ours = "This database is not that of a Paperclip whose tables this version of \
                paperclip-environment-service knows, or another schema is searched first.";
    Some(own.map_or_else(|| ours.to_owned(), |own| format!("{own} {ours}")))
}

const fn severity(severity: PgSeverity) -> &'static str {
    match severity {
        PgSeverity::Panic => "PANIC",
        PgSeverity::Fatal => "FATAL",
        PgSeverity::Error => "ERROR",
        PgSeverity::Warning => "WARNING",
        PgSeverity::Notice => "NOTICE",
        PgSeverity::Debug => "DEBUG",
        PgSeverity::Info => "INFO",
        PgSeverity::Log => "LOG",
    }
}
