//! Paperclip 2026.427: environments belong to a company.

mod local;
mod table;

use crate::database::Requirement;

use self::local::EnsureLocal;
use self::table::ENVIRONMENTS as TABLE;
use super::environments::Environments;
use super::environments::calls::ListFilter;
use super::environments::operations::{Create, Remove, Update};
use super::environments::update;
use super::found;
use super::generation::{Generation, Method};
use super::keyed::FindById;
use super::leases::LEASES_OF_2026_427 as LEASES;
use super::leases::calls::ListFilter as LeaseFilter;
use super::leases::operations::{
    AcquireLease, ReleaseLease, ReleaseLeasesForRun, UpdateLeaseMetadata,
};
use super::lookup::Lookup;

static ENVIRONMENTS: Environments = Environments::new(&TABLE, |form| update(form, "r.metadata"));

static LIST: Lookup<ListFilter> = Lookup {
    table: &TABLE,
    arguments: ListFilter::arguments,
    query: |filter| ENVIRONMENTS.list(filter),
};

static LIST_LEASES: Lookup<LeaseFilter> = LEASES.list();

/// The releases 2026.427.0 to 2026.529.0, and 2026.609.0.
pub static V2026_427: Generation = Generation {
    name: "2026.427",
    requirement: &Requirement {
        accept: |row| found::accept(row, "2026.427"),
        ..found::REQUIREMENT
    },
    tables: &[&TABLE, LEASES.table],
    statements: || {
        let environments = ENVIRONMENTS.statements();
        [environments, local::STATEMENTS.to_vec()].concat()
    },
    for_callers: Vec::new,
    methods: &[
        Method::new("list", &LIST),
        Method::new("getById", &FindById(&ENVIRONMENTS)),
        Method::new("getLeaseById", &FindById(&LEASES)),
        Method::new("ensureLocalEnvironment", &EnsureLocal),
        Method::new("create", &Create(&ENVIRONMENTS)),
        Method::new("update", &Update(&ENVIRONMENTS)),
        Method::new("remove", &Remove(&ENVIRONMENTS)),
        Method::new("listLeases", &LIST_LEASES),
        Method::new("acquireLease", &AcquireLease(&LEASES)),
        Method::new("releaseLease", &ReleaseLease(&LEASES)),
        Method::new("updateLeaseMetadata", &UpdateLeaseMetadata(&LEASES)),
        Method::new("releaseLeasesForRun", &ReleaseLeasesForRun(&LEASES)),
    ],
};
