//! How the driver is told where to connect.

use std::env;
use std::ffi::OsString;
use std::sync::LazyLock;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::settings::{Host, Secret, Settings, TlsMode};

/// Options that hold nothing from the environment.
static EMPTY: LazyLock<PgConnectOptions> = LazyLock::new(without_environment);

/// The variables whose settings cannot be taken back from [`PgConnectOptions`] once it has read them. All
/// others are overridden by [`connect_options`].
const IRREVOCABLE: [&str; 4] = ["PGOPTIONS", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY"];

/// Makes the driver's options before anything else can look at the environment: to be called when the
/// library is loaded.
pub fn prepare_driver() {
    LazyLock::force(&EMPTY);
}

/// `PgConnectOptions` cannot be made without reading the environment, where libpq's variables may be meant
/// for somebody else's connections. JavaScript reads those that a source leaves to them.
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
        // SAFETY: this runs once, when the library is loaded, and only where such a variable is set. Rust's own
        // readers are locked out. For readers in C it is no more than what an assignment to `process.env` does in
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
        // No floating-point number is ever read, and PgBouncer refuses parameters it does not know.
        .extra_float_digits(None)
        .password(password.map_or("", Secret::reveal))
        .disable_statement_logging();
    options = match host {
        // PostgreSQL encrypts no Unix socket.
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
