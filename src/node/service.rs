//! The class that the face calls.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use futures_util::FutureExt;
use napi::Env;
use napi::bindgen_prelude::{Buffer, Either, Error, Object, Result, ToNapiValue};
use napi_derive::napi;
use serde::de::DeserializeOwned;

use super::cancel::Cancellations;
use super::objects;
use super::password::{self, PasswordFunction};
use super::reply::{self, Answer};
use super::runtime;
use super::statistics::NativeStatistics;
use crate::service::EnvironmentService;
use crate::service::operation::Operation;
use crate::service::{environments, leases};

/// The environment service of one database.
///
/// Each method takes the JSON text of an array of calls; whether they are to be sent at once from the
/// thread that calls, which suits a lone call; and a ticket, if it may be given up. It resolves to JSON
/// texts that together answer the calls in their order: each is `{ columns, lists?, counts, errors?,
/// more? }`, the columns of all rows, `[column, row]` of the documents whose objects are lists, how many
/// of the rows are each call's, `[index, properties]` of the errors, and whether the last call's rows go
/// on in the next text. It rejects only if there is a bug in this package.
#[napi]
pub struct NativeService {
    service: EnvironmentService,
    cancellations: Cancellations,
}

#[napi]
impl NativeService {
    /// A service that connects with the first call. `settings` is JSON text; `password`, where the
    /// source's password is a function, resolves to the password for one new connection.
    ///
    /// # Errors
    ///
    /// If the settings are not what the face is to send.
    #[napi(constructor, catch_unwind)]
    #[allow(
        clippy::needless_pass_by_value,
        reason = "napi converts arguments into owned values"
    )]
    pub fn new(
        settings: String,
        #[napi(ts_arg_type = "(() => Promise<string | null>) | undefined | null")] password: Option<
            PasswordFunction,
        >,
    ) -> Result<Self> {
        // serde_json's message may quote the text, which may hold a password.
        let settings = serde_json::from_str(&settings).map_err(|error| {
            bug(&format!(
                "settings, line {} column {}",
                error.line(),
                error.column()
            ))
        })?;
        let service = EnvironmentService::new(settings, password.map(password::source));
        Ok(Self {
            service: service.map_err(|error| bug(&error.to_string()))?,
            cancellations: Cancellations::default(),
        })
    }

    /// Calls of `{ companyId, status?, driver? }`, each answered with environments.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn list<'env>(
        &self,
        env: &'env Env,
        calls: String,
        alone: bool,
        ticket: Option<u32>,
    ) -> Result<Object<'env>> {
        self.perform::<environments::List>(env, calls, alone, ticket)
    }

    /// One call of `{ companyId, status?, driver? }`, answered with the JSON that callers would make of the
    /// list; or as `list` is, where only JavaScript can write it, or for an error.
    #[napi(catch_unwind, ts_return_type = "Promise<Buffer | string[]>")]
    pub fn list_json<'env>(
        &self,
        env: &'env Env,
        call: String,
        alone: bool,
        ticket: Option<u32>,
    ) -> Result<Object<'env>> {
        self.perform_json::<environments::List>(env, call, alone, ticket)
    }

    /// Calls of an id, each answered with an environment or null.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn get_by_id<'env>(
        &self,
        env: &'env Env,
        calls: String,
        alone: bool,
        ticket: Option<u32>,
    ) -> Result<Object<'env>> {
        self.perform::<environments::GetById>(env, calls, alone, ticket)
    }

    /// Calls of an id, each answered with a lease or null.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn get_lease_by_id<'env>(
        &self,
        env: &'env Env,
        calls: String,
        alone: bool,
        ticket: Option<u32>,
    ) -> Result<Object<'env>> {
        self.perform::<leases::GetLeaseById>(env, calls, alone, ticket)
    }

    /// Calls of `{ companyId, now }`, each answered with an environment.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn ensure_local_environment<'env>(
        &self,
        env: &'env Env,
        calls: String,
        alone: bool,
        ticket: Option<u32>,
    ) -> Result<Object<'env>> {
        self.perform::<environments::EnsureLocal>(env, calls, alone, ticket)
    }

    /// Calls of `{ companyId, name, description?, driver?, status?, config?, metadata?, now }`,
    /// each answered with an environment.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn create<'env>(
        &self,
        env: &'env Env,
        calls: String,
        alone: bool,
        ticket: Option<u32>,
    ) -> Result<Object<'env>> {
        self.perform::<environments::Create>(env, calls, alone, ticket)
    }

    /// Calls of `{ id, name?, description?, driver?, status?, config?, metadata?, now }`, each
    /// answered with an environment or null.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn update<'env>(
        &self,
        env: &'env Env,
        calls: String,
        alone: bool,
        ticket: Option<u32>,
    ) -> Result<Object<'env>> {
        self.perform::<environments::Update>(env, calls, alone, ticket)
    }

    /// Calls of an id, each answered with the removed environment or null.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn remove<'env>(
        &self,
        env: &'env Env,
        calls: String,
        alone: bool,
        ticket: Option<u32>,
    ) -> Result<Object<'env>> {
        self.perform::<environments::Remove>(env, calls, alone, ticket)
    }

    /// Calls of `{ environmentId, status? }`, each answered with leases.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn list_leases<'env>(
        &self,
        env: &'env Env,
        calls: String,
        alone: bool,
        ticket: Option<u32>,
    ) -> Result<Object<'env>> {
        self.perform::<leases::ListLeases>(env, calls, alone, ticket)
    }

    /// One call of `{ environmentId, status? }`, answered as `listJson` is.
    #[napi(catch_unwind, ts_return_type = "Promise<Buffer | string[]>")]
    pub fn list_leases_json<'env>(
        &self,
        env: &'env Env,
        call: String,
        alone: bool,
        ticket: Option<u32>,
    ) -> Result<Object<'env>> {
        self.perform_json::<leases::ListLeases>(env, call, alone, ticket)
    }

    /// Calls of `{ companyId, environmentId, executionWorkspaceId?, issueId?, heartbeatRunId?,
    /// leasePolicy?, provider?, providerLeaseId?, expiresAt?, metadata?, now }`, each answered with
    /// a lease.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn acquire_lease<'env>(
        &self,
        env: &'env Env,
        calls: String,
        alone: bool,
        ticket: Option<u32>,
    ) -> Result<Object<'env>> {
        self.perform::<leases::AcquireLease>(env, calls, alone, ticket)
    }

    /// Calls of `{ id, status?, failureReason?, cleanupStatus?, now }`, each answered with a lease
    /// or null.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn release_lease<'env>(
        &self,
        env: &'env Env,
        calls: String,
        alone: bool,
        ticket: Option<u32>,
    ) -> Result<Object<'env>> {
        self.perform::<leases::ReleaseLease>(env, calls, alone, ticket)
    }

    /// Calls of `{ id, metadata?, now }`, each answered with a lease or null.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn update_lease_metadata<'env>(
        &self,
        env: &'env Env,
        calls: String,
        alone: bool,
        ticket: Option<u32>,
    ) -> Result<Object<'env>> {
        self.perform::<leases::UpdateLeaseMetadata>(env, calls, alone, ticket)
    }

    /// Calls of `{ heartbeatRunId, status?, now }`, each answered with the released leases.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn release_leases_for_run<'env>(
        &self,
        env: &'env Env,
        calls: String,
        alone: bool,
        ticket: Option<u32>,
    ) -> Result<Object<'env>> {
        self.perform::<leases::ReleaseLeasesForRun>(env, calls, alone, ticket)
    }

    /// Gives up what bears the ticket, if it is still under way; its promise rejects.
    #[napi(catch_unwind)]
    pub fn cancel(&self, ticket: u32) {
        self.cancellations.cancel(ticket);
    }

    /// The state of the connections, and what has happened on them.
    #[napi(catch_unwind)]
    pub fn statistics(&self) -> NativeStatistics {
        self.service.statistics().into()
    }

    /// Disconnects. The face waits for calls under way before.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let service = self.service.clone();
        self.start(env, false, None, async move {
            service.close().await;
            Ok(())
        })
    }

    /// Starts what a method does.
    fn perform<'env, O>(
        &self,
        env: &'env Env,
        calls: String,
        alone: bool,
        ticket: Option<u32>,
    ) -> Result<Object<'env>>
    where
        O: Operation + 'static,
        O::Call: DeserializeOwned,
        O::Answer: Answer,
    {
        let service = self.service.clone();
        self.start(env, alone, ticket, async move {
            let batch = read(&calls)?;
            drop(calls);
            let outcomes = service.perform::<O>(batch).await;
            reply::write(&outcomes).map_err(|error| bug(&error.to_string()))
        })
    }

    /// Starts a future, which owns all it uses: an `async fn` of napi would borrow the class, which a
    /// worker thread that is terminated frees while the future runs on.
    ///
    /// What a lone call sends is sent at once, from the thread that calls: that spares its caller the
    /// time until another thread wakes up.
    fn start<'env, T>(
        &self,
        env: &'env Env,
        alone: bool,
        ticket: Option<u32>,
        future: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<Object<'env>>
    where
        T: ToNapiValue + Send + 'static,
    {
        let future: Pin<Box<dyn Future<Output = Result<T>> + Send>> = match ticket {
            Some(ticket) => Box::pin(self.cancellations.make_cancellable(ticket, future)),
            None => Box::pin(future),
        };
        let (deferred, promise) = env.create_deferred()?;
        let work = async move {
            match AssertUnwindSafe(future).catch_unwind().await {
                Ok(Ok(value)) => deferred.resolve(|_| Ok(value)),
                Ok(Err(error)) => deferred.reject(error),
                // The panic hook has said where.
                Err(_) => deferred.reject(bug("it panicked")),
            }
        };
        runtime::run(work, alone);
        Ok(promise)
    }

    /// Starts a list that is answered as a Buffer, or as `perform` answers where that cannot be.
    fn perform_json<'env, O>(
        &self,
        env: &'env Env,
        call: String,
        alone: bool,
        ticket: Option<u32>,
    ) -> Result<Object<'env>>
    where
        O: Operation + 'static,
        O::Call: DeserializeOwned,
        O::Answer: Answer,
    {
        let service = self.service.clone();
        self.start(env, alone, ticket, async move {
            let outcomes = service.perform::<O>(read(&call)?).await;
            if let [Ok(answer)] = outcomes.as_slice()
                && let Some(json) = objects::write(answer.rows())
            {
                return Ok(Either::A(Buffer::from(json)));
            }
            let parts = reply::write(&outcomes).map_err(|error| bug(&error.to_string()))?;
            Ok(Either::B(parts))
        })
    }
}

fn read<C: DeserializeOwned>(calls: &str) -> Result<Vec<C>> {
    serde_json::from_str(calls).map_err(|error| {
        // serde_json's own message may quote the text.
        let (line, column) = (error.line(), error.column());
        bug(&format!("calls, line {line} column {column}"))
    })
}

fn bug(what: &str) -> Error {
    Error::from_reason(what)
}
