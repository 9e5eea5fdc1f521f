//! Environments: where an agent may run.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::cell::{Cell, Row};
use super::field::Field;
use super::json::{Json, StoredJson};
use super::timestamp::Timestamp;
use super::value_set::{EnvironmentDriver, EnvironmentStatus, ValueSet};

/// An environment as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// The environment's id.
    pub id: Uuid,
    /// The company it belongs to.
    pub company_id: Uuid,
    /// Its name; names need not be unique.
    pub name: String,
    /// A sentence about it.
    pub description: Option<String>,
    /// How it is reached.
    pub driver: EnvironmentDriver,
    /// Whether it is offered for new work.
    pub status: EnvironmentStatus,
    /// What the driver needs to know; a stored value that is not an object reads as `{}`.
    pub config: StoredJson,
    /// Notes of the server; a stored value that is not an object reads as `None`.
    pub metadata: Option<StoredJson>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Row for Environment {
    const KEYS: &'static [&'static str] = &[
        "id",
        "companyId",
        "name",
        "description",
        "driver",
        "status",
        "config",
        "metadata",
        "createdAt",
        "updatedAt",
    ];

    fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        [
            self.id.into(),
            self.company_id.into(),
            self.name.as_str().into(),
            self.description.as_deref().into(),
            self.driver.as_str().into(),
            self.status.as_str().into(),
            (&self.config).into(),
            self.metadata.as_ref().into(),
            self.created_at.into(),
            self.updated_at.into(),
        ]
        .into_iter()
    }
}

/// Which of a company's environments are asked for. A word outside its set matches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentFilter {
    /// The company.
    pub company_id: Uuid,
    /// Only those of this status.
    pub status: Option<String>,
    /// Only those of this driver.
    pub driver: Option<String>,
}

/// An environment to be made. `None` in a column that may not be null is for the database to refuse.
#[derive(Debug, Clone)]
pub struct NewEnvironment {
    /// Chosen here, so that a lost connection leaves no doubt about which row was meant.
    pub id: Uuid,
    /// The company it belongs to.
    pub company_id: Option<Uuid>,
    /// Its name.
    pub name: Option<String>,
    /// A sentence about it.
    pub description: Option<String>,
    /// How it is reached.
    pub driver: Option<EnvironmentDriver>,
    /// Whether it is offered for new work.
    pub status: EnvironmentStatus,
    /// What the driver needs to know.
    pub config: Json,
    /// Notes of the server.
    pub metadata: Option<Json>,
    /// The caller's clock: both when it was made and when it was last changed.
    pub now: DateTime<Utc>,
}

/// The one local environment that every company is to have.
#[derive(Debug, Clone, Copy)]
pub struct LocalEnvironment {
    /// The company.
    pub company_id: Option<Uuid>,
    /// The caller's clock, for the case that the environment is made now.
    pub now: DateTime<Utc>,
}

impl LocalEnvironment {
    /// The name it is made with.
    pub const NAME: &'static str = "Local";
    /// The description it is made with.
    pub const DESCRIPTION: &'static str =
        "Default execution environment for Paperclip runs on this machine.";
    const METADATA: &'static str = r#"{"managedByPaperclip":true,"defaultForCompany":true}"#;

    /// The environment to make where the company has none.
    pub fn to_new_environment(self) -> NewEnvironment {
        NewEnvironment {
            id: Uuid::new_v4(),
            company_id: self.company_id,
            name: Some(Self::NAME.to_owned()),
            description: Some(Self::DESCRIPTION.to_owned()),
            driver: Some(EnvironmentDriver::Local),
            status: EnvironmentStatus::Active,
            config: Json::empty_object(),
            metadata: Some(Json::from_constant(Self::METADATA)),
            now: self.now,
        }
    }
}

/// A change of an environment: what is absent stays, what is null is cleared.
#[derive(Debug, Clone)]
pub struct EnvironmentPatch {
    /// The environment.
    pub id: Uuid,
    /// A new name.
    pub name: Field<String>,
    /// A new description.
    pub description: Field<String>,
    /// A new driver.
    pub driver: Field<EnvironmentDriver>,
    /// A new status.
    pub status: Field<EnvironmentStatus>,
    /// A new config.
    pub config: Field<Json>,
    /// New metadata.
    pub metadata: Field<Json>,
    /// The caller's clock.
    pub now: DateTime<Utc>,
}
