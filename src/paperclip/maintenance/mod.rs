//! Maintenance of leases, on the tables of every generation: finding, ending and deleting leaked leases.
//!
//! A call is one JSON document, whose members the statement takes as columns. JavaScript has checked them.
//! What a statement returns besides the columns of a lease is a document as well. So a method is a statement
//! and the table of its rows. No table, index or trigger is created.
//!
//! Reading order: `asked` (what a method is), `places` (how leases are found by index), `evidence` (what
//! makes a lease stale), then a file for each method.

mod asked;
mod compare;
mod diagnose;
mod evidence;
mod find;
mod places;
mod prune;
mod reap;
mod summarize;
mod table;

use super::found;
use super::generation::{Check, Generation, Method};
use crate::database::Requirement;

/// The methods, which are the same for all generations.
pub static MAINTENANCE: Generation = Generation {
    name: "maintenance",
    // Any tables: the statements report what is missing, and the check `tables` of `diagnose` does.
    requirement: &Requirement {
        accept: |_| Ok(()),
        ..found::REQUIREMENT
    },
    tables: &[&table::LEASES, &table::FACTS],
    statements: || {
        [
            &find::STATEMENTS[..],
            &summarize::STATEMENTS,
            &reap::STATEMENTS,
            &compare::STATEMENTS,
            &prune::STATEMENTS,
            &diagnose::STATEMENTS,
        ]
        .concat()
    },
    for_callers: Vec::new,
    methods: &[
        Method::new("check", &Check),
        Method::new("find", &find::FIND),
        Method::new("findOfEnvironment", &find::FIND_OF_ENVIRONMENT),
        Method::new("findOfLive", &find::FIND_OF_LIVE),
        Method::new("findOfRun", &find::FIND_OF_RUN),
        Method::new("findOfWorkspace", &find::FIND_OF_WORKSPACE),
        Method::new("findOfProviderLease", &find::FIND_OF_PROVIDER_LEASE),
        Method::new("summarize", &summarize::SUMMARIZE),
        Method::new("summarizeHistory", &summarize::SUMMARIZE_HISTORY),
        Method::new("sessions", &reap::SESSIONS),
        Method::new("leasesOfSessions", &reap::LEASES_OF_SESSIONS),
        Method::new("findStale", &reap::FIND_STALE),
        Method::new("actOnStale", &reap::ACT_ON_STALE),
        Method::new("finishClaim", &reap::FINISH_CLAIM),
        Method::new("now", &compare::NOW),
        Method::new("newestOfSandboxes", &compare::NEWEST_OF_SANDBOXES),
        Method::new("lost", &compare::LOST),
        Method::new("keepers", &prune::KEEPERS),
        Method::new("countPrunable", &prune::COUNT),
        Method::new("prune", &prune::DELETE),
        Method::new("diagnose", &diagnose::Diagnose),
    ],
};
