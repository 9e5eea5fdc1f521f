//! A few connections, and how a statement is run on one of them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{self, Object, PoolError, QueueMode, WeakPool};
use futures_util::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::{Connection, Either, Executor, PgConnection};
use tokio::time::{Instant, sleep, timeout};

use super::caught::caught;
use super::connector::{Connector, PasswordSource};
use super::counters::{Counters, Statistics};
use super::fault::{self, Effect};
use super::session::Lent;
use super::settings::Settings;
use super::statement::{self, Statement};
use crate::backoff::Backoff;
use crate::error::{Error, Failure, Reach};
use crate::policy::Policy;

type Pool = managed::Pool<Connector>;

/// A pool of connections to one database. Cloning it is cheap and shares the connections.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    reaper_runs: Arc<AtomicBool>,
}

impl Database {
    /// A pool that opens its connections when they are needed, and none before.
    ///
    /// # Errors
    ///
    /// [`Error::Bug`] if the pool cannot be built, which no settings bring about.
    pub fn new(settings: Settings, password: Option<PasswordSource>) -> Result<Self, Error> {
        let (max_size, wait) = (settings.max_connections.max(1), settings.connect_timeout);
        let pool = Pool::builder(Connector::new(settings, password))
            .max_size(max_size)
            .wait_timeout(wait)
            // The connection used last is used next, so that the others become idle and close.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Error::Bug(error.to_string()))?;
        Ok(Self {
            pool,
            reaper_runs: Arc::default(),
        })
    }

    /// The settings the pool was made with.
    pub fn settings(&self) -> &Settings {
        self.pool.manager().settings()
    }

    /// Why no connection can be had, if that is so.
    pub fn trouble(&self) -> Option<Error> {
        self.pool.manager().trouble()
    }

    /// What has happened on the connections.
    pub fn counters(&self) -> &Counters {
        self.pool.manager().counters()
    }

    /// The state of the connections, and what has happened on them.
    pub fn statistics(&self) -> Statistics {
        let status = self.pool.status();
        self.counters()
            .statistics(status.size, status.available, status.waiting)
    }

    /// Closes the connections in good form. Statements under way end first: whoever closes waits
    /// for them before.
    pub async fn close(&self) {
        let idle = self.pool.retain(|_, _| false).removed;
        self.pool.close();
        for session in idle {
            session.close().await;
        }
    }

    /// Runs one statement and returns its rows.
    ///
    /// `make` makes the statement, a second time if it can be run again after a first refusal. If
    /// the caller stops waiting, the connection is closed, since nobody knows what it will say next.
    pub(super) async fn rows<'q>(
        &self,
        make: impl Fn() -> Statement<'q> + Send + Sync,
    ) -> Result<Vec<PgRow>, Failure> {
        let mut lent = Lent::new(self.session().await?);
        let Some(connection) = lent.connection() else {
            return Err(not_sent(Error::Bug(
                "the pool lent what is closed".to_owned(),
            )));
        };
        // Read once: another connection may find out about a pooler in between.
        let prepares = self.pool.manager().prepares();
        let mut result = if !prepares && connection.cached_statements_size() > 0 {
            // Prepared before the pooler showed, and still looked for by their names otherwise.
            self.run_afresh(connection, make(), false).await
        } else {
            self.run(connection, make(), prepares).await
        };
        if let Err(Interrupted { error, .. }) = &result {
            let pooled = prepares && statement::is_in_another_session(error);
            if pooled || statement::is_outdated(error) {
                result = self
                    .run_afresh(connection, make(), prepares && !pooled)
                    .await;
                if pooled && result.is_ok() {
                    self.pool.manager().has_met_pooler();
                }
            }
        }
        let mut result =
            result.map_err(|Interrupted { error, effect }| fault::while_running(error, effect));
        match &mut result {
            Ok(_) => lent.give_back(),
            Err(failure)
                if self.settings().wants_writable()
                    && Policy::of(&failure.error) == Some(Policy::ReadOnly) =>
            {
                // The server has become a standby. Its other connections are of no use either, and the
                // statement has had no effect.
                drop(self.pool.retain(|_, _| false));
                lent.close();
                failure.reach = Reach::Ended;
            }
            Err(failure) if failure.reach == Reach::Refused => lent.give_back(),
            Err(_) => lent.close(),
        }
        result
    }

    /// Runs one statement when the connection has forgotten those that it had prepared.
    async fn run_afresh(
        &self,
        connection: &mut PgConnection,
        statement: Statement<'_>,
        prepare: bool,
    ) -> Result<Vec<PgRow>, Interrupted> {
        self.answer(connection.clear_cached_statements())
            .await
            .flatten()
            .map_err(Interrupted::without_effect)?;
        self.run(connection, statement, prepare).await
    }

    /// Runs one statement.
    async fn run(
        &self,
        connection: &mut PgConnection,
        statement: Statement<'_>,
        prepare: bool,
    ) -> Result<Vec<PgRow>, Interrupted> {
        let run = async {
            if prepare {
                fetch(connection, statement.persistent(true)).await
            } else {
                Box::pin(fetch_unprepared(connection, statement)).await
            }
        };
        self.answer(run)
            .await
            .unwrap_or_else(|error| Err(Interrupted::perhaps_with_effect(error)))
    }

    /// Waits for an answer as long as a server may take: one that has silently gone would otherwise be
    /// waited for without end.
    async fn answer<T>(&self, answer: impl Future<Output = T>) -> Result<T, sqlx::Error> {
        caught(timeout(self.settings().answer_limit(), answer))
            .await?
            .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "no answer").into())
    }

    /// A connection, whether a free one or a new one. If what stands in the way of a new one will pass,
    /// it is tried again until the time for connecting is over; meanwhile one may become free.
    async fn session(&self) -> Result<Object<Connector>, Failure> {
        let deadline = Instant::now() + self.settings().patience();
        let mut backoff = Backoff::new();
        loop {
            let failure = match self.pool.get().await {
                Ok(session) => {
                    self.start_reaper();
                    return Ok(session);
                }
                Err(PoolError::Backend(failure)) => failure,
                Err(error) => return Err(not_sent(self.pool_error(&error))),
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || !self.pool.manager().will_pass(&failure.error) {
                return Err(failure);
            }
            sleep(backoff.pause().min(left)).await;
            if Instant::now() >= deadline {
                return Err(failure);
            }
        }
    }

    fn pool_error(&self, error: &PoolError<Failure>) -> Error {
        match error {
            PoolError::Closed => {
                fault::connection("CONNECTION_ENDED", "The service has been closed", None)
            }
            PoolError::Timeout(_) => self.trouble().unwrap_or_else(|| {
                fault::connection(
                    "ACQUIRE_TIMEOUT",
                    "All connections stayed busy for the whole of connectTimeout",
                    None,
                )
            }),
            _ => Error::Bug("the pool is set up wrongly".to_owned()),
        }
    }

    /// Starts, once, the task that closes idle connections.
    fn start_reaper(&self) {
        let Some(idle_timeout) = self.settings().idle_timeout else {
            return;
        };
        if !self.reaper_runs.swap(true, Ordering::Relaxed) {
            tokio::spawn(close_idle(self.pool.weak(), idle_timeout));
        }
    }
}

/// A statement's failure, and what effect it may have had by then.
struct Interrupted {
    error: sqlx::Error,
    effect: Effect,
}

impl Interrupted {
    const fn without_effect(error: sqlx::Error) -> Self {
        Self {
            error,
            effect: Effect::None,
        }
    }

    const fn perhaps_with_effect(error: sqlx::Error) -> Self {
        Self {
            error,
            effect: Effect::Any,
        }
    }
}

/// Reads all rows of a statement.
async fn fetch(
    connection: &mut PgConnection,
    statement: Statement<'_>,
) -> Result<Vec<PgRow>, Interrupted> {
    let mut rows = Vec::new();
    let mut complete = false;
    let mut messages = connection.fetch_many(statement);
    loop {
        match messages.try_next().await {
            Ok(Some(Either::Right(row))) => rows.push(row),
            Ok(Some(Either::Left(_))) => complete = true,
            Ok(None) if complete => return Ok(rows),
            // The end of another answer: from here on, each would be taken for the one before.
            Ok(None) => {
                let what = "an answer without its end".to_owned();
                return Err(Interrupted::perhaps_with_effect(sqlx::Error::Protocol(
                    what,
                )));
            }
            Err(error) => {
                let effect = if complete {
                    Effect::Any
                } else {
                    Effect::NoneIfEnded
                };
                return Err(Interrupted { error, effect });
            }
        }
    }
}

/// Reads all rows of a statement that is not prepared. sqlx still parses and executes it in two round
/// trips, which a pooler may hand to two servers, unless they are one transaction.
async fn fetch_unprepared(
    connection: &mut PgConnection,
    statement: Statement<'_>,
) -> Result<Vec<PgRow>, Interrupted> {
    let mut transaction = connection
        .begin()
        .await
        .map_err(Interrupted::without_effect)?;
    match fetch(&mut transaction, statement.persistent(false)).await {
        Ok(rows) => {
            let commit = transaction.commit().await;
            commit.map_err(Interrupted::perhaps_with_effect)?;
            Ok(rows)
        }
        Err(interrupted) => {
            // At once, and not with the connection's next use: until then it would hold a pooler's
            // server. The statement's own error is the one that matters.
            let _ = transaction.rollback().await;
            Err(Interrupted::without_effect(interrupted.error))
        }
    }
}

const fn not_sent(error: Error) -> Failure {
    Failure {
        error,
        reach: Reach::NotSent,
    }
}

/// Closes what has idled for too long, for as long as the pool lives.
async fn close_idle(pool: WeakPool<Connector>, idle_timeout: Duration) {
    let pause = (idle_timeout / 4).clamp(Duration::from_millis(50), Duration::from_secs(15));
    loop {
        sleep(pause).await;
        let Some(pool) = pool.upgrade() else { return };
        if pool.is_closed() {
            return;
        }
        let idle = pool
            .retain(|_, metrics| metrics.last_used() < idle_timeout)
            .removed;
        drop(pool);
        for session in idle {
            session.close().await;
        }
    }
}
