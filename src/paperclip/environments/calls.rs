//! The arguments of the calls about environments. The types of each generation (`index.d.ts`, `2026.916.d.ts`) say
//! what they mean.

#![allow(missing_docs, reason = "the fields are explained in the types")]

use serde::Deserialize;
use uuid::Uuid;

use crate::paperclip::argument::{Argument, Document, Id, Moment};
use crate::paperclip::field::Field;
use crate::paperclip::words::{ENVIRONMENT_DRIVER, ENVIRONMENT_STATUS};

/// The environments that are asked for. A filter that is null matches nothing.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListFilter {
    /// Where environments belong to companies.
    pub company_id: Option<Id>,
    #[serde(default)]
    pub status: Field<String>,
    #[serde(default)]
    pub driver: Field<String>,
}

impl ListFilter {
    /// Its arguments, for their check.
    pub fn arguments(&mut self) -> Vec<Argument<'_>> {
        vec![
            Argument::Id(self.company_id.as_mut()),
            Argument::Text(self.status.as_text()),
            Argument::Text(self.driver.as_text()),
        ]
    }
}

/// An environment to be made. What is null in a column that may not be is for the database to refuse.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct New {
    /// Chosen here, so that a lost connection leaves no doubt about which row was meant.
    #[serde(skip, default = "Uuid::new_v4")]
    pub id: Uuid,
    pub company_id: Option<Id>,
    pub name: Option<String>,
    pub description: Option<String>,
    #[serde(default)]
    pub driver: Field<String>,
    pub status: Option<String>,
    pub config: Option<Document>,
    pub env_vars: Option<Document>,
    pub metadata: Option<Document>,
    pub now: Moment,
}

impl New {
    /// How it is reached.
    pub(super) fn driver(&self) -> Option<&str> {
        self.driver.text_or(ENVIRONMENT_DRIVER.default_word())
    }

    /// Whether it is offered for new work.
    pub(super) fn status(&self) -> &str {
        self.status
            .as_deref()
            .unwrap_or(ENVIRONMENT_STATUS.default_word())
    }
}

/// The text of a document that is an empty object where it is not given.
pub(super) fn or_empty(document: Option<&Document>) -> &str {
    document.map_or("{}", Document::text)
}

/// A change of an environment: what is absent stays, what is null is cleared.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Patch {
    pub id: Id,
    #[serde(default)]
    pub name: Field<String>,
    #[serde(default)]
    pub description: Field<String>,
    #[serde(default)]
    pub driver: Field<String>,
    #[serde(default)]
    pub status: Field<String>,
    #[serde(default)]
    pub config: Field<Document>,
    #[serde(default)]
    pub env_vars: Field<Document>,
    #[serde(default)]
    pub metadata: Field<Document>,
    pub now: Moment,
}
