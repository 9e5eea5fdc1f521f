//! The driver's options for a connection.

use std::env;
use std::ffi::OsString;
use std::sync::LazyLock;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::settings::{Host, Secret, Settings, TlsMode};

/// Options without anything from the environment.
static EMPTY: LazyLock<PgConnectOptions> = LazyLock::new(without_environment);

/// Environment variables whose settings cannot be removed from [`PgConnectOptions`] once it has read them.
/// [`connect_options`] overrides all others.
const IRREVOCABLE: [&str; 4] = ["PGOPTIONS", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY"];

/// Makes the driver's options before anything else can read the environment. Call it when the library is
/// loaded.
pub fn prepare_driver() {
    LazyLock::force(&EMPTY);
}

/// `PgConnectOptions` cannot be made without reading libpq's environment variables, which may be meant for
/// other connections of the process. JavaScript reads them for sources that leave settings to them.
#[allow(
    unsafe_code,
    reason = "the driver offers no other way to leave these variables unread"
)]
fn without_environment() -> PgConnectOptions {
    let hidden: Vec<(&str, OsString)> = IRREVOCABLE
        .into_iter()
        .filter_map(|name| Some((name, env::var_os(name)?)))
        .collect();
    for (name, _) in &hidden {
        // SAFETY: this runs once, when the library is loaded, and only if such a variable is set. Rust's own
        // readers hold the same lock. For readers in C, it is no worse than an assignment to `process.env` in
        // JavaScript.
        unsafe { env::remove_var(name) };
    }
    let options = PgConnectOptions::new_without_pgpass();
    for (name, value) in hidden {
        // SAFETY: as above.
        unsafe { env::set_var(name, value) };
    }
    options
}

/// The options for a connection to one server.
pub(super) fn connect_options(
    settings: &Settings,
    host: &Host,
    password: Option<&Secret>,
) -> PgConnectOptions {
    let mut options = EMPTY
        .clone()
        .username(&settings.user)
        .database(&settings.database)
        .application_name(&settings.application_name)
        // PgBouncer refuses parameters that it does not know, and no floating-point numbers are read.
        .extra_float_digits(None)
        .password(password.map_or("", Secret::reveal))
        .disable_statement_logging();
    options = match host {
        // PostgreSQL does not use TLS on Unix sockets.
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
