//! The statements about leases: one a function, each for many rows.
//!
//! Rows come back in no promised order unless a list is asked for, so they are returned by id.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use uuid::Uuid;

use super::pool::Database;
use super::row::{self, Read};
use super::statement::{Attempt, BulkSql, Form, Sql, Statement};
use crate::error::Failure;
use crate::model::value_set::ValueSet;
use crate::model::{
    EnvironmentLease, Json, LeaseFilter, LeaseMetadata, LeaseRelease, NewLease, RunRelease,
};

/// Leases by their ids.
pub type Leases = HashMap<Uuid, Read<Arc<EnvironmentLease>>>;

/// Leases by their runs.
pub type LeasesByRun = HashMap<Uuid, Vec<Read<EnvironmentLease>>>;

/// What [`row::lease`] reads, in its order.
const COLUMNS: &str = "r.id, r.company_id, r.environment_id, r.execution_workspace_id, \
                       r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, \
                       r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, \
                       r.released_at, r.failure_reason, r.cleanup_status, r.metadata, \
                       r.created_at, r.updated_at";

impl Database {
    /// An environment's leases, the last used first.
    ///
    /// # Errors
    ///
    /// As the server says; a word outside its set is an error of the row that holds it.
    pub async fn list_leases(
        &self,
        filter: &LeaseFilter,
    ) -> Result<Vec<Read<EnvironmentLease>>, Failure> {
        static ALL: LazyLock<Sql> = LazyLock::new(|| list("list leases", ""));
        static BY_STATUS: LazyLock<Sql> =
            LazyLock::new(|| list("list leases by status", "and r.status = $3"));
        let sql = match filter.status {
            None => &ALL,
            Some(_) => &BY_STATUS,
        };
        let words = || filter.status.iter();
        let rows = self
            .rows(|| words().fold(sql.statement().bind(filter.environment_id), Statement::bind))
            .await?;
        rows.iter()
            .map(|row| Ok(row::lease(row).map_err(row::failure)?.1))
            .collect()
    }

    /// The leases with these ids, as far as they exist.
    ///
    /// # Errors
    ///
    /// As the server says.
    pub async fn leases(&self, ids: &[Uuid]) -> Result<Leases, Failure> {
        static SQL: LazyLock<BulkSql> = LazyLock::new(|| {
            BulkSql::new("leases", |form| {
                let (guard, is_wanted) = (&form.guard, form.is_among(2));
                format!(
                    "select {COLUMNS} from environment_leases r where {guard} and r.id {is_wanted}"
                )
            })
        });
        self.leases_by_id(|| SQL.about(ids).column(|id| *id).bound())
            .await
    }

    /// Inserts active leases. In a second attempt, one whose id is there already is passed over, and not
    /// among the result.
    ///
    /// # Errors
    ///
    /// As the server says, and then none is inserted.
    pub async fn insert_leases(
        &self,
        leases: &[NewLease],
        attempt: Attempt,
    ) -> Result<Leases, Failure> {
        static SQL: LazyLock<BulkSql> =
            LazyLock::new(|| BulkSql::new("insert leases", |form| insert(form, "")));
        static AGAIN: LazyLock<BulkSql> = LazyLock::new(|| {
            BulkSql::new("insert leases again", |form| {
                insert(form, "on conflict (id) do nothing")
            })
        });
        let sql = attempt.either(&SQL, &AGAIN);
        self.leases_by_id(|| {
            sql.about(leases)
                .column(|new| new.id)
                .column(|new| new.company_id)
                .column(|new| new.environment_id)
                .column(|new| new.execution_workspace_id)
                .column(|new| new.issue_id)
                .column(|new| new.heartbeat_run_id)
                .column(|new| new.policy.as_str())
                .column(|new| new.provider.as_deref())
                .column(|new| new.provider_lease_id.as_deref())
                .column(|new| new.expires_at)
                .column(|new| new.metadata.as_ref().map(Json::text))
                .column(|new| new.now)
                .bound()
        })
        .await
    }

    /// Ends leases, whatever their state; ids must not repeat.
    ///
    /// # Errors
    ///
    /// As the server says, and then none is changed.
    pub async fn release_leases(
        &self,
        releases: &[LeaseRelease],
        attempt: Attempt,
    ) -> Result<Leases, Failure> {
        static SQL: LazyLock<BulkSql> = LazyLock::new(|| {
            BulkSql::new("release leases", |form| {
                form.update_by_id(
                    "environment_leases",
                    "status = i.status, released_at = i.released_at, last_used_at = i.now, \
                     updated_at = i.now, \
                     failure_reason = case when i.set_failure_reason \
                     then i.failure_reason else r.failure_reason end, \
                     cleanup_status = case when i.set_cleanup_status \
                     then i.cleanup_status else r.cleanup_status end",
                    &[
                        ("id", "uuid"),
                        ("status", "text"),
                        ("released_at", "timestamptz"),
                        ("set_failure_reason", "bool"),
                        ("failure_reason", "text"),
                        ("set_cleanup_status", "bool"),
                        ("cleanup_status", "text"),
                        ("now", "timestamptz"),
                    ],
                    COLUMNS,
                )
            })
        });
        self.leases_by_id(|| {
            SQL.about(releases)
                .value(attempt.spares_newer())
                .column(|release| release.id)
                .column(|release| release.status.map(ValueSet::as_str))
                .column(LeaseRelease::released_at)
                .column(|release| release.failure_reason.is_given())
                .column(|release| release.failure_reason.as_value())
                .column(|release| release.cleanup_status.is_given())
                .column(|release| release.cleanup_status.value().map(ValueSet::as_str))
                .column(|release| release.now)
                .bound()
        })
        .await
    }

    /// Replaces the metadata of leases and marks them as used; ids must not repeat.
    ///
    /// # Errors
    ///
    /// As the server says, and then none is changed.
    pub async fn update_lease_metadata(
        &self,
        changes: &[LeaseMetadata],
        attempt: Attempt,
    ) -> Result<Leases, Failure> {
        static SQL: LazyLock<BulkSql> = LazyLock::new(|| {
            BulkSql::new("update lease metadata", |form| {
                form.update_by_id(
                    "environment_leases",
                    "metadata = \
                     case when i.set_metadata then i.metadata::jsonb else r.metadata end, \
                     last_used_at = i.now, updated_at = i.now",
                    &[
                        ("id", "uuid"),
                        ("set_metadata", "bool"),
                        ("metadata", "text"),
                        ("now", "timestamptz"),
                    ],
                    COLUMNS,
                )
            })
        });
        self.leases_by_id(|| {
            SQL.about(changes)
                .value(attempt.spares_newer())
                .column(|change| change.id)
                .column(|change| change.metadata.is_given())
                .column(|change| change.metadata.as_value().map(Json::text))
                .column(|change| change.now)
                .bound()
        })
        .await
    }

    /// Ends the active leases of runs; runs must not repeat.
    ///
    /// # Errors
    ///
    /// As the server says, and then none is changed.
    pub async fn release_runs(&self, runs: &[RunRelease]) -> Result<LeasesByRun, Failure> {
        static SQL: LazyLock<BulkSql> = LazyLock::new(|| {
            BulkSql::new("release runs", |form| {
                let (guard, is_wanted) = (&form.guard, form.is_among(2));
                let items = form.items(
                    2,
                    &[
                        ("heartbeat_run_id", "uuid"),
                        ("status", "text"),
                        ("now", "timestamptz"),
                    ],
                );
                // Also a single run may have several leases.
                format!(
                    "with locked as (select t.id from environment_leases t \
                     where t.heartbeat_run_id {is_wanted} and t.status = 'active' \
                     order by t.id for no key update) \
                     update environment_leases as r set status = i.status, released_at = i.now, \
                     last_used_at = i.now, updated_at = i.now from {items}, locked \
                     where {guard} and r.heartbeat_run_id = i.heartbeat_run_id \
                     and r.status = 'active' and r.id = locked.id \
                     returning {COLUMNS}, i.heartbeat_run_id"
                )
            })
        });
        let rows = self
            .rows(|| {
                SQL.about(runs)
                    .column(|run| run.heartbeat_run_id)
                    .column(|run| run.status.map(ValueSet::as_str))
                    .column(|run| run.now)
                    .bound()
            })
            .await?;
        let mut by_run = LeasesByRun::new();
        for row in &rows {
            let (run, lease) = row::lease_with_run(row).map_err(row::failure)?;
            by_run.entry(run).or_default().push(lease);
        }
        Ok(by_run)
    }

    async fn leases_by_id<'q>(
        &self,
        statement: impl Fn() -> Statement<'q> + Send + Sync,
    ) -> Result<Leases, Failure> {
        let rows = self.rows(statement).await?;
        rows.iter()
            .map(|row| {
                let (id, lease) = row::lease(row).map_err(row::failure)?;
                Ok((id, lease.map(Arc::new)))
            })
            .collect()
    }
}

fn list(name: &str, filter: &str) -> Sql {
    Sql::new(name, |guard| {
        format!(
            "select {COLUMNS} from environment_leases r \
             where {guard} and r.environment_id = $2 {filter} \
             order by r.last_used_at desc, r.created_at desc"
        )
    })
}

fn insert(form: &Form, unless_there: &str) -> String {
    let guard = &form.guard;
    // The foreign keys lock environments in the order of the rows.
    let order = form.if_many("order by i.environment_id ");
    let items = form.items(
        2,
        &[
            ("id", "uuid"),
            ("company_id", "uuid"),
            ("environment_id", "uuid"),
            ("execution_workspace_id", "uuid"),
            ("issue_id", "uuid"),
            ("heartbeat_run_id", "uuid"),
            ("lease_policy", "text"),
            ("provider", "text"),
            ("provider_lease_id", "text"),
            ("expires_at", "timestamptz"),
            ("metadata", "text"),
            ("now", "timestamptz"),
        ],
    );
    format!(
        "insert into environment_leases as r (id, company_id, environment_id, \
         execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, \
         provider, provider_lease_id, acquired_at, last_used_at, expires_at, \
         metadata, created_at, updated_at) \
         select i.id, i.company_id, i.environment_id, i.execution_workspace_id, \
         i.issue_id, i.heartbeat_run_id, 'active', i.lease_policy, i.provider, \
         i.provider_lease_id, i.now, i.now, i.expires_at, i.metadata::jsonb, \
         i.now, i.now from {items} where {guard} {order}\
         {unless_there} returning {COLUMNS}"
    )
}
