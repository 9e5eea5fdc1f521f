//! The arguments of calls about environments. The types of each generation (`index.d.ts`, `2026.916.d.ts`)
//! explain them.

#![allow(missing_docs, reason = "the fields are explained in the types")]

use serde::Deserialize;
use uuid::Uuid;

use crate::paperclip::argument::{Argument, Document, Id, Moment};
use crate::paperclip::field::Field;
use crate::paperclip::words::{ENVIRONMENT_DRIVER, ENVIRONMENT_STATUS};

/// A filter for environments. A filter that is null matches nothing.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListFilter {
    /// Set in generations whose environments belong to companies.
    pub company_id: Option<Id>,
    #[serde(default)]
    pub status: Field<String>,
    #[serde(default)]
    pub driver: Field<String>,
}

impl ListFilter {
    /// The arguments to be checked.
    pub fn arguments(&mut self) -> Vec<Argument<'_>> {
        vec![
            Argument::Id(self.company_id.as_mut()),
            Argument::Text(self.status.as_text()),
            Argument::Text(self.driver.as_text()),
        ]
    }
}

/// An environment to be created. The database refuses a null in a column that does not allow it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct New {
    /// Chosen here, so that the row can be identified after a lost connection.
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
    /// The driver, or the default.
    pub(super) fn driver(&self) -> Option<&str> {
        self.driver.text_or(ENVIRONMENT_DRIVER.default_word())
    }

    /// The status, or the default.
    pub(super) fn status(&self) -> &str {
        self.status
            .as_deref()
            .unwrap_or(ENVIRONMENT_STATUS.default_word())
    }
}

/// The document's text, or that of an empty object.
pub(super) fn or_empty(document: Option<&Document>) -> &str {
    document.map_or("{}", Document::text)
}

/// Changes to an environment. An absent field stays, and null clears it.
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
