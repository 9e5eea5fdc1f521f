//! The one local environment of the instance.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::table::ENVIRONMENTS;
use crate::batch::{Attempt, Effect, Operation, Run};
use crate::database::Database;
use crate::database::executor::Executor;
use crate::database::fault::Failure;
use crate::database::row::{Cell, Row};
use crate::database::statement::Statement;
use crate::error::Error;
use crate::paperclip::argument::{Argument, Moment};
use crate::paperclip::metadata;
use crate::paperclip::rows::one;

/// The statements of this file.
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
        "update environments as r set updated_at = $3::timestamptz, \
         metadata = coalesce({old}, '{{}}') || '{{\"managedByPaperclip\": true}}' \
         where {guard} and r.id = $2 returning {columns}"
    )
})
.of(&ENVIRONMENTS);

/// A wish for the local environment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Local {
    /// Of the environment, in case that it is made now.
    #[serde(skip, default = "Uuid::new_v4")]
    id: Uuid,
    /// Whether one that is there already is taken over by the platform.
    adopt: bool,
    now: Moment,
}

/// The local environment, made if there is none.
pub struct EnsureLocal;

impl Operation for EnsureLocal {
    type Call = Local;
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = Effect::Insert;

    fn arguments<'c>(&self, call: &'c mut Local) -> Vec<Argument<'c>> {
        vec![Argument::Moment(Some(&mut call.now))]
    }

    /// Reads, inserts what is missing, and reads what another caller inserted in the meantime: the unique index on
    /// local environments decides between callers, also of different processes.
    async fn run(&self, database: &Database, wanted: &[Local], _: Attempt) -> Run {
        let Some(first) = wanted.first() else {
            return Ok(Vec::new());
        };
        let mut inserted = None;
        let mut found = local(database).await?;
        if found.is_none() {
            inserted = insert(database, first).await?;
            if inserted.is_none() {
                found = local(database).await?;
            }
        }
        if let Some(adopting) = wanted.iter().find(|local| local.adopt)
            && let Some(row) = &found
            && !is_managed(row)
        {
            // It may be gone by now.
            found = adopt(database, row, adopting).await?.or(found);
        }
        let row = inserted.or(found).map(Arc::new);
        let answer = |_| match &row {
            Some(row) => one(Arc::clone(row)),
            None => Err(Error::Failed("Failed to ensure local environment")),
        };
        Ok(wanted.iter().map(answer).collect())
    }
}

async fn local(database: &Database) -> Result<Option<Row>, Failure> {
    let make = || LOCAL.about(&[()]).bound();
    let rows = Executor::from(database).rows(&ENVIRONMENTS, make).await?;
    Ok(rows.into_iter().next())
}

/// Inserts the local environment, unless there is one, or another one has its name.
async fn insert(database: &Database, local: &Local) -> Result<Option<Row>, Failure> {
    let make = || {
        let insert = INSERT_LOCAL.about(&[()]).value(local.id);
        insert.value(local.now.time()).bound()
    };
    match Executor::from(database).rows(&ENVIRONMENTS, make).await {
        Ok(rows) => Ok(rows.into_iter().next()),
        Err(Failure {
            error: Error::Database(error),
            ..
        }) if error.constraint() == Some("environments_name_idx") => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn adopt(database: &Database, row: &Row, local: &Local) -> Result<Option<Row>, Failure> {
    let make = || {
        let adopt = ADOPT_LOCAL.about(&[()]).value(row.uuid("id"));
        adopt.value(local.now.time()).bound()
    };
    let rows = Executor::from(database).rows(&ENVIRONMENTS, make).await?;
    Ok(rows.into_iter().next())
}

fn is_managed(row: &Row) -> bool {
    let Cell::Object(metadata) = row.get("metadata") else {
        return false;
    };
    let members: Option<HashMap<String, &RawValue>> = serde_json::from_str(metadata.text()).ok();
    let marker = members.and_then(|members| members.get("managedByPaperclip").copied());
    marker.is_some_and(|marker| marker.get() == "true")
}
