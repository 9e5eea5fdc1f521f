//! What statements run on: any connection of the pool, or one unit of work.

use super::fault::Failure;
use super::pool::Database;
use super::row::Row;
use super::statement::Query;
use super::table::Table;
use super::transaction::Transaction;

/// Runs statements.
pub enum Executor<'e> {
    /// Each statement by itself, on any connection.
    Pool(&'e Database),
    /// All statements on one connection, in one transaction.
    Transaction(&'e mut Transaction),
}

impl Executor<'_> {
    /// Runs one statement and reads its rows, which have the columns of `table`.
    ///
    /// `make` makes the statement, and is called a second time if the statement can be run again after a
    /// refusal. If the future is dropped, the connection is closed, because the state of its session is
    /// unknown.
    ///
    /// # Errors
    ///
    /// If the statement fails. [`Failure::reach`] says how far it had come.
    pub async fn rows<'q>(
        &mut self,
        table: &'static Table,
        make: impl Fn() -> Query<'q> + Send + Sync,
    ) -> Result<Vec<Row>, Failure> {
        match self {
            Self::Pool(database) => database.rows(table, make).await,
            Self::Transaction(transaction) => transaction.rows(table, make()).await,
        }
    }
}

impl<'e> From<&'e Database> for Executor<'e> {
    fn from(database: &'e Database) -> Self {
        Self::Pool(database)
    }
}

impl<'e> From<&'e mut Transaction> for Executor<'e> {
    fn from(transaction: &'e mut Transaction) -> Self {
        Self::Transaction(transaction)
    }
}
