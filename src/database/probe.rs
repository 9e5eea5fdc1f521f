//! Whether the other side speaks PostgreSQL, before the driver talks to it.
//!
//! The driver reserves as much memory as the header of a message announces, also from a server that nobody
//! has authenticated. What an SSH or an HTTP server says on a wrong port reads as more than a gigabyte, and
//! Rust ends the process where that cannot be had. So the first steps of a login are made once with each
//! server, on a connection that is then given up, by code that believes no header.
//!
//! The messages: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::TcpStream;
use tokio::time::timeout;
use uuid::Uuid;

use super::settings::{Settings, TlsMode};

/// `SSLRequest`: its length, and the code that stands in the place of a protocol version.
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// `Terminate`.
const TERMINATE: [u8; 5] = [b'X', 0, 0, 0, 4];

/// Protocol version 3.0.
const VERSION: [u8; 4] = [0, 3, 0, 0];

/// No message of a login is longer than this; PostgreSQL itself allows 2,000 bytes for most.
const LONGEST: u32 = 1 << 16;

/// How long the server may take to close the connection, too.
const FAREWELL: Duration = Duration::from_millis(250);

const SCRAM: &str = "SCRAM-SHA-256";

/// The first four bytes of an `Authentication` message: the login is done, or SASL is asked for.
const AUTHENTICATION_OK: u32 = 0;
const AUTHENTICATION_SASL: u32 = 10;

/// Makes the first steps of a login at a TCP server, as far as they need no password.
///
/// # Errors
///
/// [`sqlx::Error::Protocol`] if the server answers as none that speaks PostgreSQL would, and
/// [`sqlx::Error::Io`] if it cannot be reached or goes away.
pub(super) async fn probe(host: &str, port: u16, settings: &Settings) -> Result<(), sqlx::Error> {
    let mut stream = TcpStream::connect((host, port)).await?;
    let is_plain = match settings.tls.mode {
        TlsMode::Disable => true,
        // Whoever insists on TLS does not go on without.
        mode => declines_tls(&mut stream).await? && matches!(mode, TlsMode::Prefer),
    };
    if is_plain {
        log_in(&mut stream, settings).await?;
    }
    // Where few connections are allowed, this one counts until the server has closed it, too.
    let _ = stream.shutdown().await;
    let _ = timeout(FAREWELL, copy(&mut stream, &mut sink())).await;
    Ok(())
}

/// Whether the server has no TLS. One that has agreed to TLS is not asked further: what it says inside is
/// believed, so it should be verified.
async fn declines_tls(stream: &mut TcpStream) -> Result<bool, sqlx::Error> {
    stream.write_all(&TLS_REQUEST).await?;
    // A server waits for the handshake after its answer. An SSH server also begins with an S, and goes on.
    let mut answer = [0; 64];
    let read = stream.read(&mut answer).await?;
    match answer.get(..read) {
        Some([]) | None => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
        Some([b'N']) => Ok(true),
        // An error is reported by the driver, which does not read it.
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
            // It wants a password, or has answered the first step of SCRAM, or refuses: it speaks PostgreSQL.
            (b'R' | b'E', _) => return Ok(()),
            (b'Z', _) => {
                // Whether it is heard makes no difference.
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
