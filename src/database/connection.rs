//! A connection in use, and how it runs statements.

use std::future::Future;
use std::io;
use std::time::Duration;

use deadpool::managed::Object;
use futures_util::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::{Connection, Either, Executor as _, PgConnection, Row, raw_sql};
use tokio::time::timeout;

use super::connector::{Connector, Pool};
use super::fault::{self, Failure, Progress, Reach};
use super::guard::guarded;
use super::sqlstate::Condition;
use super::statement::{self, Query};

/// A connection used by one statement or one unit of work. If it is dropped without being given back, it is
/// closed: after an interrupted statement the state of its session is unknown.
pub(super) struct Lent {
    /// None when it has been given back or closed.
    connection: Option<Object<Connector>>,
    pool: Pool,
    /// Whether the state of the session is unknown.
    is_broken: bool,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
    }
}

impl Lent {
    pub(super) const fn new(connection: Object<Connector>, pool: Pool) -> Self {
        Self {
            connection: Some(connection),
            pool,
            is_broken: false,
        }
    }

    fn connector(&self) -> &Connector {
        self.pool.manager()
    }

    /// The connection, and how long to wait for an answer on it.
    fn in_use(&mut self) -> Result<(&mut PgConnection, Duration), sqlx::Error> {
        let limit = self.connector().settings.answer_limit();
        let connection = self.connection.as_deref_mut();
        Ok((connection.ok_or(sqlx::Error::PoolClosed)?, limit))
    }

    /// Hands the connection back to the pool, unless it is broken.
    pub(super) fn give_back(mut self) {
        if !self.is_broken {
            drop(self.connection.take());
        }
    }

    /// Ends the use of the connection after a failure. A connection that can still be used goes back to the
    /// pool.
    pub(super) async fn end_with(mut self, mut failure: Failure) -> Failure {
        if failure.condition() == Some(Condition::ReadOnly)
            && self.connector().settings.wants_writable()
            && self.is_read_only().await
        {
            // The server has become a standby: the pool's other connections are of no use either. The
            // statement has had no effect.
            drop(self.pool.retain(|_, _| false));
            failure.reach = Reach::Ended;
        } else if failure.reach == Reach::Refused {
            self.give_back();
        }
        failure
    }

    /// Whether the session is read-only, or does not answer. The error alone proves nothing: a trigger may
    /// raise the same code.
    async fn is_read_only(&mut self) -> bool {
        let Ok((connection, limit)) = self.in_use() else {
            return true;
        };
        let show = raw_sql("show transaction_read_only").fetch_one(connection);
        let row = answer(limit, show).await.flatten().ok();
        let value = row.as_ref().and_then(|row| row.try_get_raw(0).ok());
        !value.is_some_and(|value| matches!(value.as_str(), Ok("off")))
    }

    /// Runs one statement that takes effect by itself.
    ///
    /// `make` makes the statement, and is called a second time if the statement can be run again after a
    /// refusal.
    pub(super) async fn rows<'q>(
        &mut self,
        make: impl Fn() -> Query<'q> + Send + Sync,
    ) -> Result<Vec<PgRow>, Failure> {
        // Read once: another connection may detect a pooler in the meantime.
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
        if !self.connector().prepares() {
            return self.unprepared_rows_uncommitted(query).await;
        }
        self.prepared(query)
            .await
            .map_err(|Interrupted { error, .. }| {
                let is_pooled = statement::is_in_another_session(&error);
                if is_pooled {
                    self.connector().has_met_pooler();
                }
                // The unit of work can be repeated once the prepared statements are gone.
                let may_be_repeated = is_pooled || statement::is_outdated(&error);
                let mut failure = fault::while_running(error, Progress::Uncommitted);
                if may_be_repeated {
                    failure.reach = Reach::Ended;
                }
                failure
            })
    }

    async fn unprepared_rows_uncommitted(
        &mut self,
        query: Query<'_>,
    ) -> Result<Vec<PgRow>, Failure> {
        // sqlx would still use the statements prepared before the pooler was detected.
        self.forget_prepared().await?;
        let rows = self.fetch(query.persistent(false)).await;
        rows.map_err(|Interrupted { error, .. }| fault::while_running(error, Progress::Uncommitted))
    }

    /// Begins a unit of work.
    pub(super) async fn begin(&mut self) -> Result<(), Failure> {
        self.command("begin", Progress::Uncommitted).await
    }

    /// Commits a unit of work.
    pub(super) async fn commit(&mut self) -> Result<(), Failure> {
        self.command("commit", Progress::Committing).await
    }

    /// Rolls a unit of work back. Until then, a pooler would keep a server connection for it.
    pub(super) async fn roll_back(&mut self) {
        let rolled_back = self.command("rollback", Progress::Uncommitted).await;
        self.is_broken = rolled_back.is_err();
    }

    /// Sends a command that returns no rows.
    async fn command(&mut self, sql: &'static str, progress: Progress) -> Result<(), Failure> {
        let failed = |error| fault::while_running(error, progress);
        let (connection, limit) = self.in_use().map_err(failed)?;
        let sent = answer(limit, raw_sql(sql).execute(connection)).await;
        sent.flatten().map(drop).map_err(failed)
    }

    /// sqlx parses and executes an unprepared statement in two round trips. Outside a transaction, a pooler
    /// may send them to two servers.
    async fn unprepared_rows(&mut self, query: Query<'_>) -> Result<Vec<PgRow>, Failure> {
        // Boxed because it is large and rarely needed: it would enlarge the future of every statement.
        Box::pin(async {
            self.begin().await?;
            match self.unprepared_rows_uncommitted(query).await {
                Ok(rows) => self.commit().await.map(|()| rows),
                Err(failure) => {
                    if failure.reach == Reach::Refused {
                        self.roll_back().await;
                    }
                    Err(failure)
                }
            }
        })
        .await
    }

    async fn prepared(&mut self, query: Query<'_>) -> Result<Vec<PgRow>, Interrupted> {
        self.fetch(query.persistent(true)).await
    }

    async fn forget_prepared(&mut self) -> Result<(), Failure> {
        let failed = |error| fault::while_running(error, Progress::Uncommitted);
        let (connection, limit) = self.in_use().map_err(failed)?;
        if connection.cached_statements_size() == 0 {
            return Ok(());
        }
        answer(limit, connection.clear_cached_statements())
            .await
            .flatten()
            .map_err(failed)
    }

    async fn fetch(&mut self, query: Query<'_>) -> Result<Vec<PgRow>, Interrupted> {
        let progress = Progress::Committing;
        let failed = |error| Interrupted { error, progress };
        let (connection, limit) = self.in_use().map_err(failed)?;
        let fetched = answer(limit, fetch(connection, query)).await;
        fetched.map_err(failed).flatten()
    }
}

/// The failure of a statement, and how far the statement had come.
struct Interrupted {
    error: sqlx::Error,
    progress: Progress,
}

impl Interrupted {
    fn failure(self) -> Failure {
        fault::while_running(self.error, self.progress)
    }
}

/// Waits for an answer within the time limit: without a limit, a server that has silently gone would be
/// waited for forever.
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
            // The end of a different answer: every further answer would be taken for the one before.
            Ok(None) => {
                let error = sqlx::Error::Protocol("an answer without its end".to_owned());
                let progress = Progress::Committing;
                return Err(Interrupted { error, progress });
            }
            Err(error) => return Err(Interrupted { error, progress }),
        }
    }
}
