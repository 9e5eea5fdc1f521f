//! Which tables a database has, and so which Paperclip release.
//!
//! A server migrates its database before it uses it, so the answer is the same for the life of a pool. All
//! differences in the service's tables between the releases from 2026.427 to 2026.916 are distinguished here.

use crate::database::Requirement;
use crate::database::row::{Cell, Row};
use crate::database::statement::Statement;
use crate::database::table::{Column, Kind, Table};
use crate::error::Error;

/// A state of the tables, the releases that have it, and the generation that fits it.
struct Tables(&'static str, &'static str, Option<&'static str>);

const KNOWN: [Tables; 4] = [
    Tables("T1", "2026.427 to 2026.609", Some("2026.427")),
    Tables("T2", "2026.618", None),
    Tables("T3", "2026.626 to 2026.817", None),
    Tables("T4", "2026.824 to 2026.916", Some("2026.916")),
];

static FOUND: Table = Table::new("found", "", &[Column::new("tables", Kind::Text).nullable()]);

/// The name of the tables; null if they are not recognised.
pub(super) static TABLES: Statement = Statement::about_one("tables", |form| {
    format!("select {} where {}", name(), form.guard)
});

/// The same as an SQL expression.
pub(super) fn name() -> String {
    let has = |column| {
        format!(
            "exists (select from pg_attribute where attrelid = to_regclass('environments') \
             and attname = '{column}' and not attisdropped)"
        )
    };
    let (of_company, of_instance) = (has("company_id"), has("env_vars"));
    format!(
        "case when {of_company} then case \
         when to_regclass('environments_company_managed_sandbox_idx') is null then 'T1' else 'T2' end \
         when {of_instance} then (select case when attnotnull then 'T3' else 'T4' end from pg_attribute \
         where attrelid = to_regclass('environment_leases') and attname = 'environment_id' \
         and not attisdropped) end"
    )
}

/// The releases that have these tables, as an SQL expression.
pub(super) fn releases(name: &str) -> String {
    let each = KNOWN.map(|Tables(name, releases, _)| format!(" when '{name}' then '{releases}'"));
    format!("case {name}{} end", each.concat())
}

/// A requirement without its `accept`, which each generation sets.
pub(super) const REQUIREMENT: Requirement = Requirement {
    statement: &TABLES,
    table: &FOUND,
    accept: |_| Ok(()),
};

/// Whether a generation fits the tables. If the tables are not recognised, its statements report what is
/// missing.
pub(super) fn accept(row: &Row, generation: &str) -> Result<(), Error> {
    match row.get("tables") {
        Cell::Text(found) => mismatch(generation, &[found]).map_or(Ok(()), Err),
        _ => Ok(()),
    }
}

/// The name of the tables that a generation fits.
pub(super) fn fitting(generation: &str) -> &'static str {
    let mut fits = KNOWN.iter().filter(|known| known.2 == Some(generation));
    fits.next().map_or("", |Tables(name, ..)| name)
}

/// The error for a generation that fits none of the tables found. If there are several names, the database
/// has the tables of one of them.
pub(super) fn mismatch(generation: &str, found: &[&str]) -> Option<Error> {
    let found = || KNOWN.iter().filter(|Tables(name, ..)| found.contains(name));
    let mut fits = found().filter_map(|Tables(.., generation)| *generation);
    if found().next().is_none() || fits.clone().any(|fitting| fitting == generation) {
        return None;
    }
    let releases: Vec<String> = found()
        .map(|Tables(name, releases, _)| format!("{releases} ({name})"))
        .collect();
    let cure = match fits.next() {
        Some(fitting) => format!("import paperclip-environment-service/{fitting} instead"),
        None => "no entry of this package fits them".to_owned(),
    };
    Some(Error::WrongGeneration(format!(
        "The database has the tables of Paperclip {}, which paperclip-environment-service/{generation} \
         does not fit: {cure}",
        releases.join(" or "),
    )))
}
