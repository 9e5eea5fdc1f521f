//! Opens connections, and tells which of the open ones may be used again.

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

/// A connection that has idled for longer is asked whether it is still there before it is used. A
/// busy connection is never asked: the question costs a round trip.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// How long the answer to that question may take.
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// Gives the password for one new connection; for sources whose password is a function.
pub type PasswordSource =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<Secret, Error>> + Send>> + Send + Sync>;

/// A pool of connections that a [`Connector`] opens.
pub(super) type Pool = managed::Pool<Connector>;

/// Opens connections as the settings say.
pub(super) struct Connector {
    pub(super) settings: Settings,
    password: Option<PasswordSource>,
    /// What has happened so far.
    pub(super) counters: Counters,
    /// Whether statements are prepared once per connection: as the settings say, until a pooler shows.
    prepares: AtomicBool,
    /// For each host, whether it has been found to speak PostgreSQL.
    speaks: Vec<AtomicBool>,
    /// Why no connection can be had, while none can be.
    trouble: Mutex<Option<Error>>,
}

impl Connector {
    /// A connector; nothing is opened yet.
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

    /// Whether statements are prepared.
    pub(super) fn prepares(&self) -> bool {
        self.prepares.load(Ordering::Relaxed)
    }

    /// There is a pooler on the way. From now on nothing is prepared.
    pub(super) fn has_met_pooler(&self) {
        self.prepares.store(false, Ordering::Relaxed);
    }

    /// Why no connection can be had, if that is so.
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

    /// Whether a server that cannot be connected to is likely to be there in a moment: it says so itself,
    /// or it was there before. One that was never there is more likely to be a mistake in the settings,
    /// which is reported at once.
    pub(super) fn will_pass(&self, failure: &Failure) -> bool {
        match failure.condition() {
            Some(Condition::NotReady) => true,
            Some(Condition::SessionOver) => self.has_opened(),
            Some(_) => false,
            None => self.has_opened() && fault::is_absence(&failure.error),
        }
    }

    /// Tries the servers in their order until one can be used, as libpq does: one that cannot be
    /// reached or is of the wrong kind is passed over, one that refuses the login ends the search.
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
            // Each server has the time limit for itself.
            let connecting = async {
                guarded(self.connect_to(host, speaks, password.as_ref()))
                    .await
                    .flatten()
                    .map_err(|error| fault::while_connecting(error, host))
            };
            match self.in_time(connecting, Some(host)).await.flatten() {
                Ok((connection, true)) => return Ok(connection),
                Ok((connection, false)) => fallback = fallback.or(Some(connection)),
                // Another server is unlikely to differ.
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

    /// Waits for a step of connecting, as long as a connection may take.
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

    /// Connects to one server; the flag tells whether it is of the wanted kind.
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
            // By the simple protocol, as below. A name is of letters and underscores.
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
        // Rarely done, and large: not to be carried about in the future of every statement.
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
    // By the simple protocol: behind a pooler, two round trips may meet two servers. It gives text.
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
