//! The rows of `environment_leases`.

use crate::database::table::{Column, Kind, Table, WordSet};
use crate::paperclip::words::{
    LEASE_CLEANUP_STATUS, LEASE_POLICY, LEASE_STATUS, LEASE_STATUS_OF_2026_916,
};

/// What differs about leases between generations.
pub struct Leases {
    /// The table.
    pub table: &'static Table,
    /// The words of their status.
    pub statuses: &'static WordSet,
    /// Whether ending a lease takes the provider's receipt, and removes an earlier one.
    pub(super) keeps_receipts: bool,
    /// Whether an insert of leases waits for as long as another session locks an environment. Otherwise it
    /// ends as [`Error::HeldUp`](crate::error::Error::HeldUp) after a short time, and JavaScript makes the
    /// calls again, apart from others.
    pub(super) waits: bool,
}

/// The leases of Paperclip 2026.427.
pub static LEASES_OF_2026_427: Leases = Leases {
    table: &TABLE_OF_2026_427,
    statuses: &LEASE_STATUS,
    keeps_receipts: false,
    waits: true,
};

/// The leases of Paperclip 2026.916, which may outlive their environments.
pub static LEASES_OF_2026_916: Leases = of_2026_916(false);

/// The same, for inserts that wait.
pub static WAITING_LEASES_OF_2026_916: Leases = of_2026_916(true);

const fn of_2026_916(waits: bool) -> Leases {
    Leases {
        table: &TABLE_OF_2026_916,
        statuses: &LEASE_STATUS_OF_2026_916,
        keeps_receipts: true,
        waits,
    }
}

static TABLE_OF_2026_427: Table = Table::new(
    "lease",
    "environment_leases",
    &columns(Kind::Word(&LEASE_STATUS), POLICY, CLEANUP_STATUS, false),
);

static TABLE_OF_2026_916: Table = Table::new(
    "lease",
    "environment_leases",
    &columns(
        Kind::Word(&LEASE_STATUS_OF_2026_916),
        POLICY,
        CLEANUP_STATUS,
        true,
    ),
);

const POLICY: Kind = Kind::Word(&LEASE_POLICY);
const CLEANUP_STATUS: Kind = Kind::Word(&LEASE_CLEANUP_STATUS);

/// The columns of a lease, without a check of their words.
pub(in crate::paperclip) const COLUMNS_WITH_ANY_WORDS: [Column; 19] =
    columns(Kind::Text, Kind::Text, Kind::Text, true);

const fn columns(
    status: Kind,
    policy: Kind,
    cleanup_status: Kind,
    outlive_environments: bool,
) -> [Column; 19] {
    let environment_id = Column::new("environment_id", Kind::Uuid);
    [
        Column::new("id", Kind::Uuid),
        Column::new("company_id", Kind::Uuid),
        if outlive_environments {
            environment_id.nullable()
        } else {
            environment_id
        },
        Column::new("execution_workspace_id", Kind::Uuid).nullable(),
        Column::new("issue_id", Kind::Uuid).nullable(),
        Column::new("heartbeat_run_id", Kind::Uuid).nullable(),
        Column::new("status", status),
        Column::new("lease_policy", policy),
        Column::new("provider", Kind::Text).nullable(),
        Column::new("provider_lease_id", Kind::Text).nullable(),
        Column::new("acquired_at", Kind::Timestamp),
        Column::new("last_used_at", Kind::Timestamp),
        Column::new("expires_at", Kind::Timestamp).nullable(),
        Column::new("released_at", Kind::Timestamp).nullable(),
        Column::new("failure_reason", Kind::Text).nullable(),
        Column::new("cleanup_status", cleanup_status).nullable(),
        Column::new("metadata", Kind::Object).nullable(),
        Column::new("created_at", Kind::Timestamp),
        Column::new("updated_at", Kind::Timestamp),
    ]
}
