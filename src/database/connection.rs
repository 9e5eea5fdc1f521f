//! A connection in use, and how a statement is run on it.

use std::future::Future;
use std::io;
use std::time::Duration;

use deadpool::managed::Object;
use futures_util::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::{Connection, Either, Executor as _, PgConnection, raw_sql};
use tokio::time::timeout;

use super::connector::{Connector, Pool};
use super::fault::{self, Failure, Progress, Reach};
use super::guard::guarded;
use super::sqlstate::Condition;
use super::statement::{self, Query};
use crate::error::Error;

/// A connection that is used by one statement or one unit of work. Unless it is given back, it is closed when
/// it is dropped: whoever leaves in mid-statement leaves it in a state that nobody knows.
pub(super) struct Lent {
    /// None when it has been given back or closed.
    connection: Option<Object<Connector>>,
    pool: Pool,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
    }
}

impl Lent {
    /// A connection of a pool.
    pub(super) const fn new(connection: Object<Connector>, pool: Pool) -> Self {
        Self {
            connection: Some(connection),
            pool,
        }
    }

    fn connector(&self) -> &Connector {
        self.pool.manager()
    }

    fn connection(&mut self) -> Result<&mut PgConnection, Failure> {
        let connection = self.connection.as_deref_mut();
        connection.ok_or_else(|| {
            Failure::not_sent(Error::Bug("a connection is used after its end".to_owned()))
        })
    }

    /// Hands the connection back to the pool.
    pub(super) fn give_back(mut self) {
        drop(self.connection.take());
    }

    /// Hands the connection back after a failure, if it can be used again.
    pub(super) fn end_with(self, mut failure: Failure) -> Failure {
        if self.has_become_read_only(&failure) {
            // The server has become a standby. Its other connections are of no use either, and the
            // statement has had no effect.
            drop(self.pool.retain(|_, _| false));
            failure.reach = Reach::Ended;
        } else if failure.reach == Reach::Refused {
            self.give_back();
        }
        failure
    }

    fn has_become_read_only(&self, failure: &Failure) -> bool {
        let by_itself =
            matches!(&failure.error, Error::Database(error) if !error.is_raised_inside());
        by_itself
            && failure.condition() == Some(Condition::ReadOnly)
            && self.connector().settings().wants_writable()
    }

    /// Runs one statement that takes effect by itself.
    ///
    /// `make` makes the statement, a second time if it can be run again after a first refusal.
    pub(super) async fn rows<'q>(
        &mut self,
        make: impl Fn() -> Query<'q> + Send + Sync,
    ) -> Result<Vec<PgRow>, Failure> {
        // Read once: another connection may find out about a pooler in between.
        let prepares = self.connector().prepares();
        if !prepares {
            return self.unprepared_rows(make()).await;
        }
        let error = match self.prepared(make()).await {
            Ok(rows) => return Ok(rows),
            Err(interrupted) => interrupted,
        };
        if statement::is_in_another_session(&error.error) {
            let rows = self.unprepared_rows(make()).await;
            if rows.is_ok() {
                self.connector().has_met_pooler();
            }
            return rows;
        }
        if statement::is_outdated(&error.error) {
            self.forget_prepared().await?;
            return self.prepared(make()).await.map_err(Interrupted::failure);
        }
        Err(error.failure())
    }

    /// Runs one statement of a unit of work.
    pub(super) async fn rows_uncommitted(
        &mut self,
        query: Query<'_>,
    ) -> Result<Vec<PgRow>, Failure> {
        if self.connector().prepares() {
            let rows = self.prepared(query).await;
            return rows.map_err(|Interrupted { error, .. }| {
                if statement::is_in_another_session(&error) {
                    self.connector().has_met_pooler();
                    let failure = fault::while_running(error, Progress::Uncommitted);
                    // It can be done again, without preparing.
                    return Failure {
                        reach: Reach::Ended,
                        ..failure
                    };
                }
                fault::while_running(error, Progress::Uncommitted)
            });
        }
        // Prepared before the pooler showed, and still looked for by their names otherwise.
        self.forget_prepared().await?;
        self.fetch(query.persistent(false))
            .await
            .map_err(|Interrupted { error, .. }| fault::while_running(error, Progress::Uncommitted))
    }

    /// Sends a command that gives no rows.
    pub(super) async fn command(
        &mut self,
        sql: &'static str,
        progress: Progress,
    ) -> Result<(), Failure> {
        let limit = self.connector().settings().answer_limit();
        let sent = answer(limit, raw_sql(sql).execute(self.connection()?)).await;
        sent.flatten()
            .map(drop)
            .map_err(|error| fault::while_running(error, progress))
    }

    /// sqlx parses and executes a statement that is not prepared in two round trips, which a pooler may hand
    /// to two servers, unless they are one transaction.
    async fn unprepared_rows(&mut self, query: Query<'_>) -> Result<Vec<PgRow>, Failure> {
        // Rarely done, and large: not to be carried about in the future of every statement.
        Box::pin(async {
            self.command("begin", Progress::Uncommitted).await?;
            self.forget_prepared().await?;
            let rows = self.fetch(query.persistent(false)).await;
            match rows {
                Ok(rows) => {
                    self.command("commit", Progress::Committing).await?;
                    Ok(rows)
                }
                Err(Interrupted { error, .. }) => {
                    // At once, and not with the connection's next use: until then it would hold a pooler's
                    // server. The statement's own error is the one that matters.
                    let _ = self.command("rollback", Progress::Uncommitted).await;
                    Err(fault::while_running(error, Progress::Uncommitted))
                }
            }
        })
        .await
    }

    async fn prepared(&mut self, query: Query<'_>) -> Result<Vec<PgRow>, Interrupted> {
        self.fetch(query.persistent(true)).await
    }

    async fn forget_prepared(&mut self) -> Result<(), Failure> {
        let limit = self.connector().settings().answer_limit();
        let connection = self.connection()?;
        if connection.cached_statements_size() == 0 {
            return Ok(());
        }
        answer(limit, connection.clear_cached_statements())
            .await
            .flatten()
            .map_err(|error| fault::while_running(error, Progress::Uncommitted))
    }

    async fn fetch(&mut self, query: Query<'_>) -> Result<Vec<PgRow>, Interrupted> {
        let limit = self.connector().settings().answer_limit();
        let connection = self.connection().map_err(|failure| Interrupted {
            error: sqlx::Error::Protocol(failure.error.to_string()),
            progress: Progress::Uncommitted,
        })?;
        answer(limit, fetch(connection, query))
            .await
            .unwrap_or_else(|error| {
                Err(Interrupted {
                    error,
                    progress: Progress::Committing,
                })
            })
    }
}

/// A statement's failure, and how far it had come by then.
struct Interrupted {
    error: sqlx::Error,
    progress: Progress,
}

impl Interrupted {
    fn failure(self) -> Failure {
        fault::while_running(self.error, self.progress)
    }
}

/// Waits for an answer as long as a server may take: one that has silently gone would otherwise be waited
/// for without end.
async fn answer<T>(limit: Duration, answer: impl Future<Output = T>) -> Result<T, sqlx::Error> {
    guarded(timeout(limit, answer))
        .await?
        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "no answer").into())
}

/// Reads all rows of a statement.
async fn fetch(connection: &mut PgConnection, query: Query<'_>) -> Result<Vec<PgRow>, Interrupted> {
    let mut rows = Vec::new();
    let mut progress = Progress::Running;
    let mut messages = connection.fetch_many(query);
    loop {
        match messages.try_next().await {
            Ok(Some(Either::Right(row))) => rows.push(row),
            Ok(Some(Either::Left(_))) => progress = Progress::Committing,
            Ok(None) if progress == Progress::Committing => return Ok(rows),
            // The end of another answer: from here on, each would be taken for the one before.
            Ok(None) => {
                let error = sqlx::Error::Protocol("an answer without its end".to_owned());
                let progress = Progress::Committing;
                return Err(Interrupted { error, progress });
            }
            Err(error) => return Err(Interrupted { error, progress }),
        }
    }
}
