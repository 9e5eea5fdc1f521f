//! The statements about environments: one a function, each for many rows.
//!
//! Rows come back in no promised order unless a list is asked for, so they are returned by id.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use uuid::Uuid;

use super::pool::Database;
use super::row::{self, EnvironmentRow, Read};
use super::statement::{Attempt, BulkSql, BulkStatement, Form, Sql, Statement};
use crate::error::Failure;
use crate::model::value_set::ValueSet;
use crate::model::{Environment, EnvironmentFilter, EnvironmentPatch, Field, Json, NewEnvironment};

/// Environments by their ids, or by the companies whose local ones they are.
pub type Environments = HashMap<Uuid, Read<Arc<Environment>>>;

/// What [`row::environment`] reads, in its order.
const COLUMNS: &str = "r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, \
                       r.metadata, r.created_at, r.updated_at";

impl Database {
    /// A company's environments, the last changed first.
    ///
    /// # Errors
    ///
    /// As the server says; a word outside its set is an error of the row that holds it.
    pub async fn list_environments(
        &self,
        filter: &EnvironmentFilter,
    ) -> Result<Vec<Read<Environment>>, Failure> {
        // One statement for each combination, so that each gets the plan its index offers.
        static ALL: LazyLock<Sql> = LazyLock::new(|| list("list environments", ""));
        static BY_STATUS: LazyLock<Sql> =
            LazyLock::new(|| list("list environments by status", "and r.status = $3"));
        static BY_DRIVER: LazyLock<Sql> =
            LazyLock::new(|| list("list environments by driver", "and r.driver = $3"));
        static BY_BOTH: LazyLock<Sql> = LazyLock::new(|| {
            list(
                "list environments by both",
                "and r.status = $3 and r.driver = $4",
            )
        });
        let sql = match (&filter.status, &filter.driver) {
            (None, None) => &ALL,
            (Some(_), None) => &BY_STATUS,
            (None, Some(_)) => &BY_DRIVER,
            (Some(_), Some(_)) => &BY_BOTH,
        };
        let words = || [&filter.status, &filter.driver].into_iter().flatten();
        let rows = self
            .rows(|| words().fold(sql.statement().bind(filter.company_id), Statement::bind))
            .await?;
        rows.iter()
            .map(|row| Ok(row::environment(row).map_err(row::failure)?.read))
            .collect()
    }

    /// The environments with these ids, as far as they exist.
    ///
    /// # Errors
    ///
    /// As the server says.
    pub async fn environments(&self, ids: &[Uuid]) -> Result<Environments, Failure> {
        static SQL: LazyLock<BulkSql> = LazyLock::new(|| {
            BulkSql::new("environments", |form| {
                let (guard, is_wanted) = (&form.guard, form.is_among(2));
                format!("select {COLUMNS} from environments r where {guard} and r.id {is_wanted}")
            })
        });
        self.environments_by_id(|| SQL.about(ids).column(|id| *id).bound())
            .await
    }

    /// The local environments of these companies, as far as they exist.
    ///
    /// # Errors
    ///
    /// As the server says.
    pub async fn local_environments(&self, companies: &[Uuid]) -> Result<Environments, Failure> {
        static SQL: LazyLock<BulkSql> = LazyLock::new(|| {
            BulkSql::new("local environments", |form| {
                let (guard, is_wanted) = (&form.guard, form.is_among(2));
                format!(
                    "select {COLUMNS} from environments r \
                     where {guard} and r.company_id {is_wanted} and r.driver = 'local'"
                )
            })
        });
        self.environments_by_company(|| SQL.about(companies).column(|id| *id).bound())
            .await
    }

    /// Inserts environments. In a second attempt, one whose id is there already is passed over, and not
    /// among the result.
    ///
    /// # Errors
    ///
    /// As the server says, and then none is inserted.
    pub async fn insert_environments(
        &self,
        environments: &[NewEnvironment],
        attempt: Attempt,
    ) -> Result<Environments, Failure> {
        static SQL: LazyLock<BulkSql> =
            LazyLock::new(|| BulkSql::new("insert environments", |form| insert(form, "")));
        static AGAIN: LazyLock<BulkSql> = LazyLock::new(|| {
            BulkSql::new("insert environments again", |form| {
                insert(form, "on conflict (id) do nothing")
            })
        });
        let sql = attempt.either(&SQL, &AGAIN);
        self.environments_by_id(|| bind_new(sql.about(environments)))
            .await
    }

    /// Inserts local environments; one whose company has a local environment already is passed
    /// over, and not among the result, which is by company.
    ///
    /// # Errors
    ///
    /// As the server says, and then none is inserted.
    pub async fn insert_local_environments(
        &self,
        environments: &[NewEnvironment],
    ) -> Result<Environments, Failure> {
        static SQL: LazyLock<BulkSql> = LazyLock::new(|| {
            BulkSql::new("insert local environments", |form| {
                insert(
                    form,
                    "on conflict (company_id, driver) where driver = 'local' do nothing",
                )
            })
        });
        self.environments_by_company(|| bind_new(SQL.about(environments)))
            .await
    }

    /// Changes environments; ids must not repeat.
    ///
    /// # Errors
    ///
    /// As the server says, and then none is changed.
    pub async fn update_environments(
        &self,
        patches: &[EnvironmentPatch],
        attempt: Attempt,
    ) -> Result<Environments, Failure> {
        static SQL: LazyLock<BulkSql> = LazyLock::new(|| {
            BulkSql::new("update environments", |form| {
                form.update_by_id(
                    "environments",
                    "name = case when i.set_name then i.name else r.name end, \
                     description = \
                     case when i.set_description then i.description else r.description end, \
                     driver = case when i.set_driver then i.driver else r.driver end, \
                     status = case when i.set_status then i.status else r.status end, \
                     config = case when i.set_config then i.config::jsonb else r.config end, \
                     metadata = \
                     case when i.set_metadata then i.metadata::jsonb else r.metadata end, \
                     updated_at = i.now",
                    &[
                        ("id", "uuid"),
                        ("set_name", "bool"),
                        ("name", "text"),
                        ("set_description", "bool"),
                        ("description", "text"),
                        ("set_driver", "bool"),
                        ("driver", "text"),
                        ("set_status", "bool"),
                        ("status", "text"),
                        ("set_config", "bool"),
                        ("config", "text"),
                        ("set_metadata", "bool"),
                        ("metadata", "text"),
                        ("now", "timestamptz"),
                    ],
                    COLUMNS,
                )
            })
        });
        self.environments_by_id(|| {
            SQL.about(patches)
                .value(attempt.spares_newer())
                .column(|patch| patch.id)
                .column(|patch| patch.name.is_given())
                .column(|patch| patch.name.as_value())
                .column(|patch| patch.description.is_given())
                .column(|patch| patch.description.as_value())
                .column(|patch| patch.driver.is_given())
                .column(|patch| word(patch.driver))
                .column(|patch| patch.status.is_given())
                .column(|patch| word(patch.status))
                .column(|patch| patch.config.is_given())
                .column(|patch| patch.config.as_value().map(Json::text))
                .column(|patch| patch.metadata.is_given())
                .column(|patch| patch.metadata.as_value().map(Json::text))
                .column(|patch| patch.now)
                .bound()
        })
        .await
    }

    /// Deletes environments, and their leases with them.
    ///
    /// # Errors
    ///
    /// As the server says, and then none is deleted.
    pub async fn delete_environments(&self, ids: &[Uuid]) -> Result<Environments, Failure> {
        static SQL: LazyLock<BulkSql> = LazyLock::new(|| {
            BulkSql::new("delete environments", |form| {
                let (guard, is_wanted) = (&form.guard, form.is_among(2));
                // The second table is of the rows that the cascade will delete, which it would lock
                // in an order of its own. An environment and its leases are of one company, and by
                // company there is an index.
                format!(
                    "with locked as (select t.id, t.company_id from environments t \
                     where t.id {is_wanted} order by t.id for update), \
                     leases as (select l.id from environment_leases l, locked \
                     where l.company_id = locked.company_id and l.environment_id = locked.id \
                     order by l.id for update of l) \
                     delete from environments as r using locked where {guard} \
                     and r.id = locked.id and (select count(*) from leases) >= 0 \
                     returning {COLUMNS}"
                )
            })
        });
        self.environments_by_id(|| SQL.about(ids).column(|id| *id).bound())
            .await
    }

    async fn environments_by_id<'q>(
        &self,
        statement: impl Fn() -> Statement<'q> + Send + Sync,
    ) -> Result<Environments, Failure> {
        self.environments_by(statement, |row| row.id).await
    }

    async fn environments_by_company<'q>(
        &self,
        statement: impl Fn() -> Statement<'q> + Send + Sync,
    ) -> Result<Environments, Failure> {
        self.environments_by(statement, |row| row.company_id).await
    }

    async fn environments_by<'q>(
        &self,
        statement: impl Fn() -> Statement<'q> + Send + Sync,
        key: fn(&EnvironmentRow) -> Uuid,
    ) -> Result<Environments, Failure> {
        let rows = self.rows(statement).await?;
        rows.iter()
            .map(|row| {
                let row = row::environment(row).map_err(row::failure)?;
                Ok((key(&row), row.read.map(Arc::new)))
            })
            .collect()
    }
}

fn list(name: &str, filter: &str) -> Sql {
    Sql::new(name, |guard| {
        format!(
            "select {COLUMNS} from environments r where {guard} and r.company_id = $2 {filter} \
             order by r.updated_at desc, r.created_at desc"
        )
    })
}

fn insert(form: &Form, unless_there: &str) -> String {
    let guard = &form.guard;
    let items = form.items(
        2,
        &[
            ("id", "uuid"),
            ("company_id", "uuid"),
            ("name", "text"),
            ("description", "text"),
            ("driver", "text"),
            ("status", "text"),
            ("config", "text"),
            ("metadata", "text"),
            ("now", "timestamptz"),
        ],
    );
    format!(
        "insert into environments as r (id, company_id, name, description, driver, status, \
         config, metadata, created_at, updated_at) \
         select i.id, i.company_id, i.name, i.description, i.driver, i.status, \
         i.config::jsonb, i.metadata::jsonb, i.now, i.now from {items} where {guard} \
         {unless_there} returning {COLUMNS}"
    )
}

/// Binds what [`insert`] takes.
fn bind_new(statement: BulkStatement<'_, NewEnvironment>) -> Statement<'_> {
    statement
        .column(|new| new.id)
        .column(|new| new.company_id)
        .column(|new| new.name.as_deref())
        .column(|new| new.description.as_deref())
        .column(|new| new.driver.map(ValueSet::as_str))
        .column(|new| new.status.as_str())
        .column(|new| new.config.text())
        .column(|new| new.metadata.as_ref().map(Json::text))
        .column(|new| new.now)
        .bound()
}

fn word<T: ValueSet>(field: Field<T>) -> Option<&'static str> {
    field.value().map(ValueSet::as_str)
}
