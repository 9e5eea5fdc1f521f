//! The arguments of calls about leases. `index.d.ts` explains them.

#![allow(missing_docs, reason = "the fields are explained in index.d.ts")]

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use crate::paperclip::argument::{Argument, Document, Id, Moment};
use crate::paperclip::field::Field;
use crate::paperclip::words::{LEASE_POLICY, RETAINED};

/// A filter for the leases of an environment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListFilter {
    pub environment_id: Id,
    /// Null matches nothing.
    #[serde(default)]
    pub status: Field<String>,
}

impl ListFilter {
    /// The arguments to be checked.
    pub fn arguments(&mut self) -> Vec<Argument<'_>> {
        vec![
            Argument::Id(Some(&mut self.environment_id)),
            Argument::Text(self.status.as_text()),
        ]
    }
}

/// A lease to be acquired. The database refuses a null in a column that does not allow it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Acquire {
    /// Chosen here, so that the lease can be identified after a lost connection.
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
    /// Set for a lease that has ended already, and whose clean-up is pending.
    pub failure_reason: Option<String>,
    /// The lease of the same sandbox that this one replaces.
    pub replaces_reusable_lease_id: Option<Id>,
    /// The lease of the same sandbox and run that becomes active again instead of a new one.
    pub reuses_reusable_lease_id: Option<Id>,
    /// The company to which the environment has to belong if it belongs to any, in the caller's spelling.
    pub assert_company_binding: Option<String>,
    pub now: Moment,
}

impl Acquire {
    /// The arguments to be checked. The original looks some environments up first, so that of two wrong
    /// arguments the environment is the one that is reported.
    pub(in crate::paperclip) fn arguments(&mut self, environment_first: bool) -> Vec<Argument<'_>> {
        let environment = Argument::Id(self.environment_id.as_mut());
        let mut arguments = vec![
            Argument::Word(self.lease_policy.as_deref(), &LEASE_POLICY),
            Argument::Id(self.replaces_reusable_lease_id.as_mut()),
            Argument::Id(self.reuses_reusable_lease_id.as_mut()),
            Argument::Id(self.company_id.as_mut()),
            Argument::Id(self.execution_workspace_id.as_mut()),
            Argument::Id(self.issue_id.as_mut()),
            Argument::Id(self.heartbeat_run_id.as_mut()),
            Argument::Text(self.provider.as_deref()),
            Argument::Text(self.provider_lease_id.as_deref()),
            Argument::Moment(Some(&mut self.now)),
            Argument::Moment(self.expires_at.as_mut()),
            Argument::Text(self.failure_reason.as_deref()),
            Argument::Document(self.metadata.as_ref()),
        ];
        arguments.insert(if environment_first { 0 } else { 4 }, environment);
        arguments
    }
}

/// Ends a lease.
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
    /// An object with one member, the provider's receipt, which is merged into the metadata.
    pub remote_execution_termination: Option<Document>,
    pub now: Moment,
}

/// The default status of a lease that has ended.
const RELEASED: &str = "released";

impl Release {
    /// The status it ends with. The database refuses null.
    pub(super) fn status(&self) -> Option<&str> {
        self.status.text_or(RELEASED)
    }

    /// When the lease is released: now, or never if it is retained.
    pub(super) fn released_at(&self) -> Option<DateTime<Utc>> {
        (self.status() != Some(RETAINED)).then(|| self.now.time())
    }
}

/// Sets the metadata of a lease.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetMetadata {
    pub id: Id,
    #[serde(default)]
    pub metadata: Field<Document>,
    pub now: Moment,
}

/// Ends the leases of a run.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleaseRun {
    pub heartbeat_run_id: Id,
    #[serde(default)]
    pub status: Field<String>,
    pub now: Moment,
}

impl ReleaseRun {
    /// The status they end with. The database refuses null.
    pub(super) fn status(&self) -> Option<&str> {
        self.status.text_or(RELEASED)
    }
}
