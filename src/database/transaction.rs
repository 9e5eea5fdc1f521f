//! A unit of work: several statements on one connection, which take effect together or not at all.

use super::connection::Lent;
use super::fault::{Failure, Reach};
use super::row::Row;
use super::statement::Query;
use super::table::Table;

/// A transaction. Unless it is committed, nothing of it takes effect.
///
/// What a caller is told when the connection breaks, by when it does:
///
/// - before `commit` is sent: [`Reach::Ended`], nothing has taken effect and the unit of work
///   can be done again;
/// - while it commits: [`Reach::Lost`], unless the server says that it has ended the session
///   before;
/// - after it has committed: nothing, the outcome is known.
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

    /// Makes everything take effect.
    ///
    /// # Errors
    ///
    /// As the server says, for example when a deferred constraint is violated: then nothing has taken effect.
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

    /// Gives everything up. What is dropped without this loses its connection as well.
    pub async fn rollback(mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.roll_back().await;
            connection.give_back();
        }
    }
}
