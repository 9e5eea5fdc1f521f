//! The operations on environments.

use uuid::Uuid;

use super::calls::{New, Patch};
use super::statements::Environments;
use crate::batch::{Attempt, Effect, Operation, Run};
use crate::database::Database;
use crate::error::Ids;
use crate::paperclip::argument::{Argument, Id};
use crate::paperclip::keyed;
use crate::paperclip::words::{ENVIRONMENT_DRIVER, ENVIRONMENT_STATUS};

/// Creates an environment.
pub struct Create(pub &'static Environments);

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
            Argument::Document(call.env_vars.as_ref()),
            Argument::Document(call.metadata.as_ref()),
            Argument::Moment(Some(&mut call.now)),
        ]
    }

    async fn run(&self, database: &Database, environments: &[New], attempt: Attempt) -> Run {
        let new: Vec<&New> = environments.iter().collect();
        keyed::insert(self.0, database, &new, attempt).await
    }

    fn ids(environment: &New) -> Ids {
        Ids::environment(environment.id)
    }
}

/// Changes an environment.
pub struct Update(pub &'static Environments);

impl Operation for Update {
    type Call = Patch;
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = Effect::Set;
    const ROW: Option<fn(&Patch) -> Uuid> = Some(|patch| patch.id.uuid());

    fn arguments<'c>(&self, call: &'c mut Patch) -> Vec<Argument<'c>> {
        let id_first = self.0.looks_up && call.status.is_given() && !call.metadata.is_given();
        let id = Argument::Id(Some(&mut call.id));
        let mut arguments = vec![
            Argument::Word(call.driver.as_text(), &ENVIRONMENT_DRIVER),
            Argument::Word(call.status.as_text(), &ENVIRONMENT_STATUS),
            Argument::Text(call.name.as_text()),
            Argument::Text(call.description.as_text()),
            Argument::Document(call.config.as_value()),
            Argument::Document(call.env_vars.as_value()),
            Argument::Document(call.metadata.as_value()),
            Argument::Moment(Some(&mut call.now)),
        ];
        let place = if id_first { 0 } else { arguments.len() };
        arguments.insert(place, id);
        arguments
    }

    async fn run(&self, database: &Database, patches: &[Patch], attempt: Attempt) -> Run {
        let written = self.0.update(database.into(), patches, attempt).await?;
        let ids: Vec<Uuid> = patches.iter().map(|patch| patch.id.uuid()).collect();
        keyed::set(self.0, database, ids, written, attempt).await
    }

    fn ids(patch: &Patch) -> Ids {
        Ids::environment(patch.id.uuid())
    }
}

/// Removes an environment.
pub struct Remove(pub &'static Environments);

impl Operation for Remove {
    type Call = Id;
    type Argument<'c> = Argument<'c>;
    /// A repeat would find no environment, and answer null.
    const EFFECT: Effect = Effect::Once;
    const ROW: Option<fn(&Id) -> Uuid> = Some(Id::uuid);

    fn arguments<'c>(&self, id: &'c mut Id) -> Vec<Argument<'c>> {
        vec![Argument::Id(Some(id))]
    }

    async fn run(&self, database: &Database, ids: &[Id], _: Attempt) -> Run {
        let ids: Vec<Uuid> = ids.iter().map(Id::uuid).collect();
        Ok(self.0.delete(database.into(), &ids).await?.answers(&ids))
    }

    fn ids(id: &Id) -> Ids {
        Ids::environment(id.uuid())
    }
}
