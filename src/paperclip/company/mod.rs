//! Paperclip 2026.427: environments belong to a company.

pub mod calls;
pub mod operations;
mod statements;
mod table;

use self::operations::{Create, EnsureLocal, GetById, List, Remove, Update};
use super::leases::LEASES_OF_2026_427 as LEASES;
use super::leases::operations::{
    AcquireLease, GetLeaseById, ListLeases, ReleaseLease, ReleaseLeasesForRun, UpdateLeaseMetadata,
};
use super::methods::methods;

pub(super) use statements::STATEMENTS;
pub(super) use table::ENVIRONMENTS;

methods! {
    "list" => List,
    "getById" => GetById,
    "getLeaseById" => GetLeaseById(&LEASES),
    "ensureLocalEnvironment" => EnsureLocal,
    "create" => Create,
    "update" => Update,
    "remove" => Remove,
    "listLeases" => ListLeases(&LEASES),
    "acquireLease" => AcquireLease(&LEASES),
    "releaseLease" => ReleaseLease(&LEASES),
    "updateLeaseMetadata" => UpdateLeaseMetadata(&LEASES),
    "releaseLeasesForRun" => ReleaseLeasesForRun(&LEASES),
}
