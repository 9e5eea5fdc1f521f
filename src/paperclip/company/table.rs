//! The rows of `environments`, each of which belongs to a company.

use crate::database::table::{Column, Kind, Table};
use crate::paperclip::words::{ENVIRONMENT_DRIVER, ENVIRONMENT_STATUS};

/// Environments. Names need not be unique.
pub static ENVIRONMENTS: Table = Table::new(
    "environment",
    "environments",
    &[
        Column::new("id", Kind::Uuid),
        Column::new("company_id", Kind::Uuid),
        Column::new("name", Kind::Text),
        Column::new("description", Kind::Text).nullable(),
        Column::new("driver", Kind::Word(&ENVIRONMENT_DRIVER)),
        Column::new("status", Kind::Word(&ENVIRONMENT_STATUS)),
        Column::new("config", Kind::ObjectOrEmpty),
        Column::new("metadata", Kind::Object).nullable(),
        Column::new("created_at", Kind::Timestamp),
        Column::new("updated_at", Kind::Timestamp),
    ],
);
