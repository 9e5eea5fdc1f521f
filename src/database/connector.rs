//! Opens connections, and tells which of the open ones may be used again.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection, PgConnection, Row};

use tokio::time::timeout;

use super::fault;
use super::settings::{Host, Secret, Settings, TargetSessionAttrs, TlsMode};
use crate::error::{Error, Failure, Reach};

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
}

impl Connector {
    /// A connector; nothing is opened yet.
    pub fn new(settings: Settings, password: Option<PasswordSource>) -> Self {
        Self { settings, password }
    }

    /// The settings.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Tries the servers in their order until one can be used, as libpq does: one that cannot be
    /// reached or is of the wrong kind is passed over, one that refuses the login ends the search.
    async fn connect(&self) -> Result<PgConnection, Failure> {
        let password = match (&self.password, &self.settings.password) {
            (Some(ask), _) => Some(self.in_time(ask(), None).await?.map_err(not_sent)?),
            (None, password) => password.clone(),
        };
        let mut first_failure = None;
        let mut fallback = None;
        for host in &self.settings.hosts {
            // Each server has the time limit for itself.
            let connecting = self.connect_to(host, password.as_ref());
            match self.in_time(connecting, Some(host)).await.flatten() {
                Ok((connection, true)) => return Ok(connection),
                Ok((connection, false)) => fallback = fallback.or(Some(connection)),
                Err(failure) if refuses_login(&failure.error) => return Err(failure),
                Err(failure) => first_failure = first_failure.or(Some(failure)),
            }
        }
        match (fallback, self.settings.target_session_attrs) {
            (Some(connection), Some(TargetSessionAttrs::PreferStandby)) => Ok(connection),
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
    ) -> Result<(PgConnection, bool), Failure> {
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
        Ok((connection, wanted))
    }
}

impl Manager for Connector {
    type Type = PgConnection;
    type Error = Failure;

    async fn create(&self) -> Result<PgConnection, Failure> {
        // Rarely done, and large: not to be carried about in the future of every statement.
        Box::pin(self.connect()).await
    }

    async fn recycle(
        &self,
        connection: &mut PgConnection,
        metrics: &Metrics,
    ) -> RecycleResult<Failure> {
        if self
            .settings
            .max_lifetime
            .is_some_and(|limit| metrics.age() > limit)
        {
            return Err(RecycleError::message("the connection has reached its age"));
        }
        if metrics.last_used() > TRUSTED_IDLE {
            let alive = timeout(PING_TIMEOUT, connection.ping()).await;
            if !matches!(alive, Ok(Ok(()))) {
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

/// Class 28: invalid authorisation; 3D000: no such database. Another server is unlikely to differ.
fn refuses_login(error: &Error) -> bool {
    matches!(error, Error::Database(said) if said.code.starts_with("28") || said.code == "3D000")
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
    let row =
        sqlx::query("select pg_is_in_recovery(), current_setting('transaction_read_only')::bool")
            .persistent(false)
            .fetch_one(connection)
            .await?;
    let (in_recovery, read_only): (bool, bool) = (row.try_get(0)?, row.try_get(1)?);
    Ok(match wanted {
        TargetSessionAttrs::Any => true,
        TargetSessionAttrs::ReadWrite => !read_only,
        TargetSessionAttrs::ReadOnly => read_only,
        TargetSessionAttrs::Primary => !in_recovery,
        TargetSessionAttrs::Standby | TargetSessionAttrs::PreferStandby => in_recovery,
    })
}
