//! A pool of connections to one database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{PoolError, QueueMode, TimeoutType, WeakPool};
use sqlx::Connection;
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep, timeout_at};

use super::connection::Lent;
use super::connector::{Connector, PasswordSource, Pool};
use super::counters::{Counters, Statistics};
use super::fault::{self, Failure};
use super::requirement::Requirement;
use super::row::Row;
use super::settings::Settings;
use super::statement::Query;
use super::table::Table;
use super::transaction::Transaction;
use crate::backoff::Backoff;
use crate::error::{ConnectionCode, Error};

/// A pool of connections to one database. Clones are cheap and share the connections.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    closes_idle: Arc<AtomicBool>,
    /// Until when to wait for a connection, if earlier than usual.
    deadline: Option<Instant>,
    requirement: Option<&'static Requirement>,
    /// The row of the requirement's statement, once it has been sent.
    found: Arc<OnceCell<Row>>,
}

impl Database {
    /// Creates a pool. It opens each connection when it is needed.
    ///
    /// # Errors
    ///
    /// [`Error::Bug`] if the pool cannot be built, which no settings can cause.
    pub fn new(settings: Settings, password: Option<PasswordSource>) -> Result<Self, Error> {
        let (max_size, wait) = (settings.max_connections.max(1), settings.connect_timeout);
        let pool = Pool::builder(Connector::new(settings, password))
            .max_size(max_size)
            .wait_timeout(wait)
            // The connection used last is used next, so that the others become idle and are closed.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Error::Bug(error.to_string()))?;
        Ok(Self {
            pool,
            closes_idle: Arc::default(),
            deadline: None,
            requirement: None,
            found: Arc::default(),
        })
    }

    /// The same pool for callers that need the database to meet a requirement.
    #[must_use]
    pub fn requiring(&self, requirement: &'static Requirement) -> Self {
        Self {
            requirement: Some(requirement),
            ..self.clone()
        }
    }

    /// The same pool for callers that wait for a connection only until `deadline`.
    #[must_use]
    pub fn until(&self, deadline: Option<Instant>) -> Self {
        Self {
            deadline,
            ..self.clone()
        }
    }

    /// The settings the pool was made with.
    pub fn settings(&self) -> &Settings {
        &self.pool.manager().settings
    }

    /// Why the last attempt to connect failed, if it did.
    pub fn trouble(&self) -> Option<Error> {
        self.pool.manager().trouble()
    }

    /// Counts of what has happened on the connections.
    pub fn counters(&self) -> &Counters {
        &self.pool.manager().counters
    }

    /// The state of the connections, and what has happened on them.
    pub fn statistics(&self) -> Statistics {
        let (status, counters) = (self.pool.status(), self.counters());
        Statistics {
            open: status.size,
            idle: status.available,
            waiting: status.waiting,
            opened: counters.opened.count(),
            failed: counters.failed.count(),
            repeated: counters.repeated.count(),
            settled: counters.settled.count(),
            unknown: counters.unknown.count(),
        }
    }

    /// Closes the pool and its idle connections. Wait for statements under way first.
    pub async fn close(&self) {
        let idle = self.pool.retain(|_, _| false).removed;
        self.pool.close();
        for connection in idle {
            // An error makes no difference: the connection is gone in any case.
            let _ = connection.close().await;
        }
    }

    /// Begins a unit of work: several statements on one connection, which take effect together.
    ///
    /// # Errors
    ///
    /// If no connection is available, or the server refuses to begin.
    pub async fn begin(&self) -> Result<Transaction, Failure> {
        let mut connection = self.lend().await?;
        match connection.begin().await {
            Ok(()) => Ok(Transaction::new(connection)),
            Err(failure) => Err(connection.end_with(failure).await),
        }
    }

    /// Runs one statement by itself. See [`Executor::rows`](super::executor::Executor::rows).
    pub(super) async fn rows<'q>(
        &self,
        table: &'static Table,
        make: impl Fn() -> Query<'q> + Send + Sync,
    ) -> Result<Vec<Row>, Failure> {
        let mut connection = self.lend().await?;
        match connection.rows(make).await {
            Ok(rows) => {
                connection.give_back();
                Row::read_all(rows, table)
            }
            Err(failure) => Err(connection.end_with(failure).await),
        }
    }

    /// A free connection or a new one. If a new one cannot be opened for a reason that is likely to pass, it
    /// is tried again until the time for connecting is over. A connection may become free in the meantime.
    async fn lend(&self) -> Result<Lent, Failure> {
        let usual = Instant::now() + self.settings().patience();
        let deadline = self.deadline.map_or(usual, |deadline| deadline.min(usual));
        let mut backoff = Backoff::new();
        loop {
            let getting = async {
                match self.deadline {
                    Some(deadline) => timeout_at(deadline, self.pool.get())
                        .await
                        .unwrap_or(Err(PoolError::Timeout(TimeoutType::Wait))),
                    None => self.pool.get().await,
                }
            };
            let failure = match getting.await {
                Ok(connection) => {
                    self.start_closing_idle();
                    return self.fitting(Lent::new(connection, self.pool.clone())).await;
                }
                Err(PoolError::Backend(failure)) => failure,
                Err(error) => return Err(Failure::not_sent(self.pool_error(&error))),
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || !self.pool.manager().will_pass(&failure) {
                return Err(failure);
            }
            sleep(backoff.pause().min(left)).await;
            if Instant::now() >= deadline {
                return Err(failure);
            }
        }
    }

    /// Whether the database meets the requirement.
    ///
    /// # Errors
    ///
    /// If it does not, or if no connection is available.
    pub async fn check(&self) -> Result<(), Failure> {
        match (self.found.get(), self.requirement) {
            (Some(found), Some(requirement)) => {
                (requirement.accept)(found).map_err(Failure::not_sent)
            }
            _ => self.lend().await.map(Lent::give_back),
        }
    }

    /// A connection to a database that meets the requirement.
    async fn fitting(&self, mut connection: Lent) -> Result<Lent, Failure> {
        let Some(requirement) = self.requirement else {
            return Ok(connection);
        };
        let found = if let Some(found) = self.found.get() {
            Ok(found)
        } else {
            // Boxed because it is large and rarely needed: it would enlarge the future of every statement.
            let looking = async || requirement.look(&mut connection).await;
            Box::pin(self.found.get_or_try_init(looking)).await
        };
        match found.map(requirement.accept) {
            Ok(Ok(())) => Ok(connection),
            Ok(Err(error)) => {
                connection.give_back();
                Err(Failure::not_sent(error))
            }
            Err(failure) => Err(connection.end_with(failure).await),
        }
    }

    fn pool_error(&self, error: &PoolError<Failure>) -> Error {
        match error {
            PoolError::Closed => {
                fault::connection(ConnectionCode::Ended, "The service has been closed", None)
            }
            PoolError::Timeout(_) => self.trouble().unwrap_or_else(|| {
                fault::connection(
                    ConnectionCode::AcquireTimeout,
                    "All connections stayed busy for the whole of connectTimeout",
                    None,
                )
            }),
            _ => Error::Bug("the pool is set up wrongly".to_owned()),
        }
    }

    /// Starts the task that closes idle connections, once per pool.
    fn start_closing_idle(&self) {
        let Some(idle_timeout) = self.settings().idle_timeout else {
            return;
        };
        if !self.closes_idle.swap(true, Ordering::Relaxed) {
            tokio::spawn(close_idle(self.pool.weak(), idle_timeout));
        }
    }
}

/// Closes connections that have been idle for too long, for as long as the pool exists.
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
        for connection in idle {
            let _ = connection.close().await;
        }
    }
}
