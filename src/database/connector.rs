//! Opens connections, and tells which of the open ones may be used again.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection, PgConnection, Row, raw_sql};
use tokio::time::timeout;

use super::caught::caught;
use super::counters::Counters;
use super::fault;
use super::session::Session;
use super::settings::{Host, Secret, Settings, TargetSessionAttrs, TlsMode};
use crate::error::{Error, Failure, Reach};
use crate::policy::Policy;

/// A connection that has idled for longer is asked whether it is still there before it is used. A
/// busy connection is never asked: the question costs a round trip.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// How long the answer to that question may take.
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// Gives the password for one new connection; for sources whose password is a function.
pub type PasswordSource =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<Secret, Error>> + Send>> + Send + Sync>;

/// Opens connections as the settings say.
pub struct Connector {
    settings: Settings,
    password: Option<PasswordSource>,
    counters: Counters,
    /// Whether statements are prepared once per connection: as the settings say, until a pooler shows.
    prepares: AtomicBool,
    /// Why no connection can be had, while none can be.
    trouble: Mutex<Option<Error>>,
}

impl Connector {
    /// A connector; nothing is opened yet.
    pub fn new(settings: Settings, password: Option<PasswordSource>) -> Self {
        Self {
            prepares: AtomicBool::new(settings.prepare),
            settings,
            password,
            counters: Counters::default(),
            trouble: Mutex::default(),
        }
    }

    /// The settings.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether statements are prepared, and sessions are ours alone.
    pub fn prepares(&self) -> bool {
        self.prepares.load(Ordering::Relaxed)
    }

    /// There is a pooler on the way. From now on nothing is prepared.
    pub fn has_met_pooler(&self) {
        self.prepares.store(false, Ordering::Relaxed);
    }

    /// What has happened so far.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Why no connection can be had, if that is so.
    pub fn trouble(&self) -> Option<Error> {
        let trouble = self.trouble.lock();
        trouble.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_trouble(&self, trouble: Option<Error>) {
        let mut current = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        *current = trouble;
    }

    /// Whether a server that cannot be connected to is likely to be there in a moment: it says so itself,
    /// or it was there before. One that was never there is more likely to be a mistake in the settings,
    /// which is reported at once.
    pub fn will_pass(&self, error: &Error) -> bool {
        match Policy::of(error) {
            Some(Policy::NotReady) => true,
            Some(Policy::SessionOver) => self.counters.has_opened(),
            Some(_) => false,
            None => self.counters.has_opened() && fault::is_absence(error),
        }
    }

    /// Tries the servers in their order until one can be used, as libpq does: one that cannot be
    /// reached or is of the wrong kind is passed over, one that refuses the login ends the search.
    async fn connect(&self) -> Result<Session, Failure> {
        let password = match (&self.password, &self.settings.password) {
            (Some(ask), _) => Some(self.in_time(ask(), None).await?.map_err(not_sent)?),
            (None, password) => password.clone(),
        };
        let mut first_failure = None;
        let mut fallback = None;
        for host in &self.settings.hosts {
            // Each server has the time limit for itself.
            let connecting = async {
                caught(self.connect_to(host, password.as_ref()))
                    .await
                    .map_err(|error| fault::while_connecting(error, host))
                    .flatten()
            };
            match self.in_time(connecting, Some(host)).await.flatten() {
                Ok((session, true)) => return Ok(session),
                Ok((session, false)) => fallback = fallback.or(Some(session)),
                // Another server is unlikely to differ.
                Err(failure) if Policy::of(&failure.error) == Some(Policy::Login) => {
                    return Err(failure);
                }
                Err(failure) => first_failure = first_failure.or(Some(failure)),
            }
        }
        match (fallback, self.settings.target_session_attrs) {
            (Some(session), Some(TargetSessionAttrs::PreferStandby)) => Ok(session),
            (Some(_), _) => Err(not_sent(fault::connection(
                "TARGET_SESSION_ATTRS",
                "No server has the wanted target_session_attrs",
                None,
            ))),
            (None, _) => Err(first_failure
                .unwrap_or_else(|| not_sent(Error::Bug("there is no host".to_owned())))),
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
            not_sent(fault::connection(
                "CONNECT_TIMEOUT",
                "connect CONNECT_TIMEOUT",
                host,
            ))
        })
    }

    /// Connects to one server; the flag tells whether it is of the wanted kind.
    async fn connect_to(
        &self,
        host: &Host,
        password: Option<&Secret>,
    ) -> Result<(Session, bool), Failure> {
        let options = connect_options(&self.settings, host, password);
        let mut connection = options
            .connect()
            .await
            .map_err(|error| fault::while_connecting(error, host))?;
        let wanted = match self.settings.target_session_attrs {
            None | Some(TargetSessionAttrs::Any) => true,
            Some(wanted) => is_of_kind(&mut connection, wanted)
                .await
                .map_err(|error| fault::while_connecting(error, host))?,
        };
        let session = Session::begin(connection, self.prepares()).await;
        Ok((session, wanted))
    }
}

impl Manager for Connector {
    type Type = Session;
    type Error = Failure;

    async fn create(&self) -> Result<Session, Failure> {
        // Rarely done, and large: not to be carried about in the future of every statement.
        let connected = Box::pin(self.connect()).await;
        match &connected {
            Ok(_) => self.counters.opened(),
            Err(_) => self.counters.failed(),
        }
        self.set_trouble(
            connected
                .as_ref()
                .err()
                .map(|failure| failure.error.clone()),
        );
        connected
    }

    async fn recycle(&self, session: &mut Session, metrics: &Metrics) -> RecycleResult<Failure> {
        let Some(connection) = session.connection() else {
            return Err(RecycleError::message("the connection is closed"));
        };
        if self
            .settings
            .max_lifetime
            .is_some_and(|limit| metrics.age() > limit)
        {
            return Err(RecycleError::message("the connection has reached its age"));
        }
        if metrics.last_used() > TRUSTED_IDLE {
            let alive = caught(timeout(PING_TIMEOUT, connection.ping())).await;
            if !matches!(alive, Ok(Ok(Ok(())))) {
                return Err(RecycleError::message("the connection is no longer there"));
            }
        }
        Ok(())
    }
}

const fn not_sent(error: Error) -> Failure {
    Failure {
        error,
        reach: Reach::NotSent,
    }
}

fn connect_options(
    settings: &Settings,
    host: &Host,
    password: Option<&Secret>,
) -> PgConnectOptions {
    let mut options = PgConnectOptions::new_without_pgpass()
        .username(&settings.user)
        .database(&settings.database)
        .application_name(&settings.application_name)
        // No floating-point number is ever read, and PgBouncer refuses parameters it does not know.
        .extra_float_digits(None)
        // Always set: sqlx would otherwise take the one of PGPASSWORD, which may be meant for
        // another server.
        .password(password.map_or("", Secret::reveal))
        .disable_statement_logging();
    options = match host {
        // PostgreSQL encrypts no unix socket.
        Host::Socket { socket, port } => options
            .socket(socket)
            .port(*port)
            .ssl_mode(PgSslMode::Disable),
        Host::Tcp { host, port } => options
            .host(host)
            .port(*port)
            .ssl_mode(ssl_mode(settings.tls.mode)),
    };
    if !settings.prepare {
        options = options.statement_cache_capacity(0);
    }
    if !settings.parameters.is_empty() {
        options = options.options(&settings.parameters);
    }
    if let Some(ca) = &settings.tls.ca {
        options = options.ssl_root_cert_from_pem(ca.clone().into_bytes());
    }
    if let Some(cert) = &settings.tls.cert {
        options = options.ssl_client_cert_from_pem(cert);
    }
    if let Some(key) = &settings.tls.key {
        options = options.ssl_client_key_from_pem(key.reveal());
    }
    options
}

const fn ssl_mode(mode: TlsMode) -> PgSslMode {
    match mode {
        TlsMode::Disable => PgSslMode::Disable,
        TlsMode::Prefer => PgSslMode::Prefer,
        TlsMode::Require => PgSslMode::Require,
        TlsMode::VerifyCa => PgSslMode::VerifyCa,
        TlsMode::VerifyFull => PgSslMode::VerifyFull,
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
    let [in_recovery, read_only] = [0, 1].map(|column| {
        let value = row.try_get_raw(column).ok();
        value.is_some_and(|value| value.as_str().is_ok_and(|text| text == "t"))
    });
    Ok(match wanted {
        TargetSessionAttrs::Any => true,
        TargetSessionAttrs::ReadWrite => !read_only,
        TargetSessionAttrs::ReadOnly => read_only,
        TargetSessionAttrs::Primary => !in_recovery,
        TargetSessionAttrs::Standby | TargetSessionAttrs::PreferStandby => in_recovery,
    })
}
