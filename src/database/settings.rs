//! Where the database is and how to connect to it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// Everything needed to open connections. Durations cross as milliseconds.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Servers, tried in order.
    pub hosts: Vec<Host>,
    /// The role to log in as.
    pub user: String,
    /// Its password, unless a function gives it.
    pub password: Option<Secret>,
    /// The database.
    pub database: String,
    /// How the connection is encrypted.
    pub tls: Tls,
    /// Run-time parameters, such as `search_path`.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// The connections' `application_name` in the server's statistics.
    pub application_name: String,
    /// Whether statements are prepared once per connection. Turn it off behind poolers that assign a server
    /// connection for each transaction.
    pub prepare: bool,
    /// What kind of server may be used.
    pub target_session_attrs: Option<TargetSessionAttrs>,
    /// The maximum number of connections.
    pub max_connections: usize,
    /// How long to wait for a connection, either a new or a free one.
    #[serde(deserialize_with = "milliseconds")]
    pub connect_timeout: Option<Duration>,
    /// How long a connection may be idle before it is closed.
    #[serde(deserialize_with = "milliseconds")]
    pub idle_timeout: Option<Duration>,
    /// How old a connection may become before it is replaced.
    #[serde(deserialize_with = "milliseconds")]
    pub max_lifetime: Option<Duration>,
}

/// How long to wait for an answer if `statement_timeout` is not set: long enough for any usual wait for a
/// lock.
const LONGEST_ANSWER: Duration = Duration::from_mins(10);

/// How long to wait for an answer beyond `statement_timeout`.
const ANSWER_SLACK: Duration = Duration::from_secs(10);

/// How long to wait for the server if connecting has no time limit.
const DEFAULT_PATIENCE: Duration = Duration::from_secs(30);

impl Settings {
    /// How long to wait for a server that was there before, or that says it will be.
    pub fn patience(&self) -> Duration {
        self.connect_timeout.unwrap_or(DEFAULT_PATIENCE)
    }

    /// Whether only a writable server may be used.
    pub const fn wants_writable(&self) -> bool {
        matches!(
            self.target_session_attrs,
            Some(TargetSessionAttrs::ReadWrite | TargetSessionAttrs::Primary)
        )
    }

    /// Run-time parameters that the driver sets to its own values when it connects, so they have to be set
    /// again.
    pub fn overruled_parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        const OVERRULED: [&str; 3] = ["TimeZone", "DateStyle", "extra_float_digits"];
        self.parameters
            .iter()
            .filter(|(name, _)| OVERRULED.iter().any(|one| one.eq_ignore_ascii_case(name)))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How long to wait for the answer to a statement before the server counts as gone.
    pub fn answer_limit(&self) -> Duration {
        self.parameters
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("statement_timeout"))
            .and_then(|(_, value)| duration(value))
            .filter(|own| !own.is_zero())
            .map_or(LONGEST_ANSWER, |own| own + ANSWER_SLACK)
    }
}

/// Parses a parameter whose default unit is milliseconds as PostgreSQL does: `1500`, `30s`, `5 min`.
///
/// <https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-NAMES-VALUES>
fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let end = text
        .find(|character: char| !(character.is_ascii_digit() || character == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let milliseconds = match unit.trim() {
        "us" => 0.001,
        "" | "ms" => 1.0,
        "s" => 1e3,
        "min" => 60e3,
        "h" => 3_600e3,
        "d" => 86_400e3,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    Duration::try_from_secs_f64(number * milliseconds / 1e3).ok()
}

/// One server.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Host {
    /// A Unix socket: its directory, and the port in its name.
    Socket {
        /// The directory.
        socket: String,
        /// The port.
        port: u16,
    },
    /// A host name or address.
    Tcp {
        /// The name or address.
        host: String,
        /// The port.
        port: u16,
    },
}

impl Host {
    /// The host name, address or directory, as messages show it.
    pub fn address(&self) -> &str {
        match self {
            Self::Socket { socket, .. } => socket,
            Self::Tcp { host, .. } => host,
        }
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        match self {
            Self::Socket { port, .. } | Self::Tcp { port, .. } => *port,
        }
    }
}

/// How the connection is encrypted, and which certificates are trusted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// How strictly the server's certificate is verified.
    pub mode: TlsMode,
    /// Certificates (PEM) of the authorities to trust.
    pub ca: Option<String>,
    /// The client's own certificate (PEM).
    pub cert: Option<String>,
    /// The client's own key (PEM).
    pub key: Option<Secret>,
}

/// How strictly the server's certificate is verified, in the terms of libpq's `sslmode`.
///
/// <https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// No encryption.
    Disable,
    /// Encryption where the server offers it, unverified.
    Prefer,
    /// Encryption, unverified.
    Require,
    /// Encryption, and a certificate from a trusted authority.
    VerifyCa,
    /// Encryption, and a certificate from a trusted authority for this host name.
    VerifyFull,
}

/// What kind of server may be used, in the terms of libpq.
///
/// <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-TARGET-SESSION-ATTRS>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetSessionAttrs {
    /// Any.
    Any,
    /// Sessions can write.
    ReadWrite,
    /// Sessions cannot write.
    ReadOnly,
    /// Not in recovery.
    Primary,
    /// In recovery.
    Standby,
    /// In recovery if there is such a server, otherwise any.
    PreferStandby,
}

/// Text that is never printed.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    Ok(Option::deserialize(deserializer)?.map(Duration::from_millis))
}

#[cfg(test)]
#[path = "../../__test__/rust/unit/database_settings.rs"]
mod tests;
