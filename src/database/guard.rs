//! Contains the driver's panics.
//!
//! sqlx assumes that some messages of the protocol are well-formed, and panics if they are not: an empty
//! `ReadyForQuery`, a column longer than its row. Such a panic ends the connection and nothing else.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::thread::LocalKey;

use futures_util::FutureExt;

thread_local! {
    /// Whether this thread is inside the driver.
    static IN_DRIVER: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic on this thread, at this moment, comes from the driver. The panic hook does not report such
/// a panic: the call's error says what happened.
pub fn is_in_driver() -> bool {
    IN_DRIVER.get()
}

/// Keeps a flag of this thread set until it is dropped, also when a panic unwinds.
pub struct Flag {
    flag: &'static LocalKey<Cell<bool>>,
    before: bool,
}

impl Flag {
    /// Sets a flag.
    pub fn set(flag: &'static LocalKey<Cell<bool>>) -> Self {
        let before = flag.replace(true);
        Self { flag, before }
    }
}

impl Drop for Flag {
    fn drop(&mut self) {
        self.flag.set(self.before);
    }
}

struct Marked<F>(F);

impl<F: Future + Unpin> Future for Marked<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let _flag = Flag::set(&IN_DRIVER);
        Pin::new(&mut self.0).poll(context)
    }
}

/// Awaits a step on a connection. After an error, the connection must not be used any more.
///
/// # Errors
///
/// [`sqlx::Error::Protocol`] if the driver panicked, because the server broke the protocol.
pub(super) async fn guarded<T>(step: impl Future<Output = T>) -> Result<T, sqlx::Error> {
    let marked = Marked(pin!(step));
    AssertUnwindSafe(marked)
        .catch_unwind()
        .await
        .map_err(|_| unreadable())
}

/// Guards a step that the driver does without waiting.
pub(super) fn guarded_now<T>(step: impl FnOnce() -> T) -> Result<T, sqlx::Error> {
    let _flag = Flag::set(&IN_DRIVER);
    catch_unwind(AssertUnwindSafe(step)).map_err(|_| unreadable())
}

fn unreadable() -> sqlx::Error {
    sqlx::Error::Protocol("a message could not be read".to_owned())
}
