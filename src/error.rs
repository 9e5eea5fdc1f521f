//! The one error type.
//!
//! Errors are cloned, because one lost connection may fail many calls, and serialised, because they cross to
//! JavaScript as data: each field becomes a property of the `Error` that is thrown there. No error holds a
//! password, a connection string, or any value of a statement except in PostgreSQL's own messages.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use uuid::Uuid;

/// Why a call failed.
#[derive(Debug, Clone)]
pub enum Error {
    /// A word outside its set, either in the input, before anything is written, or in a row that was read.
    UnexpectedValue(UnexpectedValue),
    /// An error that PostgreSQL reported.
    Database(Box<DatabaseError>),
    /// The server could not be reached, or went away.
    Connection(Box<ConnectionError>),
    /// The connection broke during the call and the server stayed unreachable: the call may have taken
    /// effect.
    OutcomeUnknown(Box<OutcomeUnknown>),
    /// A failure for which the original throws this message.
    Failed(&'static str),
    /// A failure that Paperclip's server answers with a particular HTTP status.
    Http(HttpError),
    /// Another session locks what the call needs. JavaScript makes the call again, so no caller sees this
    /// error.
    HeldUp,
    /// The database has the tables of another Paperclip release than the generation's.
    WrongGeneration(String),
    /// The source's password function failed. JavaScript keeps its error.
    Password,
    /// A row is too long for a JavaScript string. The call has taken effect.
    ResultTooLarge,
    /// A bug in this package.
    Bug(String),
}

/// An error that Paperclip's server answers with a particular status. JavaScript makes it with the server's
/// class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HttpError {
    /// 403 or 409.
    pub status: u16,
    /// What happened.
    pub message: &'static str,
    /// Further information.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<HttpErrorDetails>,
}

/// Further information about an [`HttpError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HttpErrorDetails {
    /// A code that programs can compare.
    pub code: &'static str,
}

impl HttpError {
    /// A row was changed between the read and the write.
    pub const fn conflict(message: &'static str) -> Self {
        Self {
            status: 409,
            message,
            details: None,
        }
    }
}

/// A word that is not a member of its set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnexpectedValue {
    /// The set's name in messages: "environment driver".
    pub set: &'static str,
    /// The word that was found.
    pub value: String,
}

/// An error that PostgreSQL reported, field by field under the names that postgres.js uses.
///
/// The meaning of the fields: <https://www.postgresql.org/docs/current/protocol-error-fields.html>.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(tag = "name", rename = "PostgresError")]
pub struct DatabaseError {
    /// The primary message.
    pub message: String,
    /// The severity, untranslated: ERROR, FATAL or PANIC.
    pub severity: String,
    /// The SQLSTATE.
    pub code: String,
    /// All other fields that the server sent.
    #[serde(flatten)]
    pub others: BTreeMap<&'static str, String>,
}

/// The server could not be reached, or went away.
#[derive(Debug, Clone, Serialize)]
pub struct ConnectionError {
    /// What happened, and where.
    pub message: String,
    /// The kind of failure.
    pub code: ConnectionCode,
    /// The host or socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

macro_rules! connection_codes {
    ($( $name:ident = $code:literal ),+ $(,)?) => {
        /// The codes of connection errors. They are those of Node and postgres.js where these have one.
        /// docs/errors.md lists their causes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each is explained by its code")]
        pub enum ConnectionCode { $( $name ),+ }

        impl ConnectionCode {
            /// The code as callers see it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }
        }
    };
}

connection_codes! {
    Refused = "ECONNREFUSED",
    Reset = "ECONNRESET",
    Aborted = "ECONNABORTED",
    BrokenPipe = "EPIPE",
    TimedOut = "ETIMEDOUT",
    HostUnreachable = "EHOSTUNREACH",
    NetworkUnreachable = "ENETUNREACH",
    NoSuchSocket = "ENOENT",
    AccessDenied = "EACCES",
    AddressNotAvailable = "EADDRNOTAVAIL",
    NotFound = "ENOTFOUND",
    ConnectTimeout = "CONNECT_TIMEOUT",
    AcquireTimeout = "ACQUIRE_TIMEOUT",
    Closed = "CONNECTION_CLOSED",
    Ended = "CONNECTION_ENDED",
    TargetSessionAttrs = "TARGET_SESSION_ATTRS",
    ProtocolViolation = "PROTOCOL_VIOLATION",
    InvalidSettings = "INVALID_SETTINGS",
    TlsFailed = "TLS_FAILED",
    TlsNotSupported = "TLS_NOT_SUPPORTED",
    CertificateUntrusted = "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    CertificateForAnotherName = "ERR_TLS_CERT_ALTNAME_INVALID",
    CertificateExpired = "CERT_HAS_EXPIRED",
    CertificateNotYetValid = "CERT_NOT_YET_VALID",
}

impl Serialize for ConnectionCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The connection broke during the call and the server stayed unreachable.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeUnknown {
    /// What is unknown, and why.
    pub message: String,
    /// Always `OUTCOME_UNKNOWN`.
    pub code: &'static str,
    /// The rows in question.
    #[serde(flatten)]
    pub ids: Ids,
}

/// The rows that a call of unknown outcome may have written.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ids {
    /// The lease.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_id: Option<Uuid>,
    /// The environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<Uuid>,
}

impl Ids {
    /// The ids of a call about one lease.
    pub const fn lease(id: Uuid) -> Self {
        Self {
            lease_id: Some(id),
            environment_id: None,
        }
    }

    /// The ids of a call about one environment.
    pub const fn environment(id: Uuid) -> Self {
        Self {
            lease_id: None,
            environment_id: Some(id),
        }
    }
}

impl DatabaseError {
    /// Whether the error ended the session.
    pub fn ends_session(&self) -> bool {
        matches!(self.severity.as_str(), "FATAL" | "PANIC")
    }

    /// Whether the error has a context. Every error raised by a function (a trigger, a policy, a default) while
    /// the statement ran has one, and so do some errors about a statement's parameters.
    pub fn has_context(&self) -> bool {
        self.others.contains_key("where")
    }
}

impl Error {
    /// The violated constraint, if the error is about one.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Database(error) => error.others.get("constraint_name").map(String::as_str),
            _ => None,
        }
    }

    /// The error for a server that did not answer within the time limit.
    pub fn no_answer() -> Self {
        Self::Connection(Box::new(ConnectionError {
            message: "The server did not answer in time".to_owned(),
            code: ConnectionCode::TimedOut,
            address: None,
            port: None,
        }))
    }

    /// The error for a call of unknown outcome about these rows, because of `cause`.
    pub fn outcome_unknown(ids: Ids, cause: &impl fmt::Display) -> Self {
        Self::OutcomeUnknown(Box::new(OutcomeUnknown {
            message: format!(
                "The answer to this call was lost, and whether it took effect is unknown ({cause})"
            ),
            code: "OUTCOME_UNKNOWN",
            ids,
        }))
    }
}

impl fmt::Display for UnexpectedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unexpected {} value: {}", self.set, self.value)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnexpectedValue(error) => error.fmt(f),
            Self::Database(error) => f.write_str(&error.message),
            Self::Connection(error) => f.write_str(&error.message),
            Self::OutcomeUnknown(error) => f.write_str(&error.message),
            Self::Failed(message) => f.write_str(message),
            Self::Http(error) => f.write_str(error.message),
            Self::HeldUp => f.write_str("Somebody holds the environment"),
            Self::WrongGeneration(message) => f.write_str(message),
            Self::Password => f.write_str("The password function of the source failed"),
            Self::ResultTooLarge => f.write_str("The result is too large for JavaScript"),
            Self::Bug(message) => {
                write!(
                    f,
                    "This is a bug in paperclip-environment-service: {message}"
                )
            }
        }
    }
}

impl std::error::Error for Error {}

impl From<UnexpectedValue> for Error {
    fn from(error: UnexpectedValue) -> Self {
        Self::UnexpectedValue(error)
    }
}

impl Serialize for Error {
    /// Writes the properties of the `Error` that JavaScript throws.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let code = match self {
            Self::Database(error) => return error.serialize(serializer),
            Self::Connection(error) => return error.serialize(serializer),
            Self::OutcomeUnknown(error) => return error.serialize(serializer),
            Self::Http(error) => return error.serialize(serializer),
            Self::UnexpectedValue(_) | Self::Failed(_) => None,
            Self::HeldUp => Some("held_up"),
            Self::WrongGeneration(_) => Some("WRONG_GENERATION"),
            Self::Password => Some("PASSWORD_FUNCTION_FAILED"),
            Self::ResultTooLarge => Some("RESULT_TOO_LARGE"),
            Self::Bug(_) => Some("INTERNAL_ERROR"),
        };
        let mut properties = serializer.serialize_map(None)?;
        properties.serialize_entry("message", &self.to_string())?;
        if let Some(code) = code {
            properties.serialize_entry("code", code)?;
        }
        properties.end()
    }
}
