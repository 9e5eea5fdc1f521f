//! The class that the face calls.

use napi::Env;
use napi::bindgen_prelude::{Error, PromiseRaw, Result};
use napi_derive::napi;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::password::{self, PasswordFunction};
use super::reply;
use crate::service::EnvironmentService;
use crate::service::operation::Operation;
use crate::service::{environments, leases};

/// The environment service of one database.
///
/// Each method takes the JSON text of an array of calls and resolves to one or more JSON texts of
/// `{ results: [...], errors?: [[index, properties], ...] }`, whose results follow one another. It
/// rejects only if there is a bug in this package.
#[napi]
pub struct NativeService {
    service: EnvironmentService,
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
        })
    }

    /// Calls of `{ companyId, status?, driver? }`, each answered with environments.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn list<'env>(
        &self,
        env: &'env Env,
        calls: String,
    ) -> Result<PromiseRaw<'env, Vec<String>>> {
        self.perform::<environments::List>(env, calls)
    }

    /// Calls of an id, each answered with an environment or null.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn get_by_id<'env>(
        &self,
        env: &'env Env,
        calls: String,
    ) -> Result<PromiseRaw<'env, Vec<String>>> {
        self.perform::<environments::GetById>(env, calls)
    }

    /// Calls of an id, each answered with a lease or null.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn get_lease_by_id<'env>(
        &self,
        env: &'env Env,
        calls: String,
    ) -> Result<PromiseRaw<'env, Vec<String>>> {
        self.perform::<leases::GetLeaseById>(env, calls)
    }

    /// Calls of `{ companyId, now }`, each answered with an environment.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn ensure_local_environment<'env>(
        &self,
        env: &'env Env,
        calls: String,
    ) -> Result<PromiseRaw<'env, Vec<String>>> {
        self.perform::<environments::EnsureLocal>(env, calls)
    }

    /// Calls of `{ companyId, name, description?, driver?, status?, config?, metadata?, now }`,
    /// each answered with an environment.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn create<'env>(
        &self,
        env: &'env Env,
        calls: String,
    ) -> Result<PromiseRaw<'env, Vec<String>>> {
        self.perform::<environments::Create>(env, calls)
    }

    /// Calls of `{ id, name?, description?, driver?, status?, config?, metadata?, now }`, each
    /// answered with an environment or null.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn update<'env>(
        &self,
        env: &'env Env,
        calls: String,
    ) -> Result<PromiseRaw<'env, Vec<String>>> {
        self.perform::<environments::Update>(env, calls)
    }

    /// Calls of an id, each answered with the removed environment or null.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn remove<'env>(
        &self,
        env: &'env Env,
        calls: String,
    ) -> Result<PromiseRaw<'env, Vec<String>>> {
        self.perform::<environments::Remove>(env, calls)
    }

    /// Calls of `{ environmentId, status? }`, each answered with leases.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn list_leases<'env>(
        &self,
        env: &'env Env,
        calls: String,
    ) -> Result<PromiseRaw<'env, Vec<String>>> {
        self.perform::<leases::ListLeases>(env, calls)
    }

    /// Calls of `{ companyId, environmentId, executionWorkspaceId?, issueId?, heartbeatRunId?,
    /// leasePolicy?, provider?, providerLeaseId?, expiresAt?, metadata?, now }`, each answered with
    /// a lease.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn acquire_lease<'env>(
        &self,
        env: &'env Env,
        calls: String,
    ) -> Result<PromiseRaw<'env, Vec<String>>> {
        self.perform::<leases::AcquireLease>(env, calls)
    }

    /// Calls of `{ id, status?, failureReason?, cleanupStatus?, now }`, each answered with a lease
    /// or null.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn release_lease<'env>(
        &self,
        env: &'env Env,
        calls: String,
    ) -> Result<PromiseRaw<'env, Vec<String>>> {
        self.perform::<leases::ReleaseLease>(env, calls)
    }

    /// Calls of `{ id, metadata?, now }`, each answered with a lease or null.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn update_lease_metadata<'env>(
        &self,
        env: &'env Env,
        calls: String,
    ) -> Result<PromiseRaw<'env, Vec<String>>> {
        self.perform::<leases::UpdateLeaseMetadata>(env, calls)
    }

    /// Calls of `{ heartbeatRunId, status?, now }`, each answered with the released leases.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn release_leases_for_run<'env>(
        &self,
        env: &'env Env,
        calls: String,
    ) -> Result<PromiseRaw<'env, Vec<String>>> {
        self.perform::<leases::ReleaseLeasesForRun>(env, calls)
    }

    /// Disconnects. The face waits for calls under way before.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> Result<PromiseRaw<'env, ()>> {
        let service = self.service.clone();
        env.spawn_future(async move {
            service.close().await;
            Ok(())
        })
    }

    /// Starts what a method does. The future owns all it uses: an `async fn` of napi would borrow the
    /// class, which a worker thread that is terminated frees while the future runs on.
    fn perform<'env, O>(
        &self,
        env: &'env Env,
        calls: String,
    ) -> Result<PromiseRaw<'env, Vec<String>>>
    where
        O: Operation + 'static,
        O::Call: DeserializeOwned,
        O::Answer: Serialize,
    {
        let service = self.service.clone();
        env.spawn_future(async move {
            let batch = serde_json::from_str(&calls).map_err(|error| {
                bug(&format!(
                    "calls, line {} column {}",
                    error.line(),
                    error.column()
                ))
            })?;
            drop(calls);
            let outcomes = service.perform::<O>(batch).await;
            reply::write(&outcomes).map_err(|error| bug(&error.to_string()))
        })
    }
}

fn bug(what: &str) -> Error {
    Error::from_reason(what)
}
