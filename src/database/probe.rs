//! Checks that a server speaks PostgreSQL before the driver connects to it.
//!
//! The driver allocates as much memory as the header of a message announces, even before the server is
//! authenticated. The first bytes of an SSH or HTTP server on a wrong port read as more than a gigabyte, and
//! Rust aborts the process if that allocation fails. So the first steps of a login are made once with each
//! server, on a separate connection, by code that limits the length of messages.
//!
//! The messages are described at <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::TcpStream;
use tokio::time::timeout;
use uuid::Uuid;

use super::settings::{Settings, TlsMode};

/// `SSLRequest`: its length, and a code in place of the protocol version.
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// `Terminate`.
const TERMINATE: [u8; 5] = [b'X', 0, 0, 0, 4];

/// Protocol version 3.0.
const VERSION: [u8; 4] = [0, 3, 0, 0];

/// The longest message accepted during a login. PostgreSQL itself allows 2,000 bytes for most messages.
const LONGEST: u32 = 1 << 16;

/// How long to wait until the server has closed the connection, too.
const FAREWELL: Duration = Duration::from_millis(250);

const SCRAM: &str = "SCRAM-SHA-256";

/// The first four bytes of an `Authentication` message: `AuthenticationOk` and `AuthenticationSASL`.
const AUTHENTICATION_OK: u32 = 0;
const AUTHENTICATION_SASL: u32 = 10;

/// Makes the first steps of a login with a TCP server, as far as they need no password.
///
/// # Errors
///
/// [`sqlx::Error::Protocol`] if the server does not answer as PostgreSQL does, and [`sqlx::Error::Io`] if it
/// cannot be reached or goes away.
pub(super) async fn probe(host: &str, port: u16, settings: &Settings) -> Result<(), sqlx::Error> {
    let mut stream = TcpStream::connect((host, port)).await?;
    let is_plain = match settings.tls.mode {
        TlsMode::Disable => true,
        // If TLS is required, nothing is sent without it.
        mode => declines_tls(&mut stream).await? && matches!(mode, TlsMode::Prefer),
    };
    if is_plain {
        log_in(&mut stream, settings).await?;
    }
    // Wait until the server has closed the connection, too: until then it counts against the server's
    // connection limit.
    let _ = stream.shutdown().await;
    let _ = timeout(FAREWELL, copy(&mut stream, &mut sink())).await;
    Ok(())
}

/// Whether the server declines TLS. If it accepts, the probe ends: messages inside TLS are not checked, so
/// the certificate should be verified.
async fn declines_tls(stream: &mut TcpStream) -> Result<bool, sqlx::Error> {
    stream.write_all(&TLS_REQUEST).await?;
    // After an `S`, PostgreSQL waits for the handshake. An SSH server also begins with an `S`, but sends
    // more.
    let mut answer = [0; 64];
    let read = stream.read(&mut answer).await?;
    match answer.get(..read) {
        Some([]) | None => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
        Some([b'N']) => Ok(true),
        // An `E` begins an error, which the driver reports. It does not read the message.
        Some([b'S'] | [b'E', ..]) => Ok(false),
        Some(_) => Err(no_postgresql()),
    }
}

async fn log_in(stream: &mut TcpStream, settings: &Settings) -> Result<(), sqlx::Error> {
    stream.write_all(&startup(settings)).await?;
    let mut logged_in = false;
    loop {
        let kind = stream.read_u8().await?;
        let is_known = match kind {
            b'R' | b'E' | b'N' | b'v' => true,
            b'S' | b'K' | b'Z' => logged_in,
            _ => false,
        };
        if !is_known {
            return Err(no_postgresql());
        }
        let length = stream.read_u32().await?;
        if !(4..=LONGEST).contains(&length) {
            return Err(no_postgresql());
        }
        let mut body = vec![0; usize::try_from(length - 4).unwrap_or_default()];
        stream.read_exact(&mut body).await?;
        match (kind, body.first_chunk().copied().map(u32::from_be_bytes)) {
            (b'R', Some(AUTHENTICATION_OK)) => logged_in = true,
            (b'R', Some(AUTHENTICATION_SASL)) => stream.write_all(&first_of_scram()).await?,
            // It asks for a password, has answered the first step of SCRAM, or refuses the login: it speaks
            // PostgreSQL.
            (b'R' | b'E', _) => return Ok(()),
            (b'Z', _) => {
                // It makes no difference whether this arrives.
                let _ = stream.write_all(&TERMINATE).await;
                return Ok(());
            }
            _ => {}
        }
    }
}

fn startup(settings: &Settings) -> Vec<u8> {
    let mut body = VERSION.to_vec();
    for text in [
        "user",
        &settings.user,
        "database",
        &settings.database,
        "application_name",
        &settings.application_name,
    ] {
        body.extend_from_slice(text.as_bytes());
        body.push(0);
    }
    body.push(0);
    with_length(&[], &body)
}

/// `SASLInitialResponse` with the client's first message, which needs no password (RFC 5802, section 5).
fn first_of_scram() -> Vec<u8> {
    let nonce = Uuid::new_v4().simple();
    let first = format!("n,,n=,r={nonce}");
    let mut body = SCRAM.as_bytes().to_vec();
    body.push(0);
    body.extend_from_slice(&u32::try_from(first.len()).unwrap_or_default().to_be_bytes());
    body.extend_from_slice(first.as_bytes());
    with_length(b"p", &body)
}

fn with_length(kind: &[u8], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    [kind, &length.to_be_bytes(), body].concat()
}

fn no_postgresql() -> sqlx::Error {
    sqlx::Error::Protocol("it does not speak PostgreSQL".to_owned())
}
