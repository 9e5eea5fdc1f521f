//! The arguments of the calls about leases. `index.d.ts` says what they mean.

#![allow(missing_docs, reason = "the fields are explained in index.d.ts")]

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use crate::paperclip::argument::{Argument, Document, Id, Moment};
use crate::paperclip::field::Field;
use crate::paperclip::words::{LEASE_POLICY, RETAINED};

/// The leases of an environment that are asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListFilter {
    pub environment_id: Id,
    /// Null matches nothing.
    #[serde(default)]
    pub status: Field<String>,
}

impl ListFilter {
    /// Its arguments, for their check.
    pub fn arguments(&mut self) -> Vec<Argument<'_>> {
        vec![
            Argument::Id(Some(&mut self.environment_id)),
            Argument::Text(self.status.as_text()),
        ]
    }
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
    /// Of a lease that is over from the beginning: its clean-up is pending.
    pub failure_reason: Option<String>,
    /// The lease of the same sandbox that ends with this one's beginning.
    pub replaces_reusable_lease_id: Option<Id>,
    /// The lease of the same sandbox and run that begins anew in place of this one.
    pub reuses_reusable_lease_id: Option<Id>,
    /// The company to which the environment has to belong if it belongs to any, in the caller's spelling.
    pub assert_company_binding: Option<String>,
    pub now: Moment,
}

impl Acquire {
    /// Its arguments, for their check. The original looks some environments up first, so that of two wrong arguments
    /// these are what is reported.
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
    /// An object whose one member is the receipt of the provider: it is merged into the metadata.
    pub remote_execution_termination: Option<Document>,
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
