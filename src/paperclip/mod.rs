//! Paperclip's tables, and the operations on them.
//!
//! Reading order: [`words`] (the closed sets of words), [`argument`], [`field`] and `judge` (the arguments of
//! calls), [`leases`] and [`environments`] (what all generations share), then a folder for each generation:
//! [`company`] (2026.427: environments belong to companies) and [`instance`] (2026.916: they belong to the
//! instance). In each, `table` has the rows, `calls` the arguments, `statements` the SQL and `operations` the
//! operations; some methods have a file that contains all of these. [`maintenance`] stands beside the
//! generations. `rows` makes answers from rows, `keyed` and `lookup` hold what many operations have in
//! common, `found` recognises a database's tables, and [`generation`] finds the operation of a method.

pub mod argument;
pub mod company;
pub mod environments;
pub mod field;
mod found;
pub mod generation;
pub mod instance;
mod judge;
pub mod keyed;
pub mod leases;
pub mod lookup;
pub mod maintenance;
mod metadata;
mod rows;
pub mod words;

use crate::batch::{Outcome, Outcomes};
use crate::database::sqlstate::Condition;
use crate::database::statement::Statement;
use crate::database::{Database, PasswordSource, Settings};
use crate::error::Error;
use generation::Generation;

/// All generations, and maintenance, which works on the tables of each.
pub static GENERATIONS: [&Generation; 3] = [
    &company::V2026_427,
    &instance::V2026_916,
    &maintenance::MAINTENANCE,
];

/// The statements that all generations share.
pub fn shared_statements() -> impl Iterator<Item = &'static Statement> {
    let leases = leases::STATEMENTS.into_iter();
    leases.chain(judge::STATEMENTS).chain([&found::TABLES])
}

/// The name of the tables that a generation fits, as in `found`.
pub fn fitting(generation: &str) -> &'static str {
    found::fitting(generation)
}

/// The error for a generation that fits none of these tables, whose names are those of `found`.
pub fn mismatch(generation: &str, tables: &[&str]) -> Option<Error> {
    found::mismatch(generation, tables)
}

/// The environment service of one database.
///
/// Calls of one method are made together. Each has its own outcome, in the order of the calls. Calls about
/// the same row take effect in that order.
///
/// ```no_run
/// # async fn example(settings: paperclip_environment_service::database::Settings)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// use paperclip_environment_service::paperclip::Service;
///
/// let service = Service::new(settings, None)?;
/// let calls = r#"["6f1f3fb5-52a4-4a5c-8a45-2d3f5c0b7c11"]"#.to_owned();
/// let outcomes = service.perform("2026.427", "getById", calls).await?;
/// for outcome in outcomes {
///     println!("{} rows", outcome?.rows().len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Service {
    /// Its connections. Before you close them, wait for the service's calls.
    pub database: Database,
}

impl Service {
    /// A service; it connects with the first call.
    ///
    /// # Errors
    ///
    /// [`Error::Bug`] if the pool cannot be built, which no settings can cause.
    pub fn new(settings: Settings, password: Option<PasswordSource>) -> Result<Self, Error> {
        Ok(Self {
            database: Database::new(settings, password)?,
        })
    }

    /// Performs calls of a generation's method, given as the JSON text of an array. The outcomes are in the
    /// order of the calls.
    ///
    /// # Errors
    ///
    /// If there is no such method, or the text does not hold calls of it.
    pub async fn perform(
        &self,
        generation: &str,
        method: &str,
        calls: String,
    ) -> serde_json::Result<Outcomes> {
        let none = || serde::de::Error::custom("there is no such method");
        let mut generations = GENERATIONS.iter();
        let generation = generations.find(|one| one.name == generation);
        let generation = generation.ok_or_else(none)?;
        let mut methods = generation.methods.iter();
        let method = methods.find(|one| one.name == method).ok_or_else(none)?;
        let database = self.database.requiring(generation.requirement);
        let mut outcomes = method.operation.perform(&database, calls).await?;
        outcomes.iter_mut().for_each(explain);
        Ok(outcomes)
    }
}

/// Adds a hint to errors whose cause the server cannot know.
fn explain(outcome: &mut Outcome) {
    let Err(Error::Database(error)) = outcome else {
        return;
    };
    if Condition::of(&error.code) == Condition::UnknownTables && !error.has_context() {
        let ours = "This database is not that of a Paperclip whose tables this version of \
                    paperclip-environment-service knows, or another schema is searched first.";
        let hint = match error.others.get("hint") {
            Some(own) => format!("{own} {ours}"),
            None => ours.to_owned(),
        };
        error.others.insert("hint", hint);
    }
}
