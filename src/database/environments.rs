//! The statements about environments: one a function, each for many rows.
//!
//! Rows come back in no promised order unless a list is asked for, so they are returned by id.

use std::collections::HashMap;

use uuid::Uuid;

use super::pool::Database;
use super::row::{self, EnvironmentRow, Read};
use super::statement::{Overwrite, Sql, Statement, sql};
use crate::error::Failure;
use crate::model::value_set::ValueSet;
use crate::model::{Environment, EnvironmentFilter, EnvironmentPatch, Field, Json, NewEnvironment};

/// Environments by their ids, or by the companies whose local ones they are.
pub type Environments = HashMap<Uuid, Read<Environment>>;

/// What [`row::environment`] reads, in its order.
macro_rules! environment_columns {
    () => {
        "e.id, e.company_id, e.name, e.description, e.driver, e.status, e.config, e.metadata, \
         e.created_at, e.updated_at"
    };
}

macro_rules! insert_environments {
    ($name:literal, $conflict:literal) => {
        sql!(
            $name,
            "insert into environments as e (id, company_id, name, description, driver, status, ",
            "config, metadata, created_at, updated_at) ",
            "select i.id, i.company_id, i.name, i.description, i.driver, i.status, ",
            "i.config::jsonb, i.metadata::jsonb, i.now, i.now ",
            "from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], ",
            "$8::text[], $9::text[], $10::timestamptz[]) ",
            "as i(id, company_id, name, description, driver, status, config, metadata, now)";
            $conflict,
            " do nothing returning ",
            environment_columns!()
        )
    };
}

/// Locks the rows of `$2` in the order of their ids, so that statements about several rows, also of
/// different processes, cannot wait for each other in a circle.
macro_rules! lock_environments {
    ($mode:literal) => {
        concat!(
            "with locked as (select t.id, t.company_id from environments t where t.id = any($2) ",
            "order by t.id for ",
            $mode,
            ")"
        )
    };
}

macro_rules! list_environments {
    ($name:literal, $filter:literal) => {
        sql!(
            $name,
            "select ",
            environment_columns!(),
            " from environments e";
            "and e.company_id = $2",
            $filter,
            " order by e.updated_at desc, e.created_at desc"
        )
    };
}

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
        let sql = match (&filter.status, &filter.driver) {
            (None, None) => list_environments!("list environments", ""),
            (Some(_), None) => {
                list_environments!("list environments by status", " and e.status = $3")
            }
            (None, Some(_)) => {
                list_environments!("list environments by driver", " and e.driver = $3")
            }
            (Some(_), Some(_)) => list_environments!(
                "list environments by both",
                " and e.status = $3 and e.driver = $4"
            ),
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
        const SQL: Sql = sql!(
            "environments",
            "select ",
            environment_columns!(),
            " from environments e";
            "and e.id = any($2)"
        );
        self.environments_by_id(|| SQL.statement().bind(ids)).await
    }

    /// The local environments of these companies, as far as they exist.
    ///
    /// # Errors
    ///
    /// As the server says.
    pub async fn local_environments(&self, companies: &[Uuid]) -> Result<Environments, Failure> {
        const SQL: Sql = sql!(
            "local environments",
            "select ",
            environment_columns!(),
            " from environments e";
            "and e.company_id = any($2) and e.driver = 'local'"
        );
        self.environments_by_company(|| SQL.statement().bind(companies))
            .await
    }

    /// Inserts environments; one whose id is there already is passed over, and not among the
    /// result.
    ///
    /// # Errors
    ///
    /// As the server says, and then none is inserted.
    pub async fn insert_environments(
        &self,
        environments: &[NewEnvironment],
    ) -> Result<Environments, Failure> {
        const SQL: Sql = insert_environments!("insert environments", "on conflict (id)");
        self.environments_by_id(|| insert(SQL, environments)).await
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
        const SQL: Sql = insert_environments!(
            "insert local environments",
            "on conflict (company_id, driver) where driver = 'local'"
        );
        self.environments_by_company(|| insert(SQL, environments))
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
        overwrite: Overwrite,
    ) -> Result<Environments, Failure> {
        const SQL: Sql = sql!(
            "update environments",
            lock_environments!("no key update"),
            " update environments as e set ",
            "name = case when i.set_name then i.name else e.name end, ",
            "description = case when i.set_description then i.description else e.description end, ",
            "driver = case when i.set_driver then i.driver else e.driver end, ",
            "status = case when i.set_status then i.status else e.status end, ",
            "config = case when i.set_config then i.config::jsonb else e.config end, ",
            "metadata = case when i.set_metadata then i.metadata::jsonb else e.metadata end, ",
            "updated_at = i.now ",
            "from unnest($2::uuid[], $3::bool[], $4::text[], $5::bool[], $6::text[], $7::bool[], ",
            "$8::text[], $9::bool[], $10::text[], $11::bool[], $12::text[], $13::bool[], ",
            "$14::text[], $15::timestamptz[]) ",
            "as i(id, set_name, name, set_description, description, set_driver, driver, ",
            "set_status, status, set_config, config, set_metadata, metadata, now), locked";
            "and e.id = i.id and e.id = locked.id and (not $16 or date_trunc('milliseconds', e.updated_at) <= i.now) returning ",
            environment_columns!()
        );
        let all = || patches.iter();
        self.environments_by_id(|| {
            SQL.statement()
                .bind(all().map(|p| p.id).collect::<Vec<_>>())
                .bind(all().map(|p| p.name.is_given()).collect::<Vec<_>>())
                .bind(all().map(|p| p.name.as_value()).collect::<Vec<_>>())
                .bind(all().map(|p| p.description.is_given()).collect::<Vec<_>>())
                .bind(all().map(|p| p.description.as_value()).collect::<Vec<_>>())
                .bind(all().map(|p| p.driver.is_given()).collect::<Vec<_>>())
                .bind(all().map(|p| word(p.driver)).collect::<Vec<_>>())
                .bind(all().map(|p| p.status.is_given()).collect::<Vec<_>>())
                .bind(all().map(|p| word(p.status)).collect::<Vec<_>>())
                .bind(all().map(|p| p.config.is_given()).collect::<Vec<_>>())
                .bind(
                    all()
                        .map(|p| p.config.as_value().map(Json::text))
                        .collect::<Vec<_>>(),
                )
                .bind(all().map(|p| p.metadata.is_given()).collect::<Vec<_>>())
                .bind(
                    all()
                        .map(|p| p.metadata.as_value().map(Json::text))
                        .collect::<Vec<_>>(),
                )
                .bind(all().map(|p| p.now).collect::<Vec<_>>())
                .bind(overwrite.spares_newer())
        })
        .await
    }

    /// Deletes environments, and their leases with them.
    ///
    /// # Errors
    ///
    /// As the server says, and then none is deleted.
    pub async fn delete_environments(&self, ids: &[Uuid]) -> Result<Environments, Failure> {
        const SQL: Sql = sql!(
            "delete environments",
            lock_environments!("update"),
            // The rows that the cascade will delete, which it would lock in an order of its own. An
            // environment and its leases are of one company, and by company there is an index.
            ", leases as (select l.id from environment_leases l, locked ",
            "where l.company_id = locked.company_id and l.environment_id = locked.id ",
            "order by l.id for update of l) ",
            "delete from environments as e using locked";
            "and e.id = locked.id and (select count(*) from leases) >= 0 returning ",
            environment_columns!()
        );
        self.environments_by_id(|| SQL.statement().bind(ids)).await
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
                Ok((key(&row), row.read))
            })
            .collect()
    }
}

fn insert(sql: Sql, environments: &[NewEnvironment]) -> Statement<'_> {
    let all = || environments.iter();
    sql.statement()
        .bind(all().map(|e| e.id).collect::<Vec<_>>())
        .bind(all().map(|e| e.company_id).collect::<Vec<_>>())
        .bind(all().map(|e| e.name.as_deref()).collect::<Vec<_>>())
        .bind(all().map(|e| e.description.as_deref()).collect::<Vec<_>>())
        .bind(
            all()
                .map(|e| e.driver.map(ValueSet::as_str))
                .collect::<Vec<_>>(),
        )
        .bind(all().map(|e| e.status.as_str()).collect::<Vec<_>>())
        .bind(all().map(|e| e.config.text()).collect::<Vec<_>>())
        .bind(
            all()
                .map(|e| e.metadata.as_ref().map(Json::text))
                .collect::<Vec<_>>(),
        )
        .bind(all().map(|e| e.now).collect::<Vec<_>>())
}

fn word<T: ValueSet>(field: Field<T>) -> Option<&'static str> {
    field.value().map(ValueSet::as_str)
}
