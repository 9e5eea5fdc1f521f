//! The one error type. Nothing above the database rooms knows sqlx.
//!
//! Errors are cloned, because one lost connection may be the answer to many calls, and they are
//! serialised, because they cross to JavaScript as data: each field becomes a property of the
//! `Error` that is thrown there. None holds a password, a connection string or a statement's values
//! beyond what PostgreSQL itself puts into its messages.

use std::fmt;

use serde::Serialize;
use uuid::Uuid;

use crate::model::UnexpectedValue;

/// Why a call failed.
#[derive(Debug, Clone)]
pub enum Error {
    /// A value outside its set: in the input, before anything was written, or in a row that was read.
    UnexpectedValue(UnexpectedValue),
    /// What PostgreSQL said.
    Database(Box<DatabaseError>),
    /// The server could not be reached, or went away.
    Connection(Box<ConnectionError>),
    /// The connection broke in mid-call and the server stayed away: the call may have taken effect.
    OutcomeUnknown(Box<OutcomeUnknown>),
    /// An outcome that the original reports with these words.
    Failed(&'static str),
    /// The source's password function failed; the face knows its error.
    Password,
    /// A row is longer than what crosses as one JavaScript string. What was asked for has been done.
    ResultTooLarge,
    /// A mistake of this package.
    Bug(String),
}

/// What PostgreSQL said, field by field under the names that postgres.js gives them.
///
/// The meaning of the fields: <https://www.postgresql.org/docs/current/protocol-error-fields.html>.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DatabaseError {
    /// The primary message.
    pub message: String,
    /// The severity, untranslated: ERROR, FATAL or PANIC.
    pub severity: String,
    /// The SQLSTATE.
    pub code: String,
    /// More about the problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Where in the server's work it arose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#where: Option<String>,
    /// The schema concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema_name: Option<String>,
    /// The table concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_name: Option<String>,
    /// The column concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column_name: Option<String>,
    /// The data type concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_type_name: Option<String>,
    /// The constraint concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint_name: Option<String>,
}

/// The server could not be reached, or went away.
#[derive(Debug, Clone, Serialize)]
pub struct ConnectionError {
    /// What happened, to whom.
    pub message: String,
    /// The code a Node user knows: ECONNREFUSED, ENOTFOUND, `CONNECT_TIMEOUT`, `CONNECTION_CLOSED`, …
    pub code: &'static str,
    /// The host or socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

/// The connection broke in mid-call and the server stayed away.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeUnknown {
    /// What is not known, and why.
    pub message: String,
    /// Always `OUTCOME_UNKNOWN`.
    pub code: &'static str,
    /// The lease that may exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_id: Option<Uuid>,
    /// The environment that may exist, or may have been changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<Uuid>,
}

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
    /// No connection was had: nothing has happened.
    NotSent,
    /// The server answered, and running it again changes nothing: it was refused and has had no effect, or
    /// its answer cannot be read, which is a [`Error::Bug`].
    Refused,
    /// The server ended the session before the statement was complete: it has had no effect.
    Ended,
    /// The connection broke: whether it had an effect is not known.
    Lost,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl DatabaseError {
    /// Whether the session ended with this error, and the connection with it.
    pub fn ends_session(&self) -> bool {
        matches!(self.severity.as_str(), "FATAL" | "PANIC")
    }
}

impl Error {
    /// The server did not answer in the time it was given.
    pub fn no_answer() -> Self {
        Self::Connection(Box::new(ConnectionError {
            message: "The server did not answer in time".to_owned(),
            code: "ETIMEDOUT",
            address: None,
            port: None,
        }))
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

/// How an error crosses to JavaScript: the properties of the `Error` to be thrown.
#[derive(Serialize)]
#[serde(untagged)]
enum Properties<'a> {
    Database {
        name: &'static str,
        #[serde(flatten)]
        error: &'a DatabaseError,
    },
    Connection(&'a ConnectionError),
    OutcomeUnknown(&'a OutcomeUnknown),
    Coded {
        code: &'static str,
        message: String,
    },
    Plain {
        message: String,
    },
}

impl Serialize for Error {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let message = self.to_string();
        let properties = match self {
            Self::Database(error) => Properties::Database {
                name: "PostgresError",
                error,
            },
            Self::Connection(error) => Properties::Connection(error),
            Self::OutcomeUnknown(error) => Properties::OutcomeUnknown(error),
            Self::UnexpectedValue(_) | Self::Failed(_) => Properties::Plain { message },
            Self::Password => Properties::Coded {
                code: "PASSWORD_FUNCTION_FAILED",
                message,
            },
            Self::ResultTooLarge => Properties::Coded {
                code: "RESULT_TOO_LARGE",
                message,
            },
            Self::Bug(_) => Properties::Coded {
                code: "INTERNAL_ERROR",
                message,
            },
        };
        properties.serialize(serializer)
    }
}
