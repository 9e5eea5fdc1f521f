//! Paperclip 2026.427: environments belong to a company.

pub mod calls;
pub mod operations;
mod statements;
mod table;

use self::operations::{Create, EnsureLocal, List, Remove, Update};
use self::statements::Environments;
use super::generation::{Generation, Method};
use super::keyed::FindById;
use super::leases::LEASES_OF_2026_427 as LEASES;
use super::leases::operations::{
    AcquireLease, ListLeases, ReleaseLease, ReleaseLeasesForRun, UpdateLeaseMetadata,
};

/// The releases 2026.427.0 to 2026.529.0, and 2026.609.0.
pub static V2026_427: Generation = Generation {
    name: "2026.427",
    tables: &[&table::ENVIRONMENTS, LEASES.table],
    statements: &statements::STATEMENTS,
    methods: &[
        Method::new("list", &List),
        Method::new("getById", &FindById(&Environments)),
        Method::new("getLeaseById", &FindById(&LEASES)),
        Method::new("ensureLocalEnvironment", &EnsureLocal),
        Method::new("create", &Create),
        Method::new("update", &Update),
        Method::new("remove", &Remove),
        Method::new("listLeases", &ListLeases(&LEASES)),
        Method::new("acquireLease", &AcquireLease(&LEASES)),
        Method::new("releaseLease", &ReleaseLease(&LEASES)),
        Method::new("updateLeaseMetadata", &UpdateLeaseMetadata(&LEASES)),
        Method::new("releaseLeasesForRun", &ReleaseLeasesForRun(&LEASES)),
    ],
};
