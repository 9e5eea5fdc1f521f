//! The local environment of the instance.

use serde::Deserialize;
use uuid::Uuid;

use super::table::ENVIRONMENTS;
use crate::batch::{Attempt, Effect, Operation, Run};
use crate::database::Database;
use crate::database::executor::Executor;
use crate::database::fault::Failure;
use crate::database::row::Row;
use crate::database::statement::{Query, Statement};
use crate::error::Error;
use crate::paperclip::argument::{Argument, Moment};
use crate::paperclip::metadata;
use crate::paperclip::rows::one;

pub(super) static STATEMENTS: [&Statement; 3] = [&LOCAL, &INSERT_LOCAL, &ADOPT_LOCAL];

static LOCAL: Statement = Statement::about_one("the local environment", |form| {
    let (columns, guard) = (form.select_list(), &form.guard);
    format!("select {columns} from environments r where {guard} and r.driver = 'local'")
})
.of(&ENVIRONMENTS);

static INSERT_LOCAL: Statement = Statement::about_one("insert the local environment", |form| {
    let (columns, guard) = (form.select_list(), &form.guard);
    format!(
        "insert into environments as r (id, name, description, driver, status, config, env_vars, \
         metadata, created_at, updated_at) \
         select $2::uuid, 'Local', \
         'Default execution environment for Paperclip runs on this machine.', 'local', 'active', '{{}}', '{{}}', \
         '{{\"managedByPaperclip\": true, \"defaultForInstance\": true}}', $3::timestamptz, $3 \
         where {guard} on conflict (driver) where driver = 'local' do nothing returning {columns}"
    )
})
.of(&ENVIRONMENTS);

static ADOPT_LOCAL: Statement = Statement::about_one("adopt the local environment", |form| {
    let (columns, guard) = (form.select_list(), &form.guard);
    let old = metadata::as_object("r.metadata");
    format!(
        "update environments as r set updated_at = $2::timestamptz, \
         metadata = coalesce({old}, '{{}}') || '{{\"managedByPaperclip\": true}}' \
         where {guard} and r.driver = 'local' \
         and r.metadata -> 'managedByPaperclip' is distinct from 'true' returning {columns}"
    )
})
.of(&ENVIRONMENTS);

/// Asks for the local environment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Local {
    /// The id of the environment if it is created now.
    #[serde(skip, default = "Uuid::new_v4")]
    id: Uuid,
    /// Whether the platform takes over an existing environment.
    adopt: bool,
    now: Moment,
}

/// Returns the local environment, and creates it if there is none.
pub struct EnsureLocal;

impl Operation for EnsureLocal {
    type Call = Local;
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = Effect::Insert;

    fn arguments<'c>(&self, call: &'c mut Local) -> Vec<Argument<'c>> {
        vec![Argument::Moment(Some(&mut call.now))]
    }

    /// Reads, inserts what is missing, and reads what another caller inserted in the meantime. The unique
    /// index on local environments decides between concurrent callers, also of different processes.
    async fn run(&self, database: &Database, wanted: &[Local], _: Attempt) -> Run {
        let mut found = None;
        if let Some(local) = wanted.iter().find(|local| local.adopt) {
            let adopt = || ADOPT_LOCAL.about(&[()]).value(local.now.time()).bound();
            found = row(database, adopt).await?;
        }
        let read = || LOCAL.about(&[()]).bound();
        if found.is_none() {
            found = row(database, read).await?;
        }
        if let (None, Some(local)) = (&found, wanted.first()) {
            found = match insert(database, local).await? {
                None => row(database, read).await?,
                inserted => inserted,
            };
        }
        let answer = |_| match &found {
            Some(row) => one(row.clone()),
            None => Err(Error::Failed("Failed to ensure local environment")),
        };
        Ok(wanted.iter().map(answer).collect())
    }
}

async fn row<'q>(
    database: &Database,
    make: impl Fn() -> Query<'q> + Send + Sync,
) -> Result<Option<Row>, Failure> {
    let rows = Executor::from(database).rows(&ENVIRONMENTS, make).await?;
    Ok(rows.into_iter().next())
}

/// Inserts the local environment, unless there is one, or another environment has its name.
async fn insert(database: &Database, local: &Local) -> Result<Option<Row>, Failure> {
    let insert = || {
        let insert = INSERT_LOCAL.about(&[()]).value(local.id);
        insert.value(local.now.time()).bound()
    };
    match row(database, insert).await {
        Err(failure) if failure.error.constraint() == Some("environments_name_idx") => Ok(None),
        inserted => inserted,
    }
}
