//! Asks JavaScript for the password of a new connection.

use std::sync::Arc;

use napi::Status;
use napi::bindgen_prelude::Promise;
use napi::threadsafe_function::ThreadsafeFunction;

use crate::database::PasswordSource;
use crate::database::settings::Secret;
use crate::error::Error;

/// JavaScript's password function. It resolves to `null` if the source's own function failed; JavaScript
/// keeps that error. The reference is weak, so it does not keep the process alive.
pub(super) type PasswordFunction =
    ThreadsafeFunction<(), Promise<Option<String>>, (), Status, false, true>;

/// The function in the form that the pool takes.
pub(super) fn source(function: PasswordFunction) -> PasswordSource {
    let function = Arc::new(function);
    Arc::new(move || {
        let function = Arc::clone(&function);
        Box::pin(async move {
            let answer = match function.call_async(()).await {
                Ok(promise) => promise.await,
                Err(error) => Err(error),
            };
            answer
                .ok()
                .flatten()
                .map(Secret::from)
                .ok_or(Error::Password)
        })
    })
}
