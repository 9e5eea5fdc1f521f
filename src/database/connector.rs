//! Opens connections, and decides which open ones may be used again.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool::managed::{self, Manager, Metrics, RecycleError, RecycleResult};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row, raw_sql};
use tokio::time::timeout;

use super::counters::Counters;
use super::driver::connect_options;
use super::fault::{self, Failure};
use super::guard::guarded;
use super::probe::probe;
use super::settings::{Host, Secret, Settings, TargetSessionAttrs};
use super::sqlstate::Condition;
use crate::error::{ConnectionCode, Error};

/// A connection that has been idle for longer is pinged before it is used. One in steady use is not, because
/// a ping costs a round trip.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// How long the answer to the ping may take.
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// Returns the password for one new connection, for sources whose password is a function.
pub type PasswordSource =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<Secret, Error>> + Send>> + Send + Sync>;

/// A pool of connections that a [`Connector`] opens.
pub(super) type Pool = managed::Pool<Connector>;

/// Opens connections as the settings say.
pub(super) struct Connector {
    pub(super) settings: Settings,
    password: Option<PasswordSource>,
    /// Counts of what has happened so far.
    pub(super) counters: Counters,
    /// Whether statements are prepared once per connection: as the settings say, until a pooler is detected.
    prepares: AtomicBool,
    /// For each host, whether it is known to speak PostgreSQL.
    speaks: Vec<AtomicBool>,
    /// Why the last attempt to connect failed, if it did.
    trouble: Mutex<Option<Error>>,
}

impl Connector {
    /// Creates a connector. Opens nothing yet.
    pub(super) fn new(settings: Settings, password: Option<PasswordSource>) -> Self {
        Self {
            prepares: AtomicBool::new(settings.prepare),
            speaks: settings
                .hosts
                .iter()
                .map(|_| AtomicBool::new(false))
                .collect(),
            settings,
            password,
            counters: Counters::default(),
            trouble: Mutex::default(),
        }
    }

    pub(super) fn prepares(&self) -> bool {
        self.prepares.load(Ordering::Relaxed)
    }

    /// Records that there is a pooler between this process and the server. From now on nothing is prepared.
    pub(super) fn has_met_pooler(&self) {
        self.prepares.store(false, Ordering::Relaxed);
    }

    /// Why the last attempt to connect failed, if it did.
    pub(super) fn trouble(&self) -> Option<Error> {
        let trouble = self.trouble.lock();
        trouble.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_trouble(&self, trouble: Option<Error>) {
        let mut current = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        *current = trouble;
    }

    fn has_opened(&self) -> bool {
        self.counters.opened.count() > 0
    }

    /// Whether a server that cannot be connected to is likely to be back soon: it says so itself, or there
    /// has been a connection before. Otherwise the settings are more likely to be wrong, and the failure is
    /// reported at once.
    pub(super) fn will_pass(&self, failure: &Failure) -> bool {
        match failure.condition() {
            Some(Condition::NotReady) => true,
            Some(Condition::SessionOver) => self.has_opened(),
            Some(_) => false,
            None => self.has_opened() && fault::is_absence(&failure.error),
        }
    }

    /// Tries the servers in order until one can be used, as libpq does. A server that cannot be reached or is
    /// of the wrong kind is skipped; a server that refuses the login ends the search.
    async fn connect(&self) -> Result<PgConnection, Failure> {
        let password = match (&self.password, &self.settings.password) {
            (Some(ask), _) => Some(
                self.in_time(ask(), None)
                    .await?
                    .map_err(Failure::not_sent)?,
            ),
            (None, password) => password.clone(),
        };
        let mut first_failure = None;
        let mut fallback = None;
        for (host, speaks) in self.settings.hosts.iter().zip(&self.speaks) {
            // The time limit holds for each server by itself.
            let connecting = async {
                guarded(self.connect_to(host, speaks, password.as_ref()))
                    .await
                    .flatten()
                    .map_err(|error| fault::while_connecting(error, host))
            };
            match self.in_time(connecting, Some(host)).await.flatten() {
                Ok((connection, true)) => return Ok(connection),
                Ok((connection, false)) => fallback = fallback.or(Some(connection)),
                // Other servers are likely to refuse it as well.
                Err(failure) if failure.condition() == Some(Condition::LoginRefused) => {
                    return Err(failure);
                }
                Err(failure) => first_failure = first_failure.or(Some(failure)),
            }
        }
        match (fallback, self.settings.target_session_attrs) {
            (Some(connection), Some(TargetSessionAttrs::PreferStandby)) => Ok(connection),
            (Some(_), _) => Err(Failure::not_sent(fault::connection(
                ConnectionCode::TargetSessionAttrs,
                "No server has the wanted target_session_attrs",
                None,
            ))),
            (None, _) => Err(first_failure
                .unwrap_or_else(|| Failure::not_sent(Error::Bug("there is no host".to_owned())))),
        }
    }

    /// Waits for a step of connecting, within the time limit.
    async fn in_time<T>(
        &self,
        step: impl Future<Output = T>,
        host: Option<&Host>,
    ) -> Result<T, Failure> {
        let Some(limit) = self.settings.connect_timeout else {
            return Ok(step.await);
        };
        timeout(limit, step).await.map_err(|_| {
            Failure::not_sent(fault::connection(
                ConnectionCode::ConnectTimeout,
                "connect CONNECT_TIMEOUT",
                host,
            ))
        })
    }

    /// Connects to one server. The flag is true if the server is of the wanted kind.
    async fn connect_to(
        &self,
        host: &Host,
        speaks: &AtomicBool,
        password: Option<&Secret>,
    ) -> Result<(PgConnection, bool), sqlx::Error> {
        if let Host::Tcp { host, port } = host
            && !speaks.load(Ordering::Relaxed)
        {
            probe(host, *port, &self.settings).await?;
            speaks.store(true, Ordering::Relaxed);
        }
        let options = connect_options(&self.settings, host, password);
        let mut connection = options.connect().await?;
        for (name, value) in self.settings.overruled_parameters() {
            // Uses the simple protocol, as below. Parameter names consist of letters and underscores.
            let value = value.replace('\\', r"\\").replace('\'', "''");
            let set = format!("select set_config('{name}', E'{value}', false)");
            raw_sql(AssertSqlSafe(set)).execute(&mut connection).await?;
        }
        let is_wanted = match self.settings.target_session_attrs {
            None | Some(TargetSessionAttrs::Any) => true,
            Some(wanted) => is_of_kind(&mut connection, wanted).await?,
        };
        Ok((connection, is_wanted))
    }
}

impl Manager for Connector {
    type Type = PgConnection;
    type Error = Failure;

    async fn create(&self) -> Result<PgConnection, Failure> {
        // Boxed because it is large and rarely needed: it would enlarge the future of every statement.
        let connected = Box::pin(self.connect()).await;
        match &connected {
            Ok(_) => self.counters.opened.increment(),
            Err(_) => self.counters.failed.increment(),
        }
        let failure = connected.as_ref().err();
        self.set_trouble(failure.map(|failure| failure.error.clone()));
        connected
    }

    async fn recycle(
        &self,
        connection: &mut PgConnection,
        metrics: &Metrics,
    ) -> RecycleResult<Failure> {
        let is_too_old = |limit| metrics.age() > limit;
        if self.settings.max_lifetime.is_some_and(is_too_old) {
            return Err(RecycleError::message("the connection has reached its age"));
        }
        if metrics.last_used() > TRUSTED_IDLE {
            let alive = guarded(timeout(PING_TIMEOUT, connection.ping())).await;
            if !matches!(alive, Ok(Ok(Ok(())))) {
                return Err(RecycleError::message("the connection is no longer there"));
            }
        }
        Ok(())
    }
}

async fn is_of_kind(
    connection: &mut PgConnection,
    wanted: TargetSessionAttrs,
) -> Result<bool, sqlx::Error> {
    // Uses the simple protocol, which gives values as text: behind a pooler, two round trips may reach two
    // servers.
    let row = raw_sql("select pg_is_in_recovery(), current_setting('transaction_read_only')::bool")
        .fetch_one(connection)
        .await?;
    let is_true = |column: usize| match row.try_get_raw(column)?.as_str() {
        Ok("t") => Ok(true),
        Ok("f") => Ok(false),
        _ => Err(sqlx::Error::Protocol(
            "a truth value could not be read".to_owned(),
        )),
    };
    let (in_recovery, read_only) = (is_true(0)?, is_true(1)?);
    Ok(match wanted {
        TargetSessionAttrs::Any => true,
        TargetSessionAttrs::ReadWrite => !read_only,
        TargetSessionAttrs::ReadOnly => read_only,
        TargetSessionAttrs::Primary => !in_recovery,
        TargetSessionAttrs::Standby | TargetSessionAttrs::PreferStandby => in_recovery,
    })
}
