//! The operations on environments.

use std::collections::HashSet;
use std::sync::Arc;

use uuid::Uuid;

use super::calls;
use super::check;
use super::operation::{AfterLoss, Operation, Outcomes, Run, Unknown, WRITTEN_SINCE};
use super::settle::unknown;
use crate::database::environments::Environments;
use crate::database::{Attempt, Database};
use crate::error::Error;
use crate::model::{
    Environment, EnvironmentDriver, EnvironmentFilter, EnvironmentPatch, Field, Json,
    LocalEnvironment, NewEnvironment,
};

/// A company's environments, the last changed first.
pub struct List;

impl Operation for List {
    type Call = calls::List;
    type Item = EnvironmentFilter;
    type Answer = Vec<Environment>;
    const AFTER_LOSS: AfterLoss = AfterLoss::Read;

    async fn check(database: &Database, call: calls::List) -> Result<EnvironmentFilter, Error> {
        let company_id = check::uuid(database, &call.company_id).await?;
        check::text(database, call.status.as_deref()).await?;
        check::text(database, call.driver.as_deref()).await?;
        Ok(EnvironmentFilter {
            company_id,
            status: call.status,
            driver: call.driver,
        })
    }

    async fn run(database: &Database, filters: &[EnvironmentFilter]) -> Run<Vec<Environment>> {
        let mut lists = Vec::with_capacity(filters.len());
        for filter in filters {
            let list = database.list_environments(filter).await?;
            lists.push(
                list.into_iter()
                    .map(|read| read.map_err(Error::from))
                    .collect(),
            );
        }
        Ok(lists)
    }
}

/// The environment with an id, if there is one.
pub struct GetById;

impl Operation for GetById {
    type Call = String;
    type Item = Uuid;
    type Answer = Option<Arc<Environment>>;
    const AFTER_LOSS: AfterLoss = AfterLoss::Read;

    async fn check(database: &Database, id: String) -> Result<Uuid, Error> {
        Ok(check::uuid(database, &id).await?)
    }

    async fn run(database: &Database, ids: &[Uuid]) -> Run<Option<Arc<Environment>>> {
        let found = database.environments(ids).await?;
        Ok(ids.iter().map(|id| pick(&found, *id)).collect())
    }
}

/// The local environment of a company, made if it has none.
pub struct EnsureLocal;

impl Operation for EnsureLocal {
    type Call = calls::EnsureLocal;
    type Item = LocalEnvironment;
    type Answer = Arc<Environment>;
    const AFTER_LOSS: AfterLoss = AfterLoss::Insert;

    async fn check(
        database: &Database,
        call: calls::EnsureLocal,
    ) -> Result<LocalEnvironment, Error> {
        let company_id = check::optional_uuid(database, call.company_id.as_deref()).await?;
        let now = check::timestamp(database, &call.now).await?;
        Ok(LocalEnvironment { company_id, now })
    }

    /// Reads, inserts what is missing, and reads what another caller inserted in the meantime: the
    /// unique index on local environments decides between callers, also of different processes.
    async fn run(database: &Database, wanted: &[LocalEnvironment]) -> Run<Arc<Environment>> {
        let companies: HashSet<Uuid> = wanted.iter().filter_map(|local| local.company_id).collect();
        let companies: Vec<Uuid> = companies.into_iter().collect();
        let mut found = database.local_environments(&companies).await?;

        let is_found = |found: &Environments, local: &LocalEnvironment| {
            local
                .company_id
                .is_some_and(|company| found.contains_key(&company))
        };
        let mut missing: Vec<NewEnvironment> = wanted
            .iter()
            .filter(|local| !is_found(&found, local))
            .map(|local| local.to_new_environment())
            .collect();
        // In one order everywhere: inserting a row that another process is inserting waits for it.
        missing.sort_by_key(|local| local.company_id);
        if !missing.is_empty() {
            found.extend(database.insert_local_environments(&missing).await?);
            let raced: Vec<Uuid> = missing
                .iter()
                .filter_map(|local| local.company_id)
                .filter(|company| !found.contains_key(company))
                .collect();
            if !raced.is_empty() {
                found.extend(database.local_environments(&raced).await?);
            }
        }
        let pick = |company| found.get(&company).cloned();
        Ok(wanted
            .iter()
            .map(|local| match local.company_id.and_then(pick) {
                Some(read) => read.map_err(Error::from),
                None => Err(Error::Failed("Failed to ensure local environment")),
            })
            .collect())
    }
}

/// A new environment.
pub struct Create;

impl Operation for Create {
    type Call = calls::Create;
    type Item = NewEnvironment;
    type Answer = Arc<Environment>;
    const AFTER_LOSS: AfterLoss = AfterLoss::Insert;

    async fn check(database: &Database, call: calls::Create) -> Result<NewEnvironment, Error> {
        let driver = match check::member(call.driver)? {
            Field::Absent => Some(EnvironmentDriver::default()),
            given => given.value(),
        };
        let status = check::member_or_default(call.status.as_deref())?;
        let company_id = check::optional_uuid(database, call.company_id.as_deref()).await?;
        check::text(database, call.name.as_deref()).await?;
        check::text(database, call.description.as_deref()).await?;
        check::json(database, call.config.as_ref()).await?;
        check::json(database, call.metadata.as_ref()).await?;
        let now = check::timestamp(database, &call.now).await?;
        Ok(NewEnvironment {
            id: Uuid::new_v4(),
            company_id,
            name: call.name,
            description: call.description,
            driver,
            status,
            config: call.config.unwrap_or_else(Json::empty_object),
            metadata: call.metadata,
            now,
        })
    }

    async fn run(database: &Database, environments: &[NewEnvironment]) -> Run<Arc<Environment>> {
        let inserted = database
            .insert_environments(environments, Attempt::First)
            .await?;
        Ok(answers(environments, &inserted))
    }

    async fn run_again(
        database: &Database,
        environments: &[NewEnvironment],
    ) -> Run<Arc<Environment>> {
        let mut found = database
            .insert_environments(environments, Attempt::Again)
            .await?;
        // The rows that the first run had inserted before the connection broke.
        let there = environments.iter().map(|new| new.id);
        let there: Vec<Uuid> = there.filter(|id| !found.contains_key(id)).collect();
        if !there.is_empty() {
            found.extend(database.environments(&there).await?);
        }
        Ok(answers(environments, &found))
    }

    fn unknown(environment: &NewEnvironment) -> Unknown {
        Unknown {
            environment_id: Some(environment.id),
            ..Unknown::default()
        }
    }
}

/// A change of an environment.
pub struct Update;

impl Operation for Update {
    type Call = calls::Update;
    type Item = EnvironmentPatch;
    type Answer = Option<Arc<Environment>>;
    const AFTER_LOSS: AfterLoss = AfterLoss::Set;

    async fn check(database: &Database, call: calls::Update) -> Result<EnvironmentPatch, Error> {
        let driver = check::member(call.driver)?;
        let status = check::member(call.status)?;
        check::text(database, call.name.as_value().map(String::as_str)).await?;
        check::text(database, call.description.as_value().map(String::as_str)).await?;
        check::json(database, call.config.as_value()).await?;
        check::json(database, call.metadata.as_value()).await?;
        let now = check::timestamp(database, &call.now).await?;
        Ok(EnvironmentPatch {
            id: check::uuid(database, &call.id).await?,
            name: call.name,
            description: call.description,
            driver,
            status,
            config: call.config,
            metadata: call.metadata,
            now,
        })
    }

    async fn run(
        database: &Database,
        patches: &[EnvironmentPatch],
    ) -> Run<Option<Arc<Environment>>> {
        let updated = database
            .update_environments(patches, Attempt::First)
            .await?;
        Ok(patches
            .iter()
            .map(|patch| pick(&updated, patch.id))
            .collect())
    }

    async fn run_again(
        database: &Database,
        patches: &[EnvironmentPatch],
    ) -> Run<Option<Arc<Environment>>> {
        let updated = database
            .update_environments(patches, Attempt::Again)
            .await?;
        let spared = patches
            .iter()
            .map(|patch| patch.id)
            .filter(|id| !updated.contains_key(id));
        let newer = database.environments(&spared.collect::<Vec<_>>()).await?;
        Ok(patches
            .iter()
            .map(|patch| {
                if newer.contains_key(&patch.id) {
                    return Err(unknown(Self::unknown(patch), &WRITTEN_SINCE));
                }
                pick(&updated, patch.id)
            })
            .collect())
    }

    fn row(patch: &EnvironmentPatch) -> Option<Uuid> {
        Some(patch.id)
    }

    fn unknown(patch: &EnvironmentPatch) -> Unknown {
        Unknown {
            environment_id: Some(patch.id),
            ..Unknown::default()
        }
    }
}

/// The end of an environment, and of its leases with it.
pub struct Remove;

impl Operation for Remove {
    type Call = String;
    type Item = Uuid;
    type Answer = Option<Arc<Environment>>;
    /// Run again, it would answer that there is no such environment.
    const AFTER_LOSS: AfterLoss = AfterLoss::GiveUp;

    async fn check(database: &Database, id: String) -> Result<Uuid, Error> {
        Ok(check::uuid(database, &id).await?)
    }

    async fn run(database: &Database, ids: &[Uuid]) -> Run<Option<Arc<Environment>>> {
        let deleted = database.delete_environments(ids).await?;
        Ok(ids.iter().map(|id| pick(&deleted, *id)).collect())
    }

    fn row(id: &Uuid) -> Option<Uuid> {
        Some(*id)
    }

    fn unknown(id: &Uuid) -> Unknown {
        Unknown {
            environment_id: Some(*id),
            ..Unknown::default()
        }
    }
}

/// The new rows, in the order in which they were asked for.
fn answers(wanted: &[NewEnvironment], found: &Environments) -> Outcomes<Arc<Environment>> {
    let answer = |new: &NewEnvironment| {
        pick(found, new.id)?.ok_or(Error::Failed("Failed to create environment"))
    };
    wanted.iter().map(answer).collect()
}

fn pick(environments: &Environments, id: Uuid) -> Result<Option<Arc<Environment>>, Error> {
    Ok(environments.get(&id).cloned().transpose()?)
}
