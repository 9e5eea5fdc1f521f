//! What a database has to be before anything is done there.

use super::connection::Lent;
use super::fault::{Failure, Reach};
use super::row::Row;
use super::statement::Statement;
use super::table::Table;
use crate::error::Error;

/// A statement that is sent once a pool, and what its one row has to say. All requirements of a pool have the same
/// statement.
#[derive(Clone, Copy)]
pub struct Requirement {
    /// The statement.
    pub statement: &'static Statement,
    /// Its row.
    pub table: &'static Table,
    /// Why the database does not meet the requirement, if it does not.
    pub accept: fn(&Row) -> Result<(), Error>,
}

impl Requirement {
    /// Sends the statement.
    pub(super) async fn look(&self, connection: &mut Lent) -> Result<Row, Failure> {
        let make = || self.statement.about(&[()]).bound();
        let rows = connection.rows(make).await.map_err(without_effect)?;
        let rows = Row::read_all(rows, self.table).map_err(without_effect)?;
        let none = || Failure::not_sent(Error::Bug("a requirement has no row".to_owned()));
        rows.into_iter().next().ok_or_else(none)
    }
}

/// What was to be done has not begun.
fn without_effect(mut failure: Failure) -> Failure {
    failure.reach = match failure.reach {
        Reach::Lost => Reach::Ended,
        Reach::Unreadable => Reach::NotSent,
        reach => reach,
    };
    failure
}
