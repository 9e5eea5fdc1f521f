//! Leases: the record that a run holds an environment.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::cell::{Cell, Row};
use super::field::Field;
use super::json::{Json, StoredJson};
use super::timestamp::Timestamp;
use super::value_set::{LeaseCleanupStatus, LeasePolicy, LeaseStatus, ValueSet};

/// A lease as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentLease {
    /// The lease's id.
    pub id: Uuid,
    /// The company it belongs to.
    pub company_id: Uuid,
    /// The environment that is held.
    pub environment_id: Uuid,
    /// The workspace the run works in.
    pub execution_workspace_id: Option<Uuid>,
    /// The issue the run works on.
    pub issue_id: Option<Uuid>,
    /// The run that holds the environment.
    pub heartbeat_run_id: Option<Uuid>,
    /// Where the lease is in its life.
    pub status: LeaseStatus,
    /// What becomes of what it holds.
    pub lease_policy: LeasePolicy,
    /// Who provides what is held.
    pub provider: Option<String>,
    /// The provider's own name for what is held.
    pub provider_lease_id: Option<String>,
    /// When it was acquired.
    pub acquired_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was given back.
    pub released_at: Option<Timestamp>,
    /// Why it failed.
    pub failure_reason: Option<String>,
    /// How far the clean-up after it has come.
    pub cleanup_status: Option<LeaseCleanupStatus>,
    /// Notes of the server; a stored value that is not an object reads as `None`.
    pub metadata: Option<StoredJson>,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When the row was last changed.
    pub updated_at: Timestamp,
}

impl Row for EnvironmentLease {
    const KEYS: &'static [&'static str] = &[
        "id",
        "companyId",
        "environmentId",
        "executionWorkspaceId",
        "issueId",
        "heartbeatRunId",
        "status",
        "leasePolicy",
        "provider",
        "providerLeaseId",
        "acquiredAt",
        "lastUsedAt",
        "expiresAt",
        "releasedAt",
        "failureReason",
        "cleanupStatus",
        "metadata",
        "createdAt",
        "updatedAt",
    ];

    fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        [
            self.id.into(),
            self.company_id.into(),
            self.environment_id.into(),
            self.execution_workspace_id.into(),
            self.issue_id.into(),
            self.heartbeat_run_id.into(),
            self.status.as_str().into(),
            self.lease_policy.as_str().into(),
            self.provider.as_deref().into(),
            self.provider_lease_id.as_deref().into(),
            self.acquired_at.into(),
            self.last_used_at.into(),
            self.expires_at.into(),
            self.released_at.into(),
            self.failure_reason.as_deref().into(),
            self.cleanup_status.map(ValueSet::as_str).into(),
            self.metadata.as_ref().into(),
            self.created_at.into(),
            self.updated_at.into(),
        ]
        .into_iter()
    }
}

/// Which of an environment's leases are asked for. A word outside its set matches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseFilter {
    /// The environment.
    pub environment_id: Uuid,
    /// Only those of this status.
    pub status: Option<String>,
}

/// A lease to be acquired. `None` in a column that may not be null is for the database to refuse.
#[derive(Debug, Clone)]
pub struct NewLease {
    /// Chosen here, so that a lost connection leaves no lease that nobody knows of.
    pub id: Uuid,
    /// The company it belongs to.
    pub company_id: Option<Uuid>,
    /// The environment to hold.
    pub environment_id: Option<Uuid>,
    /// The workspace the run works in.
    pub execution_workspace_id: Option<Uuid>,
    /// The issue the run works on.
    pub issue_id: Option<Uuid>,
    /// The run.
    pub heartbeat_run_id: Option<Uuid>,
    /// What becomes of what it holds.
    pub policy: LeasePolicy,
    /// Who provides what is held.
    pub provider: Option<String>,
    /// The provider's own name for what is held.
    pub provider_lease_id: Option<String>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// Notes of the server.
    pub metadata: Option<Json>,
    /// The caller's clock: acquired, last used, made and changed.
    pub now: DateTime<Utc>,
}

/// The end of a lease.
#[derive(Debug, Clone)]
pub struct LeaseRelease {
    /// The lease.
    pub id: Uuid,
    /// The status it ends with; `None` is for the database to refuse.
    pub status: Option<LeaseStatus>,
    /// Why it failed.
    pub failure_reason: Field<String>,
    /// How far the clean-up has come.
    pub cleanup_status: Field<LeaseCleanupStatus>,
    /// The caller's clock.
    pub now: DateTime<Utc>,
}

/// New metadata for a lease; absent metadata only marks the lease as used.
#[derive(Debug, Clone)]
pub struct LeaseMetadata {
    /// The lease.
    pub id: Uuid,
    /// The metadata.
    pub metadata: Field<Json>,
    /// The caller's clock.
    pub now: DateTime<Utc>,
}

/// The end of all leases that a run still holds.
#[derive(Debug, Clone, Copy)]
pub struct RunRelease {
    /// The run.
    pub heartbeat_run_id: Uuid,
    /// The status they end with; `None` is for the database to refuse.
    pub status: Option<LeaseStatus>,
    /// The caller's clock.
    pub now: DateTime<Utc>,
}

impl LeaseRelease {
    /// When the lease counts as given back: now, but never if it is retained.
    pub fn released_at(&self) -> Option<DateTime<Utc>> {
        (self.status != Some(LeaseStatus::Retained)).then_some(self.now)
    }
}
