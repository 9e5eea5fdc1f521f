//! The local environment of a company.

use std::collections::HashSet;

use serde::Deserialize;
use uuid::Uuid;

use super::table::ENVIRONMENTS;
use crate::batch::{Attempt, Effect, Operation, Run};
use crate::database::Database;
use crate::database::executor::Executor;
use crate::database::statement::Statement;
use crate::error::Error;
use crate::paperclip::argument::{Argument, Id, Moment};
use crate::paperclip::rows::{Rows, RowsById};

pub(super) static STATEMENTS: [&Statement; 2] = [&LOCAL, &INSERT_LOCAL];

static LOCAL: Statement = Statement::new("local environments", |form| {
    let (columns, guard, is_wanted) = (form.select_list(), &form.guard, form.is_among(2));
    format!(
        "select {columns} from environments r \
         where {guard} and r.company_id {is_wanted} and r.driver = 'local'"
    )
})
.of(&ENVIRONMENTS);

static INSERT_LOCAL: Statement = Statement::new("insert local environments", |form| {
    let (columns, guard) = (form.select_list(), &form.guard);
    let items = form.items(
        2,
        &[
            ("id", "uuid"),
            ("company_id", "uuid"),
            ("now", "timestamptz"),
        ],
    );
    format!(
        "insert into environments as r (id, company_id, name, description, driver, status, config, \
         metadata, created_at, updated_at) \
         select i.id, i.company_id, 'Local', \
         'Default execution environment for Paperclip runs on this machine.', 'local', 'active', '{{}}', \
         '{{\"managedByPaperclip\": true, \"defaultForCompany\": true}}', i.now, i.now \
         from {items} where {guard} \
         on conflict (company_id, driver) where driver = 'local' do nothing returning {columns}"
    )
})
.of(&ENVIRONMENTS);

/// Asks for the local environment of a company.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Local {
    /// The id of the environment if it is created now.
    #[serde(skip, default = "Uuid::new_v4")]
    id: Uuid,
    company_id: Option<Id>,
    now: Moment,
}

impl Local {
    fn company(&self) -> Option<Uuid> {
        self.company_id.as_ref().map(Id::uuid)
    }
}

/// The existing local environments of these companies, by company.
async fn local(mut on: Executor<'_>, companies: &[Uuid]) -> Rows<RowsById> {
    let make = || LOCAL.about(companies).column(|id| *id).bound();
    let rows = on.rows(&ENVIRONMENTS, make).await?;
    Ok(RowsById::by("company_id", rows))
}

/// Inserts local environments, except for companies that have one already. Returns the inserted ones by
/// company.
async fn insert_local(mut on: Executor<'_>, environments: &[&Local]) -> Rows<RowsById> {
    let make = || {
        INSERT_LOCAL
            .about(environments)
            .column(|local| local.id)
            .column(|local| local.company())
            .column(|local| local.now.time())
            .bound()
    };
    let rows = on.rows(&ENVIRONMENTS, make).await?;
    Ok(RowsById::by("company_id", rows))
}

/// Returns the local environment of a company, and creates it if there is none.
pub struct EnsureLocal;

impl Operation for EnsureLocal {
    type Call = Local;
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = Effect::Insert;

    fn arguments<'c>(&self, call: &'c mut Local) -> Vec<Argument<'c>> {
        vec![
            Argument::Id(call.company_id.as_mut()),
            Argument::Moment(Some(&mut call.now)),
        ]
    }

    /// Reads, inserts what is missing, and reads what another caller inserted in the meantime. The unique
    /// index on local environments decides between concurrent callers, also of different processes.
    async fn run(&self, database: &Database, wanted: &[Local], _: Attempt) -> Run {
        let companies: HashSet<Uuid> = wanted.iter().filter_map(Local::company).collect();
        let companies: Vec<Uuid> = companies.into_iter().collect();
        let mut found = local(database.into(), &companies).await?;

        let is_missing = |local: &&Local| {
            local
                .company()
                .is_none_or(|company| found.get(company).is_none())
        };
        let mut missing: Vec<&Local> = wanted.iter().filter(is_missing).collect();
        // All processes insert in the same order: an insert waits for a row that another process is
        // inserting.
        missing.sort_by_key(|local| local.company());
        if !missing.is_empty() {
            found.extend(insert_local(database.into(), &missing).await?);
            let raced = found.missing(&companies);
            if !raced.is_empty() {
                found.extend(local(database.into(), &raced).await?);
            }
        }
        let answer = |local: &Local| {
            let found = local.company().and_then(|company| found.get(company));
            found.unwrap_or(Err(Error::Failed("Failed to ensure local environment")))
        };
        Ok(wanted.iter().map(answer).collect())
    }
}
