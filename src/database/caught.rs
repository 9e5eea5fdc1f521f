//! Panics of the driver.
//!
//! sqlx takes some messages of the protocol for well-formed, and panics where they are not: an empty
//! `ReadyForQuery`, a column longer than its row. Whoever answers on the other side must not be able to
//! do more with that than to break its own connection.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

/// What a step on a connection comes to. The connection must not be used any more after an error.
///
/// # Errors
///
/// If it panicked: the server has broken the protocol.
pub(super) async fn caught<T>(step: impl Future<Output = T>) -> Result<T, sqlx::Error> {
    AssertUnwindSafe(step)
        .catch_unwind()
        .await
        .map_err(|_| sqlx::Error::Protocol("a message could not be read".to_owned()))
}
