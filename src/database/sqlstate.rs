//! What an SQLSTATE means, as far as decisions depend on it.
//!
//! The codes are listed at <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

/// The meaning of an SQLSTATE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The statement had a conflict with another transaction, was rolled back, and may succeed at once.
    Collision,
    /// The statement, or its wait for a lock, took longer than allowed.
    OutOfTime,
    /// The server is not ready yet, or has no connection left.
    NotReady,
    /// The session is over.
    SessionOver,
    /// This server, or this session, takes no writes.
    ReadOnly,
    /// The login is refused: another server or another attempt is unlikely to differ.
    LoginRefused,
    /// A table, column, function or schema does not exist.
    UnknownTables,
    /// The data themselves are refused, and would be at any other time.
    DataRefused,
    /// The role lacks a privilege, or row-level security protects a row.
    Forbidden,
    /// The server cannot carry out the statement: its text, its resources, its state.
    ServerTrouble,
    /// Any other code, such as one that a trigger chooses.
    Other,
}

/// Codes and prefixes of codes. The first match applies.
const TABLE: &[(&str, Condition)] = &[
    // serialization_failure, deadlock_detected
    ("40001", Condition::Collision),
    ("40P01", Condition::Collision),
    // lock_not_available (lock_timeout), query_canceled (statement_timeout)
    ("55P03", Condition::OutOfTime),
    ("57014", Condition::OutOfTime),
    // cannot_connect_now (starting up, shutting down, recovering), too_many_connections
    ("57P03", Condition::NotReady),
    ("53300", Condition::NotReady),
    // admin_shutdown, crash_shutdown, idle_session_timeout and similar codes; connection_exception, which
    // poolers use for errors of their own
    ("57P", Condition::SessionOver),
    ("25P03", Condition::SessionOver),
    ("08", Condition::SessionOver),
    // read_only_sql_transaction
    ("25006", Condition::ReadOnly),
    // invalid_authorization_specification, invalid_password; invalid_catalog_name
    ("28", Condition::LoginRefused),
    ("3D000", Condition::LoginRefused),
    // undefined_table, undefined_column, undefined_function; invalid_schema_name
    ("42P01", Condition::UnknownTables),
    ("42703", Condition::UnknownTables),
    ("42883", Condition::UnknownTables),
    ("3F000", Condition::UnknownTables),
    // insufficient_privilege
    ("42501", Condition::Forbidden),
    // data_exception, integrity_constraint_violation
    ("22", Condition::DataRefused),
    ("23", Condition::DataRefused),
    // invalid_transaction_state, invalid_sql_statement_name, syntax_error_or_access_rule_violation,
    // insufficient_resources, operator_intervention, system_error
    ("25", Condition::ServerTrouble),
    ("26", Condition::ServerTrouble),
    ("42", Condition::ServerTrouble),
    ("53", Condition::ServerTrouble),
    ("57", Condition::ServerTrouble),
    ("58", Condition::ServerTrouble),
];

impl Condition {
    /// The condition of an SQLSTATE.
    pub fn of(code: &str) -> Self {
        TABLE
            .iter()
            .find(|(start, _)| code.starts_with(start))
            .map_or(Self::Other, |(_, condition)| *condition)
    }
}

#[cfg(test)]
#[path = "../../__test__/rust/unit/database_sqlstate.rs"]
mod tests;
