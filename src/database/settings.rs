//! Where the database is and how to talk to it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// Everything that is needed to open connections. All durations cross as milliseconds.
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
    /// The name by which the server's statistics show the connections.
    pub application_name: String,
    /// Whether statements are prepared once per connection. Off for poolers that hand each
    /// transaction to another connection.
    pub prepare: bool,
    /// What a server has to be like to be used.
    pub target_session_attrs: Option<TargetSessionAttrs>,
    /// The most connections held at once.
    pub max_connections: usize,
    /// How long to wait for a connection, whether a new one or a free one.
    #[serde(deserialize_with = "milliseconds")]
    pub connect_timeout: Option<Duration>,
    /// How long a connection may lie idle before it is closed.
    #[serde(deserialize_with = "milliseconds")]
    pub idle_timeout: Option<Duration>,
    /// How old a connection may become before it is replaced.
    #[serde(deserialize_with = "milliseconds")]
    pub max_lifetime: Option<Duration>,
}

/// How long the server's answer is waited for where the server itself has no time limit: long
/// enough for any lock that anybody waits for.
const LONGEST_ANSWER: Duration = Duration::from_mins(10);

/// How much later than at its own time limit the server's answer may come.
const ANSWER_SLACK: Duration = Duration::from_secs(10);

/// How long the server is waited for where connecting has no time limit.
const DEFAULT_PATIENCE: Duration = Duration::from_secs(30);

impl Settings {
    /// How long a server is waited for that was there, or that says that it will be.
    pub fn patience(&self) -> Duration {
        self.connect_timeout.unwrap_or(DEFAULT_PATIENCE)
    }

    /// Whether only a server that takes writes will do.
    pub const fn wants_writable(&self) -> bool {
        matches!(
            self.target_session_attrs,
            Some(TargetSessionAttrs::ReadWrite | TargetSessionAttrs::Primary)
        )
    }

    /// Run-time parameters whose value the driver overrules when it connects: they have to be set again.
    pub fn overruled_parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        const OVERRULED: [&str; 3] = ["TimeZone", "DateStyle", "extra_float_digits"];
        self.parameters
            .iter()
            .filter(|(name, _)| OVERRULED.iter().any(|one| one.eq_ignore_ascii_case(name)))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How long the answer to a statement is waited for, before the server counts as gone.
    pub fn answer_limit(&self) -> Duration {
        self.parameters
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("statement_timeout"))
            .and_then(|(_, value)| duration(value))
            .filter(|own| !own.is_zero())
            .map_or(LONGEST_ANSWER, |own| own + ANSWER_SLACK)
    }
}

/// A time as PostgreSQL reads a parameter that is in milliseconds by itself: `1500`, `30s`, `5 min`.
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
    /// A unix socket: the directory it lies in, and the port that its name ends in.
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
    /// The name by which messages speak of it.
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

/// How the connection is encrypted, and whom it trusts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// How far the server has to prove itself.
    pub mode: TlsMode,
    /// Certificates (PEM) of the authorities to trust.
    pub ca: Option<String>,
    /// The client's own certificate (PEM).
    pub cert: Option<String>,
    /// The client's own key (PEM).
    pub key: Option<Secret>,
}

/// How far the server has to prove itself, as libpq has it.
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
    /// Encryption, and a certificate of a trusted authority.
    VerifyCa,
    /// Encryption, and a certificate of a trusted authority for this very host.
    VerifyFull,
}

/// What a server has to be like to be used, as libpq has it.
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
    /// In recovery if there is such a server, else any.
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
