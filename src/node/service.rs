//! The class that JavaScript calls.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use napi::Env;
use napi::bindgen_prelude::{Buffer, Either, Error, Object, Result, ToNapiValue};
use napi_derive::napi;

use super::password::{self, PasswordFunction};
use super::promises::Promises;
use super::runtime;
use super::{json, reply};
use crate::paperclip::Service;

/// The environment service of one database.
#[napi]
pub struct NativeService {
    service: Service,
    promises: Arc<Promises>,
}

#[napi]
impl NativeService {
    /// A service that connects with the first call. `settings` is JSON text; `password`, where the
    /// source's password is a function, resolves to the password for one new connection.
    ///
    /// # Errors
    ///
    /// If the settings are not what JavaScript is to send.
    #[napi(constructor, catch_unwind)]
    #[allow(
        clippy::needless_pass_by_value,
        reason = "napi converts arguments into owned values"
    )]
    pub fn new(
        env: Env,
        settings: String,
        #[napi(ts_arg_type = "(() => Promise<string | null>) | undefined | null")] password: Option<
            PasswordFunction,
        >,
    ) -> Result<Self> {
        // serde_json's message may quote the text, which may hold a password.
        let settings = serde_json::from_str(&settings).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Error::from_reason(format!("settings, line {line} column {column}"))
        })?;
        let service = Service::new(settings, password.map(password::source));
        Ok(Self {
            service: service.map_err(|error| Error::from_reason(error.to_string()))?,
            promises: Promises::new(&env)?,
        })
    }

    /// Performs calls of one method.
    ///
    /// `calls` is the JSON text of an array of calls. `at_once` has them sent from the thread that calls, which
    /// suits a lone call. The promise resolves to JSON texts that together answer the calls in their order:
    /// each is `{ columns, lists?, counts, errors?, more? }`, the columns of all rows, `[column, row]` of the
    /// documents whose objects are lists, how many of the rows are each call's, `[index, properties]` of the
    /// errors, and whether the last call's rows go on in the next text. With `as_json`, one call is answered
    /// with the JSON that callers would make of its rows, or as above where only JavaScript can write it, and
    /// for an error. It rejects only if there is a bug in this package.
    #[napi(catch_unwind, ts_return_type = "Promise<Buffer | string[]>")]
    pub fn perform<'env>(
        &self,
        env: &'env Env,
        generation: String,
        method: String,
        calls: String,
        at_once: bool,
        as_json: bool,
    ) -> Result<Object<'env>> {
        let service = self.service.clone();
        self.start(env, at_once, async move {
            let outcomes = service.perform(&generation, &method, calls).await;
            let outcomes = outcomes.map_err(|error| {
                // serde_json's own message may quote the text.
                let (line, column) = (error.line(), error.column());
                Error::from_reason(format!("calls of {method}, line {line} column {column}"))
            })?;
            if as_json
                && let [Ok(answer)] = outcomes.as_slice()
                && let Some(json) = json::write(answer.rows())
            {
                return Ok(Either::A(Buffer::from(json)));
            }
            let parts = reply::write(&outcomes);
            parts
                .map(Either::B)
                .map_err(|error| Error::from_reason(error.to_string()))
        })
    }

    /// The state of the connections, and what has happened on them, as JSON text: `{ open, idle, waiting,
    /// opened, failed, repeated, settled, unknown }`.
    ///
    /// # Errors
    ///
    /// If it cannot be written, which does not happen.
    #[napi(catch_unwind)]
    pub fn statistics(&self) -> Result<String> {
        serde_json::to_string(&self.service.database.statistics())
            .map_err(|error| Error::from_reason(error.to_string()))
    }

    /// Disconnects. JavaScript waits for calls under way before.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let database = self.service.database.clone();
        self.start(env, false, async move {
            database.close().await;
            Ok(())
        })
    }
}

impl NativeService {
    /// Starts a future that owns all it uses. An `async fn` of napi would borrow the class, which is freed
    /// when a worker thread is terminated, while the future may still run.
    fn start<'env, T>(
        &self,
        env: &'env Env,
        at_once: bool,
        future: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<Object<'env>>
    where
        T: ToNapiValue + Send + 'static,
    {
        let (pending, promise) = self.promises.make(env)?;
        let work = async move {
            let result = AssertUnwindSafe(future).catch_unwind().await;
            // The panic hook has reported where.
            pending.conclude(result.unwrap_or_else(|_| Err(Error::from_reason("it panicked"))));
        };
        runtime::run(work, at_once);
        Ok(promise)
    }
}
