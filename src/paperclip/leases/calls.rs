//! The arguments of the calls about leases. `index.d.ts` says what they mean.

#![allow(missing_docs, reason = "the fields are explained in index.d.ts")]

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use crate::paperclip::argument::{Document, Id, Moment};
use crate::paperclip::field::Field;
use crate::paperclip::words::RETAINED;

/// The leases of an environment that are asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListFilter {
    pub environment_id: Id,
    /// Null matches nothing.
    #[serde(default)]
    pub status: Field<String>,
}

/// A lease to be acquired. What is null in a column that may not be is for the database to refuse.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Acquire {
    /// Chosen here, so that a lost connection leaves no lease that nobody knows of.
    #[serde(skip, default = "Uuid::new_v4")]
    pub id: Uuid,
    pub company_id: Option<Id>,
    pub environment_id: Option<Id>,
    pub execution_workspace_id: Option<Id>,
    pub issue_id: Option<Id>,
    pub heartbeat_run_id: Option<Id>,
    pub lease_policy: Option<String>,
    pub provider: Option<String>,
    pub provider_lease_id: Option<String>,
    pub expires_at: Option<Moment>,
    pub metadata: Option<Document>,
    pub now: Moment,
}

/// The end of a lease.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Release {
    pub id: Id,
    #[serde(default)]
    pub status: Field<String>,
    #[serde(default)]
    pub failure_reason: Field<String>,
    #[serde(default)]
    pub cleanup_status: Field<String>,
    pub now: Moment,
}

/// The status that a lease ends with unless another is given.
const RELEASED: &str = "released";

impl Release {
    /// The status it ends with; null is for the database to refuse.
    pub(super) fn status(&self) -> Option<&str> {
        self.status.text_or(RELEASED)
    }

    /// When the lease counts as given back: now, but never if it is retained.
    pub(super) fn released_at(&self) -> Option<DateTime<Utc>> {
        (self.status() != Some(RETAINED)).then(|| self.now.time())
    }
}

/// New metadata of a lease.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetMetadata {
    pub id: Id,
    #[serde(default)]
    pub metadata: Field<Document>,
    pub now: Moment,
}

/// The end of a run's leases.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleaseRun {
    pub heartbeat_run_id: Id,
    #[serde(default)]
    pub status: Field<String>,
    pub now: Moment,
}

impl ReleaseRun {
    /// The status they end with; null is for the database to refuse.
    pub(super) fn status(&self) -> Option<&str> {
        self.status.text_or(RELEASED)
    }
}
