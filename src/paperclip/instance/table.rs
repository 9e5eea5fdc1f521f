//! The rows of `environments`, which belong to the instance.

use crate::database::table::{Column, Kind, Table};
use crate::paperclip::words::{ENVIRONMENT_DRIVER, ENVIRONMENT_STATUS};

/// Environments. Names are unique, and there is at most one local environment.
pub static ENVIRONMENTS: Table = Table::new(
    "environment",
    "environments",
    &[
        Column::new("id", Kind::Uuid),
        Column::new("name", Kind::Text),
        Column::new("description", Kind::Text).nullable(),
        Column::new("driver", Kind::Word(&ENVIRONMENT_DRIVER)),
        Column::new("status", Kind::Word(&ENVIRONMENT_STATUS)),
        Column::new("config", Kind::ObjectOrEmpty),
        Column::new("env_vars", Kind::ObjectOrEmpty),
        Column::new("metadata", Kind::Object).nullable(),
        Column::new("created_at", Kind::Timestamp),
        Column::new("updated_at", Kind::Timestamp),
    ],
);

/// The companies that an environment is bound to by a managed resource.
pub(super) static BOUND_COMPANIES: Table = Table::new(
    "boundCompany",
    "built_in_managed_resources",
    &[Column::new("company_id", Kind::Uuid)],
);

/// What refers to an environment, as one document.
pub(super) static USES: Table = Table::new("uses", "", &[Column::new("uses", Kind::Object)]);

/// Rows of which only the existence matters.
pub(super) static THERE: Table = Table::new("there", "", &[]);
