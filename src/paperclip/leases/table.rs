//! The rows of `environment_leases`.

use crate::database::table::{Column, Kind, Table, WordSet};
use crate::paperclip::words::{LEASE_CLEANUP_STATUS, LEASE_POLICY, LEASE_STATUS};

/// What differs between generations about leases.
pub struct Leases {
    /// The rows.
    pub table: &'static Table,
    /// The words for their status.
    pub statuses: &'static WordSet,
}

/// The leases of Paperclip 2026.427.
pub static LEASES_OF_2026_427: Leases = Leases {
    table: &TABLE_OF_2026_427,
    statuses: &LEASE_STATUS,
};

static TABLE_OF_2026_427: Table = Table::new(
    "lease",
    "environment_leases",
    &[
        Column::new("id", Kind::Uuid),
        Column::new("company_id", Kind::Uuid),
        Column::new("environment_id", Kind::Uuid),
        Column::new("execution_workspace_id", Kind::Uuid).nullable(),
        Column::new("issue_id", Kind::Uuid).nullable(),
        Column::new("heartbeat_run_id", Kind::Uuid).nullable(),
        Column::new("status", Kind::Word(&LEASE_STATUS)),
        Column::new("lease_policy", Kind::Word(&LEASE_POLICY)),
        Column::new("provider", Kind::Text).nullable(),
        Column::new("provider_lease_id", Kind::Text).nullable(),
        Column::new("acquired_at", Kind::Timestamp),
        Column::new("last_used_at", Kind::Timestamp),
        Column::new("expires_at", Kind::Timestamp).nullable(),
        Column::new("released_at", Kind::Timestamp).nullable(),
        Column::new("failure_reason", Kind::Text).nullable(),
        Column::new("cleanup_status", Kind::Word(&LEASE_CLEANUP_STATUS)).nullable(),
        Column::new("metadata", Kind::Object).nullable(),
        Column::new("created_at", Kind::Timestamp),
        Column::new("updated_at", Kind::Timestamp),
    ],
);
