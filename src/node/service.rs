//! The class that the face calls.

use napi::bindgen_prelude::{Error, Result};
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
/// Each method takes the JSON text of an array of calls and resolves to the JSON text of
/// `{ results: [...], errors?: [[index, properties], ...] }`. It rejects only if there is a bug in
/// this package.
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
    #[napi]
    pub async fn list(&self, calls: String) -> Result<String> {
        self.perform::<environments::List>(calls).await
    }

    /// Calls of an id, each answered with an environment or null.
    #[napi]
    pub async fn get_by_id(&self, calls: String) -> Result<String> {
        self.perform::<environments::GetById>(calls).await
    }

    /// Calls of an id, each answered with a lease or null.
    #[napi]
    pub async fn get_lease_by_id(&self, calls: String) -> Result<String> {
        self.perform::<leases::GetLeaseById>(calls).await
    }

    /// Calls of `{ companyId, now }`, each answered with an environment.
    #[napi]
    pub async fn ensure_local_environment(&self, calls: String) -> Result<String> {
        self.perform::<environments::EnsureLocal>(calls).await
    }

    /// Calls of `{ companyId, name, description?, driver?, status?, config?, metadata?, now }`,
    /// each answered with an environment.
    #[napi]
    pub async fn create(&self, calls: String) -> Result<String> {
        self.perform::<environments::Create>(calls).await
    }

    /// Calls of `{ id, name?, description?, driver?, status?, config?, metadata?, now }`, each
    /// answered with an environment or null.
    #[napi]
    pub async fn update(&self, calls: String) -> Result<String> {
        self.perform::<environments::Update>(calls).await
    }

    /// Calls of an id, each answered with the removed environment or null.
    #[napi]
    pub async fn remove(&self, calls: String) -> Result<String> {
        self.perform::<environments::Remove>(calls).await
    }

    /// Calls of `{ environmentId, status? }`, each answered with leases.
    #[napi]
    pub async fn list_leases(&self, calls: String) -> Result<String> {
        self.perform::<leases::ListLeases>(calls).await
    }

    /// Calls of `{ companyId, environmentId, executionWorkspaceId?, issueId?, heartbeatRunId?,
    /// leasePolicy?, provider?, providerLeaseId?, expiresAt?, metadata?, now }`, each answered with
    /// a lease.
    #[napi]
    pub async fn acquire_lease(&self, calls: String) -> Result<String> {
        self.perform::<leases::AcquireLease>(calls).await
    }

    /// Calls of `{ id, status?, failureReason?, cleanupStatus?, now }`, each answered with a lease
    /// or null.
    #[napi]
    pub async fn release_lease(&self, calls: String) -> Result<String> {
        self.perform::<leases::ReleaseLease>(calls).await
    }

    /// Calls of `{ id, metadata?, now }`, each answered with a lease or null.
    #[napi]
    pub async fn update_lease_metadata(&self, calls: String) -> Result<String> {
        self.perform::<leases::UpdateLeaseMetadata>(calls).await
    }

    /// Calls of `{ heartbeatRunId, status?, now }`, each answered with the released leases.
    #[napi]
    pub async fn release_leases_for_run(&self, calls: String) -> Result<String> {
        self.perform::<leases::ReleaseLeasesForRun>(calls).await
    }

    /// Disconnects. The face waits for calls under way before.
    #[napi]
    pub async fn close(&self) {
        self.service.close().await;
    }

    async fn perform<O>(&self, calls: String) -> Result<String>
    where
        O: Operation,
        O::Call: DeserializeOwned,
        O::Answer: Serialize,
    {
        let batch = serde_json::from_str(&calls).map_err(|error| {
            bug(&format!(
                "calls, line {} column {}",
                error.line(),
                error.column()
            ))
        })?;
        drop(calls);
        let outcomes = self.service.perform::<O>(batch).await;
        reply::write(&outcomes).map_err(|error| bug(&error.to_string()))
    }
}

fn bug(what: &str) -> Error {
    Error::from_reason(what)
}
