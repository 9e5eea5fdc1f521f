//! What PostgreSQL can say, and what is done about it: one table for all rooms.
//!
//! The codes are PostgreSQL's SQLSTATEs: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use crate::error::Error;

/// What an error of the server means to the calls that it meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// The data themselves are refused, now and at any other time: the call's own error. A batch is run
    /// again call by call, and the others succeed.
    Data,
    /// It may be about one call: a batch is run again call by call.
    OneCall,
    /// The time for the statement was over. A batch of writes is run again call by call; reads are not,
    /// since each would only wait as long again.
    OutOfTime,
    /// The statement gave way to another transaction and had no effect: tried again at once, up to five
    /// times.
    Collision,
    /// The server will be there in a moment: waited for, for as long as connecting may take.
    NotReady,
    /// The session is over. What that means to a statement depends on how far it had come; see
    /// `service::settle`.
    SessionOver,
    /// This server takes no writes. Where the source asks for one that does, it is looked for anew.
    ReadOnly,
    /// The login is refused: another server would hardly differ, and another attempt neither.
    Login,
    /// These are not the tables of a Paperclip that this package knows.
    UnknownTables,
    /// It is about the server or the statement, and would meet each call alone as well.
    Everybody,
}

/// Codes, or the classes that begin them, with the policy for each; the first that fits counts.
const TABLE: &[(&str, Policy)] = &[
    // serialization_failure, deadlock_detected
    ("40001", Policy::Collision),
    ("40P01", Policy::Collision),
    // lock_not_available (lock_timeout), query_canceled (statement_timeout)
    ("55P03", Policy::OutOfTime),
    ("57014", Policy::OutOfTime),
    // cannot_connect_now (starting up, shutting down, recovering), too_many_connections
    ("57P03", Policy::NotReady),
    ("53300", Policy::NotReady),
    // admin_shutdown, crash_shutdown, idle_session_timeout and their like; connection_exception, which
    // poolers use for their own troubles
    ("57P", Policy::SessionOver),
    ("25P03", Policy::SessionOver),
    ("08", Policy::SessionOver),
    // read_only_sql_transaction
    ("25006", Policy::ReadOnly),
    // invalid_authorization_specification, invalid_password; invalid_catalog_name
    ("28", Policy::Login),
    ("3D000", Policy::Login),
    // undefined_table, undefined_column, undefined_function; invalid_schema_name
    ("42P01", Policy::UnknownTables),
    ("42703", Policy::UnknownTables),
    ("42883", Policy::UnknownTables),
    ("3F000", Policy::UnknownTables),
    // insufficient_privilege: also what row security says of a single row
    ("42501", Policy::OneCall),
    // data_exception, integrity_constraint_violation
    ("22", Policy::Data),
    ("23", Policy::Data),
    // invalid_transaction_state, invalid_sql_statement_name, syntax_error_or_access_rule_violation,
    // insufficient_resources, operator_intervention, system_error
    ("25", Policy::Everybody),
    ("26", Policy::Everybody),
    ("42", Policy::Everybody),
    ("53", Policy::Everybody),
    ("57", Policy::Everybody),
    ("58", Policy::Everybody),
];

impl Policy {
    /// The policy for a SQLSTATE. A trigger may use codes of its own; those may be about one call.
    pub fn of_code(code: &str) -> Self {
        TABLE
            .iter()
            .find(|(start, _)| code.starts_with(start))
            .map_or(Self::OneCall, |(_, policy)| *policy)
    }

    /// The policy for an error, if it is one of the server's.
    pub fn of(error: &Error) -> Option<Self> {
        match error {
            Error::Database(said) => Some(Self::of_code(&said.code)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_counts() {
        for (code, policy) in [
            ("23503", Policy::Data),
            ("22P02", Policy::Data),
            ("40001", Policy::Collision),
            ("40003", Policy::OneCall),
            ("57014", Policy::OutOfTime),
            ("57P01", Policy::SessionOver),
            ("57P03", Policy::NotReady),
            ("57000", Policy::Everybody),
            ("25006", Policy::ReadOnly),
            ("25P02", Policy::Everybody),
            ("42P01", Policy::UnknownTables),
            ("42601", Policy::Everybody),
            ("42501", Policy::OneCall),
            ("P0001", Policy::OneCall),
            ("", Policy::OneCall),
        ] {
            assert_eq!(Policy::of_code(code), policy, "{code}");
        }
    }
}
