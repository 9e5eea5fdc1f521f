//! What is asked of the service: the arguments of the calls, as text.
//!
//! Ids are text because PostgreSQL accepts UUIDs in many forms, and words of value sets are text
//! because they may be wrong; the service checks both. Every call that writes carries the caller's
//! clock, `now`, in ISO 8601.

#![allow(
    missing_docs,
    reason = "the fields are the model's, where they are explained"
)]

use serde::Deserialize;

use crate::model::{Field, Json};

/// A company's environments. A filter that is `None` does not filter.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct List {
    pub company_id: String,
    pub status: Option<String>,
    pub driver: Option<String>,
}

/// The company's local environment, made if it has none.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnsureLocal {
    pub company_id: Option<String>,
    pub now: String,
}

/// A new environment. An absent driver is the default one; an absent or null status or config as
/// well.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Create {
    pub company_id: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    #[serde(default)]
    pub driver: Field<String>,
    pub status: Option<String>,
    pub config: Option<Json>,
    pub metadata: Option<Json>,
    pub now: String,
}

/// A change of an environment: an absent field stays as it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Update {
    pub id: String,
    #[serde(default)]
    pub name: Field<String>,
    #[serde(default)]
    pub description: Field<String>,
    #[serde(default)]
    pub driver: Field<String>,
    #[serde(default)]
    pub status: Field<String>,
    #[serde(default)]
    pub config: Field<Json>,
    #[serde(default)]
    pub metadata: Field<Json>,
    pub now: String,
}

/// An environment's leases. A filter that is `None` does not filter.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListLeases {
    pub environment_id: String,
    pub status: Option<String>,
}

/// A new lease. `expires_at` is in ISO 8601.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AcquireLease {
    pub company_id: Option<String>,
    pub environment_id: Option<String>,
    pub execution_workspace_id: Option<String>,
    pub issue_id: Option<String>,
    pub heartbeat_run_id: Option<String>,
    pub lease_policy: Option<String>,
    pub provider: Option<String>,
    pub provider_lease_id: Option<String>,
    pub expires_at: Option<String>,
    pub metadata: Option<Json>,
    pub now: String,
}

/// The end of a lease, `released` unless another status is given.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleaseLease {
    pub id: String,
    #[serde(default)]
    pub status: Field<String>,
    #[serde(default)]
    pub failure_reason: Field<String>,
    #[serde(default)]
    pub cleanup_status: Field<String>,
    pub now: String,
}

/// New metadata of a lease: null clears it, absent metadata only marks the lease as used.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateLeaseMetadata {
    pub id: String,
    #[serde(default)]
    pub metadata: Field<Json>,
    pub now: String,
}

/// The end of all leases that a run still holds, `released` unless another status is given.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleaseLeasesForRun {
    pub heartbeat_run_id: String,
    #[serde(default)]
    pub status: Field<String>,
    pub now: String,
}
