//! Failures of statements and of connecting, translated from the driver's errors.

use std::io;

use sqlx::postgres::{PgDatabaseError, PgErrorPosition};

use super::settings::Host;
use super::sqlstate::Condition;
use crate::error::{ConnectionCode, ConnectionError, DatabaseError, Error};

/// An error, and how far the statement had come when it arose.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What went wrong.
    pub error: Error,
    /// How far the statement had come.
    pub reach: Reach,
}

/// How far a failed statement had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// No connection was available: nothing has happened.
    NotSent,
    /// The server refused the statement, which has had no effect.
    Refused,
    /// The statement has had no effect, and can be sent again on another connection: the session ended before
    /// the statement was complete, or cannot run it.
    Ended,
    /// The statement was carried out, but its result cannot be read. A repeat would give the same.
    Unreadable,
    /// The connection broke, and whether the statement had an effect is unknown.
    Lost,
}

impl Failure {
    /// A failure before anything was sent.
    pub(super) const fn not_sent(error: Error) -> Self {
        Self {
            error,
            reach: Reach::NotSent,
        }
    }

    /// The failure of a statement in a unit of work that an earlier failure has ended.
    pub(super) fn ended_before() -> Self {
        Self {
            error: Error::Bug("a unit of work is used after its end".to_owned()),
            reach: Reach::Refused,
        }
    }

    /// The failure to read an answer.
    pub const fn unreadable(error: Error) -> Self {
        Self {
            error,
            reach: Reach::Unreadable,
        }
    }

    /// What the SQLSTATE says, if the server reported the error.
    pub fn condition(&self) -> Option<Condition> {
        match &self.error {
            Error::Database(error) => Some(Condition::of(&error.code)),
            _ => None,
        }
    }
}

/// How far a statement had come, as far as this side knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Its effects are not committed, and will not be.
    Uncommitted,
    /// The server has not reported it complete.
    Running,
    /// The server has reported it complete, or may be committing it.
    Committing,
}

/// What a failed attempt to connect to `host` means.
pub(super) fn while_connecting(error: sqlx::Error, host: &Host) -> Failure {
    Failure::not_sent(translate(error, Some(host)))
}

/// What a statement's failure means.
pub(super) fn while_running(error: sqlx::Error, progress: Progress) -> Failure {
    let error = translate(error, None);
    let reach = match &error {
        Error::Connection(_) if progress == Progress::Uncommitted => Reach::Ended,
        Error::Connection(_) => Reach::Lost,
        Error::Database(error) if !error.ends_session() => Reach::Refused,
        Error::Database(error) => match progress {
            Progress::Uncommitted => Reach::Ended,
            Progress::Running if is_noticed_between_steps(&error.code) => Reach::Ended,
            Progress::Running | Progress::Committing => Reach::Lost,
        },
        _ => Reach::Unreadable,
    };
    Failure { error, reach }
}

/// Whether the server raises an error only between the steps of a statement, and never while it commits:
/// 57P01 (an administrator ended the session), 57P05 (it was idle for too long), 25P03 (it was idle in a
/// transaction for too long). The server sends the completion of a statement before such an error, so a
/// statement that it has not reported complete was not committed. Other ends of a session (a crash, a
/// pooler's own errors) allow no such conclusion. See `ProcessInterrupts` in PostgreSQL's `postgres.c`.
fn is_noticed_between_steps(code: &str) -> bool {
    matches!(code, "57P01" | "57P05" | "25P03")
}

/// A connection error of our own making.
pub(super) fn connection(code: ConnectionCode, what: &str, host: Option<&Host>) -> Error {
    let target = host.map_or_else(String::new, |host| format!(" {}", at(host)));
    Error::Connection(Box::new(ConnectionError {
        message: format!("{what}{target}"),
        code,
        address: host.map(|host| host.address().to_owned()),
        port: host.map(Host::port),
    }))
}

/// Whether a server could not be reached, or went away during the connection attempt.
pub(super) fn is_absence(error: &Error) -> bool {
    let Error::Connection(error) = error else {
        return false;
    };
    matches!(
        error.code,
        ConnectionCode::Refused
            | ConnectionCode::Reset
            | ConnectionCode::Aborted
            | ConnectionCode::BrokenPipe
            | ConnectionCode::TimedOut
            | ConnectionCode::HostUnreachable
            | ConnectionCode::NetworkUnreachable
            | ConnectionCode::NoSuchSocket
            | ConnectionCode::ConnectTimeout
            | ConnectionCode::TargetSessionAttrs
            | ConnectionCode::Closed
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
            // A server's error always has an SQLSTATE, and every decision depends on it.
            Ok(error) if error.code().len() != 5 => violation("an error without a SQLSTATE", host),
            Ok(error) => Error::Database(Box::new(reported(&error))),
            Err(error) => Error::Bug(error.to_string()),
        },
        sqlx::Error::Io(error) => io_error(&error, host),
        sqlx::Error::Tls(error) => match error.downcast_ref::<rustls::Error>() {
            Some(error) => tls_error(error, host),
            // sqlx has no error of its own for a server that declines TLS.
            None if error.to_string().contains("does not support TLS") => connection(
                ConnectionCode::TlsNotSupported,
                "The server does not support TLS:",
                host,
            ),
            None => encryption_failed(ConnectionCode::TlsFailed, &error.to_string(), host),
        },
        sqlx::Error::Protocol(what) => violation(&what, host),
        sqlx::Error::Configuration(what) => connection(
            ConnectionCode::InvalidSettings,
            &format!("The connection's settings are invalid: {what}"),
            host,
        ),
        sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed => {
            connection(ConnectionCode::Closed, "The connection was closed", host)
        }
        other => Error::Bug(other.to_string()),
    }
}

fn violation(what: &str, host: Option<&Host>) -> Error {
    connection(
        ConnectionCode::ProtocolViolation,
        &format!("The server broke the protocol: {what}"),
        host,
    )
}

fn io_error(error: &io::Error, host: Option<&Host>) -> Error {
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return tls_error(error, host);
    }
    let code = match error.kind() {
        io::ErrorKind::ConnectionRefused => ConnectionCode::Refused,
        io::ErrorKind::ConnectionReset => ConnectionCode::Reset,
        io::ErrorKind::ConnectionAborted => ConnectionCode::Aborted,
        io::ErrorKind::BrokenPipe => ConnectionCode::BrokenPipe,
        io::ErrorKind::TimedOut => ConnectionCode::TimedOut,
        io::ErrorKind::HostUnreachable => ConnectionCode::HostUnreachable,
        io::ErrorKind::NetworkUnreachable => ConnectionCode::NetworkUnreachable,
        io::ErrorKind::NotFound => ConnectionCode::NoSuchSocket,
        io::ErrorKind::PermissionDenied => ConnectionCode::AccessDenied,
        io::ErrorKind::AddrNotAvailable => ConnectionCode::AddressNotAvailable,
        // The standard library has no error kind for a host name that cannot be resolved.
        _ if error.raw_os_error().is_none() && error.to_string().contains("lookup address") => {
            ConnectionCode::NotFound
        }
        _ => ConnectionCode::Closed,
    };
    let name = code.as_str();
    let what = match (code, host) {
        (ConnectionCode::NotFound, _) => format!("getaddrinfo {name}"),
        (ConnectionCode::Closed, _) => "The connection was closed by the server".to_owned(),
        (_, Some(_)) => format!("connect {name}"),
        (ConnectionCode::TimedOut, None) => return Error::no_answer(),
        (_, None) => format!("The connection broke: {name}"),
    };
    connection(code, &what, host)
}

/// The codes are those of Node's own TLS errors.
///
/// <https://nodejs.org/api/tls.html#x509-certificate-error-codes>
fn tls_error(error: &rustls::Error, host: Option<&Host>) -> Error {
    use rustls::{CertificateError, Error as Tls};
    let code = match error {
        Tls::InvalidCertificate(reason) => match reason {
            CertificateError::UnknownIssuer => ConnectionCode::CertificateUntrusted,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                ConnectionCode::CertificateForAnotherName
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                ConnectionCode::CertificateExpired
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                ConnectionCode::CertificateNotYetValid
            }
            _ => ConnectionCode::TlsFailed,
        },
        _ => ConnectionCode::TlsFailed,
    };
    encryption_failed(code, &error.to_string(), host)
}

fn encryption_failed(code: ConnectionCode, why: &str, host: Option<&Host>) -> Error {
    connection(
        code,
        &format!("No encrypted connection could be made ({why}) to"),
        host,
    )
}

fn reported(error: &PgDatabaseError) -> DatabaseError {
    let (position, internal_position, internal_query) = match error.position() {
        Some(PgErrorPosition::Original(at)) => (Some(at), None, None),
        Some(PgErrorPosition::Internal { position, query }) => (None, Some(position), Some(query)),
        None => (None, None, None),
    };
    let number = |number: Option<usize>| number.map(|number| number.to_string());
    let text = |text: Option<&str>| text.map(str::to_owned);
    let others = [
        ("detail", text(error.detail())),
        ("hint", text(error.hint())),
        ("position", number(position)),
        ("internal_position", number(internal_position)),
        ("internal_query", text(internal_query)),
        ("where", text(error.r#where())),
        ("schema_name", text(error.schema())),
        ("table_name", text(error.table())),
        ("column_name", text(error.column())),
        ("data_type_name", text(error.data_type())),
        ("constraint_name", text(error.constraint())),
        ("file", text(error.file())),
        ("line", number(error.line())),
        ("routine", text(error.routine())),
    ];
    DatabaseError {
        message: error.message().to_owned(),
        severity: format!("{:?}", error.severity()).to_uppercase(),
        code: error.code().to_owned(),
        others: others
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect(),
    }
}
