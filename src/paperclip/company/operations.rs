//! The operations on environments.

use std::collections::HashSet;

use uuid::Uuid;

use super::calls::{ListFilter, Local, New, Patch};
use super::statements::{self, Environments};
use crate::batch::{Attempt, Effect, Operation, Run};
use crate::database::Database;
use crate::error::{Error, Ids};
use crate::paperclip::argument::{Argument, Id};
use crate::paperclip::keyed;
use crate::paperclip::rows;
use crate::paperclip::words::{ENVIRONMENT_DRIVER, ENVIRONMENT_STATUS};

/// A company's environments, the last changed first.
pub struct List;

impl Operation for List {
    type Call = ListFilter;
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = Effect::Read;

    fn arguments<'c>(&self, call: &'c mut ListFilter) -> Vec<Argument<'c>> {
        vec![
            Argument::Id(Some(&mut call.company_id)),
            Argument::Text(call.status.as_text()),
            Argument::Text(call.driver.as_text()),
        ]
    }

    async fn run(&self, database: &Database, filters: &[ListFilter], _: Attempt) -> Run {
        let mut lists = Vec::with_capacity(filters.len());
        for filter in filters {
            lists.push(rows::many(
                statements::listed(database.into(), filter).await?,
            ));
        }
        Ok(lists)
    }
}

/// The local environment of a company, made if it has none.
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

    /// Reads, inserts what is missing, and reads what another caller inserted in the meantime: the
    /// unique index on local environments decides between callers, also of different processes.
    async fn run(&self, database: &Database, wanted: &[Local], _: Attempt) -> Run {
        let companies: HashSet<Uuid> = wanted.iter().filter_map(Local::company).collect();
        let companies: Vec<Uuid> = companies.into_iter().collect();
        let mut found = statements::local(database.into(), &companies).await?;

        let is_missing = |local: &&Local| {
            local
                .company()
                .is_none_or(|company| found.get(company).is_none())
        };
        let mut missing: Vec<&Local> = wanted.iter().filter(is_missing).collect();
        // In one order everywhere: inserting a row that another process is inserting waits for it.
        missing.sort_by_key(|local| local.company());
        if !missing.is_empty() {
            found.extend(statements::insert_local(database.into(), &missing).await?);
            let raced = found.missing(&companies);
            if !raced.is_empty() {
                found.extend(statements::local(database.into(), &raced).await?);
            }
        }
        let answer = |local: &Local| {
            let found = local.company().and_then(|company| found.get(company));
            found.unwrap_or(Err(Error::Failed("Failed to ensure local environment")))
        };
        Ok(wanted.iter().map(answer).collect())
    }
}

/// A new environment.
pub struct Create;

impl Operation for Create {
    type Call = New;
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = Effect::Insert;

    fn arguments<'c>(&self, call: &'c mut New) -> Vec<Argument<'c>> {
        vec![
            Argument::Word(call.driver.as_text(), &ENVIRONMENT_DRIVER),
            Argument::Word(call.status.as_deref(), &ENVIRONMENT_STATUS),
            Argument::Id(call.company_id.as_mut()),
            Argument::Text(call.name.as_deref()),
            Argument::Text(call.description.as_deref()),
            Argument::Document(call.config.as_ref()),
            Argument::Document(call.metadata.as_ref()),
            Argument::Moment(Some(&mut call.now)),
        ]
    }

    async fn run(&self, database: &Database, environments: &[New], attempt: Attempt) -> Run {
        let new: Vec<&New> = environments.iter().collect();
        keyed::insert(&Environments, database, &new, attempt).await
    }

    fn ids(environment: &New) -> Ids {
        Ids::environment(environment.id)
    }
}

/// A change of an environment.
pub struct Update;

impl Operation for Update {
    type Call = Patch;
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = Effect::Set;
    const ROW: Option<fn(&Patch) -> Uuid> = Some(|patch| patch.id.uuid());

    fn arguments<'c>(&self, call: &'c mut Patch) -> Vec<Argument<'c>> {
        vec![
            Argument::Word(call.driver.as_text(), &ENVIRONMENT_DRIVER),
            Argument::Word(call.status.as_text(), &ENVIRONMENT_STATUS),
            Argument::Text(call.name.as_text()),
            Argument::Text(call.description.as_text()),
            Argument::Document(call.config.as_value()),
            Argument::Document(call.metadata.as_value()),
            Argument::Moment(Some(&mut call.now)),
            Argument::Id(Some(&mut call.id)),
        ]
    }

    async fn run(&self, database: &Database, patches: &[Patch], attempt: Attempt) -> Run {
        let written = statements::update(database.into(), patches, attempt).await?;
        let ids: Vec<Uuid> = patches.iter().map(|patch| patch.id.uuid()).collect();
        keyed::set(&Environments, database, ids, written, attempt).await
    }

    fn ids(patch: &Patch) -> Ids {
        Ids::environment(patch.id.uuid())
    }
}

/// The end of an environment, and of its leases with it.
pub struct Remove;

impl Operation for Remove {
    type Call = Id;
    type Argument<'c> = Argument<'c>;
    /// Run again, it would answer that there is no such environment.
    const EFFECT: Effect = Effect::Once;
    const ROW: Option<fn(&Id) -> Uuid> = Some(Id::uuid);

    fn arguments<'c>(&self, id: &'c mut Id) -> Vec<Argument<'c>> {
        vec![Argument::Id(Some(id))]
    }

    async fn run(&self, database: &Database, ids: &[Id], _: Attempt) -> Run {
        let ids: Vec<Uuid> = ids.iter().map(Id::uuid).collect();
        Ok(statements::delete(database.into(), &ids)
            .await?
            .answers(&ids))
    }

    fn ids(id: &Id) -> Ids {
        Ids::environment(id.uuid())
    }
}
