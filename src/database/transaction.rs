//! A unit of work: several statements on one connection, which take effect together or not at all.

use super::connection::Lent;
use super::fault::{Failure, Reach};
use super::row::Row;
use super::statement::Query;
use super::table::Table;

/// A transaction. Nothing takes effect unless it is committed.
///
/// If the connection breaks, the caller's result depends on when it does:
///
/// - before `commit` is sent: [`Reach::Ended`]; nothing has taken effect, and the unit of work can be
///   repeated;
/// - during the commit: [`Reach::Lost`], unless the server reports that it ended the session before;
/// - after the commit: no failure, because the outcome is known.
pub struct Transaction {
    /// None when a failure has ended the transaction.
    connection: Option<Lent>,
}

impl Transaction {
    pub(super) const fn new(connection: Lent) -> Self {
        Self {
            connection: Some(connection),
        }
    }

    /// Runs one statement. See [`Executor::rows`](super::executor::Executor::rows).
    pub(super) async fn rows(
        &mut self,
        table: &'static Table,
        query: Query<'_>,
    ) -> Result<Vec<Row>, Failure> {
        let Some(mut connection) = self.connection.take() else {
            return Err(Failure::ended_before());
        };
        match connection.rows_uncommitted(query).await {
            Ok(rows) => {
                self.connection = Some(connection);
                Row::read_all(rows, table)
            }
            Err(failure) => {
                if failure.reach == Reach::Refused {
                    connection.roll_back().await;
                }
                Err(connection.end_with(failure).await)
            }
        }
    }

    /// Commits the transaction.
    ///
    /// # Errors
    ///
    /// If the server refuses, for example because a deferred constraint is violated. Then nothing has taken
    /// effect.
    pub async fn commit(mut self) -> Result<(), Failure> {
        let Some(mut connection) = self.connection.take() else {
            return Err(Failure::ended_before());
        };
        match connection.commit().await {
            Ok(()) => {
                connection.give_back();
                Ok(())
            }
            Err(failure) => Err(connection.end_with(failure).await),
        }
    }

    /// Rolls the transaction back. If it is dropped instead, its connection is closed as well.
    pub async fn rollback(mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.roll_back().await;
            connection.give_back();
        }
    }
}
