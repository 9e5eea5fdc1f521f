//! Statements that know themselves.
//!
//! sqlx gives prepared statements short names (`sqlx_s_1`, `sqlx_s_2`, …), the same ones in every
//! connection. Behind a pooler that hands each transaction to another server session, a name may
//! meet a statement that another client prepared there: a read could run as somebody's delete. So
//! each statement is told its own name as its first value and compares it with the one it was
//! written with; if they differ, it divides by zero before it touches a row. The comparison holds
//! no column, so the server makes it once and not for each row.

use sqlx::postgres::{PgArguments, PgDatabaseError, PgSeverity};
use sqlx::query::Query;
use sqlx::{Error, Postgres};

/// A statement with its values bound.
pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// A statement's text and the name by which it knows itself. Its own values begin with `$2`.
#[derive(Clone, Copy)]
pub(super) struct Sql {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

impl Sql {
    /// The statement, to bind its own values to.
    pub(super) fn statement<'q>(self) -> Statement<'q> {
        sqlx::query(self.text).bind(self.name)
    }
}

/// Which rows a statement may overwrite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// All.
    Always,
    /// Those that were not changed after the caller's clock: for a second attempt, which must not undo
    /// what somebody else has written since the first.
    NotNewer,
}

impl Overwrite {
    /// The value of the statement's condition.
    pub(super) fn spares_newer(self) -> bool {
        self == Self::NotNewer
    }
}

/// A statement that knows itself by `$name`: what stands before its `where`, and what follows the
/// first condition of it.
macro_rules! sql {
    ($name:literal, $($before:expr),+; $($after:expr),+ $(,)?) => {
        Sql {
            name: $name,
            text: concat!($($before),+, " where 1 / ($1 = '", $name, "')::int = 1 ", $($after),+),
        }
    };
}
pub(super) use sql;

/// Whether a refusal means that a prepared statement was looked for in a session where it is not,
/// or is another:
///
/// - 26000: there is no such statement; 42P05: there is one of that name already;
/// - 08P01, 22P03: the values do not fit the statement that bears the name;
/// - 22012: that statement is one of ours, and does not know itself by that name.
pub(super) fn is_in_another_session(error: &Error) -> bool {
    let Error::Database(error) = error else {
        return false;
    };
    // What ends the session is not about a statement: poolers use 08P01 for troubles of their own.
    let severity = error
        .try_downcast_ref::<PgDatabaseError>()
        .map(PgDatabaseError::severity);
    if matches!(severity, Some(PgSeverity::Fatal | PgSeverity::Panic)) {
        return false;
    }
    matches!(
        error.code().as_deref(),
        Some("26000" | "42P05" | "08P01" | "22P03" | "22012")
    )
}

/// Whether a table was altered so that a prepared statement's result would have other types.
pub(super) fn is_outdated(error: &Error) -> bool {
    let Error::Database(error) = error else {
        return false;
    };
    error.code().as_deref() == Some("0A000") && error.message().contains("cached plan")
}
