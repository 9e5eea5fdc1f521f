//! Calls that can be given up before they are answered.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{AbortHandle, Abortable};
use napi::bindgen_prelude::{Error, Result};

/// What is under way and can be given up, by the tickets that the face has given out.
#[derive(Clone, Default)]
pub(super) struct Cancellations(Arc<Mutex<HashMap<u32, AbortHandle>>>);

impl Cancellations {
    /// The same future, which can be given up by its ticket until it has ended. Being given up, it is
    /// dropped, and with it the connection that it uses.
    pub(super) fn make_cancellable<T>(
        &self,
        ticket: u32,
        future: impl Future<Output = Result<T>> + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send + 'static {
        let (handle, registration) = AbortHandle::new_pair();
        self.handles().insert(ticket, handle);
        let all = self.clone();
        async move {
            let outcome = Abortable::new(future, registration).await;
            all.handles().remove(&ticket);
            outcome.unwrap_or_else(|_| Err(Error::from_reason("given up")))
        }
    }

    /// Gives up what bears the ticket, if it is still under way.
    pub(super) fn cancel(&self, ticket: u32) {
        let handle = self.handles().remove(&ticket);
        if let Some(handle) = handle {
            handle.abort();
        }
    }

    fn handles(&self) -> MutexGuard<'_, HashMap<u32, AbortHandle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
