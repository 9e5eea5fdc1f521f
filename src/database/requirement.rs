//! What a database has to be like before anything is done there.

use super::connection::Lent;
use super::fault::{Failure, Reach};
use super::row::Row;
use super::statement::Statement;
use super::table::Table;
use crate::error::Error;

/// A statement that is sent once per pool, and a check of its one row. All requirements used with a pool have
/// the same statement.
#[derive(Clone, Copy)]
pub struct Requirement {
    /// The statement.
    pub statement: &'static Statement,
    /// Its row.
    pub table: &'static Table,
    /// Checks the row. The error says why the database does not meet the requirement.
    pub accept: fn(&Row) -> Result<(), Error>,
}

impl Requirement {
    pub(super) async fn look(&self, connection: &mut Lent) -> Result<Row, Failure> {
        let make = || self.statement.about(&[()]).bound();
        let rows = connection.rows(make).await.map_err(without_effect)?;
        let rows = Row::read_all(rows, self.table).map_err(without_effect)?;
        let none = || Failure::not_sent(Error::Bug("a requirement has no row".to_owned()));
        rows.into_iter().next().ok_or_else(none)
    }
}

/// Marks a failure as one without effect: the caller's own statement has not been sent.
fn without_effect(mut failure: Failure) -> Failure {
    failure.reach = match failure.reach {
        Reach::Lost => Reach::Ended,
        Reach::Unreadable => Reach::NotSent,
        reach => reach,
    };
    failure
}
