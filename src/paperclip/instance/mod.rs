//! Paperclip 2026.916: environments belong to the instance.

mod find;
mod hand_off;
mod local;
mod pending_cleanup;
mod removal;
mod table;

use self::find::{FIND_MARKED, GET_BLAST_RADIUS, HAS_PENDING_CLEANUP, LIST_BOUND_COMPANIES};
use self::hand_off::HandOff;
use self::local::EnsureLocal;
use self::pending_cleanup::InsertPendingCleanup;
use self::removal::RemoveIfDeletable;
use self::table::ENVIRONMENTS as TABLE;
use super::environments::calls::ListFilter;
use super::environments::operations::{Create, Remove, Update};
use super::environments::{Environments, update};
use super::found;
use super::generation::{Check, Generation, Method};
use super::keyed::FindById;
use super::leases::calls::ListFilter as LeaseFilter;
use super::leases::operations::{
    AcquireLease, ReleaseLease, ReleaseLeasesForRun, UpdateLeaseMetadata,
};
use super::leases::{LEASES_OF_2026_916 as LEASES, WAITING_LEASES_OF_2026_916 as WAITING_LEASES};
use super::lookup::Lookup;
use super::metadata;
use crate::database::Requirement;

// When an operator sets a status, the platform's note of its own archiving is removed.
static ENVIRONMENTS: Environments = Environments::new(&TABLE, |form| {
    let copied = metadata::as_object("r.metadata");
    let kept = format!(
        "case when i.set_status then {copied} - '_paperclipManagedArchiveToken' else r.metadata end"
    );
    update(form, &kept)
})
.looking_up();

static LIST: Lookup<ListFilter> = Lookup {
    table: &TABLE,
    arguments: ListFilter::arguments,
    query: |filter| ENVIRONMENTS.list(filter),
};

static LIST_LEASES: Lookup<LeaseFilter> = LEASES.list();

/// The releases 2026.824.0 to 2026.916.1.
pub static V2026_916: Generation = Generation {
    name: "2026.916",
    requirement: &Requirement {
        accept: |row| found::accept(row, "2026.916"),
        ..found::REQUIREMENT
    },
    tables: &[
        &TABLE,
        LEASES.table,
        &table::BOUND_COMPANIES,
        &table::USES,
        &table::THERE,
    ],
    statements: || {
        [
            &ENVIRONMENTS.statements()[..],
            &local::STATEMENTS,
            &find::STATEMENTS,
            &removal::STATEMENTS,
            &pending_cleanup::STATEMENTS,
            &hand_off::STATEMENTS,
        ]
        .concat()
    },
    for_callers: || ENVIRONMENTS.for_callers(),
    methods: &[
        Method::new("list", &LIST),
        Method::new("getById", &FindById(&ENVIRONMENTS)),
        Method::new("listBoundCompanyIds", &LIST_BOUND_COMPANIES),
        Method::new("getLeaseById", &FindById(&LEASES)),
        Method::new("ensureLocalEnvironment", &EnsureLocal),
        Method::new("findMarkedEnvironment", &FIND_MARKED),
        Method::new("create", &Create(&ENVIRONMENTS)),
        Method::new("update", &Update(&ENVIRONMENTS)),
        Method::new("remove", &Remove(&ENVIRONMENTS)),
        Method::new("removeIfDeletable", &RemoveIfDeletable),
        Method::new("hasUnresolvedPendingCleanupLeases", &HAS_PENDING_CLEANUP),
        Method::new("getDeleteBlastRadius", &GET_BLAST_RADIUS),
        Method::new("listLeases", &LIST_LEASES),
        Method::new("acquireLease", &AcquireLease(&LEASES)),
        Method::new("acquireLeaseWaiting", &AcquireLease(&WAITING_LEASES)),
        Method::new("handOffLease", &HandOff),
        Method::new("releaseLease", &ReleaseLease(&LEASES)),
        Method::new("insertPendingCleanupLease", &InsertPendingCleanup),
        Method::new("updateLeaseMetadata", &UpdateLeaseMetadata(&LEASES)),
        Method::new("releaseLeasesForRun", &ReleaseLeasesForRun(&LEASES)),
        Method::new("check", &Check),
    ],
};
