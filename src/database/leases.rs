//! The statements about leases: one a function, each for many rows.
//!
//! Rows come back in no promised order unless a list is asked for, so they are returned by id.

use std::collections::HashMap;

use uuid::Uuid;

use super::pool::Database;
use super::row::{self, Read};
use super::statement::{Overwrite, Sql, Statement, sql};
use crate::error::Failure;
use crate::model::value_set::ValueSet;
use crate::model::{
    EnvironmentLease, Json, LeaseFilter, LeaseMetadata, LeaseRelease, NewLease, RunRelease,
};

/// Leases by their ids.
pub type Leases = HashMap<Uuid, Read<EnvironmentLease>>;

/// Leases by their runs.
pub type LeasesByRun = HashMap<Uuid, Vec<Read<EnvironmentLease>>>;

/// What [`row::lease`] reads, in its order.
macro_rules! lease_columns {
    () => {
        "l.id, l.company_id, l.environment_id, l.execution_workspace_id, l.issue_id, \
         l.heartbeat_run_id, l.status, l.lease_policy, l.provider, l.provider_lease_id, \
         l.acquired_at, l.last_used_at, l.expires_at, l.released_at, l.failure_reason, \
         l.cleanup_status, l.metadata, l.created_at, l.updated_at"
    };
}

/// Locks the rows that are meant in the order of their ids, so that statements about several rows,
/// also of different processes, cannot wait for each other in a circle.
macro_rules! lock_leases {
    ($meant:literal) => {
        concat!(
            "with locked as (select t.id from environment_leases t where ",
            $meant,
            " order by t.id for no key update) "
        )
    };
}

macro_rules! list_leases {
    ($name:literal, $filter:literal) => {
        sql!(
            $name,
            "select ",
            lease_columns!(),
            " from environment_leases l";
            "and l.environment_id = $2",
            $filter,
            " order by l.last_used_at desc, l.created_at desc"
        )
    };
}

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
        let sql = match filter.status {
            None => list_leases!("list leases", ""),
            Some(_) => list_leases!("list leases by status", " and l.status = $3"),
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
        const SQL: Sql = sql!(
            "leases",
            "select ",
            lease_columns!(),
            " from environment_leases l";
            "and l.id = any($2)"
        );
        self.leases_by_id(|| SQL.statement().bind(ids)).await
    }

    /// Inserts active leases; one whose id is there already is passed over, and not among the
    /// result.
    ///
    /// # Errors
    ///
    /// As the server says, and then none is inserted.
    pub async fn insert_leases(&self, leases: &[NewLease]) -> Result<Leases, Failure> {
        const SQL: Sql = sql!(
            "insert leases",
            "insert into environment_leases as l (id, company_id, environment_id, ",
            "execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, provider, ",
            "provider_lease_id, acquired_at, last_used_at, expires_at, metadata, created_at, ",
            "updated_at) ",
            "select i.id, i.company_id, i.environment_id, i.execution_workspace_id, i.issue_id, ",
            "i.heartbeat_run_id, 'active', i.lease_policy, i.provider, i.provider_lease_id, ",
            "i.now, i.now, i.expires_at, i.metadata::jsonb, i.now, i.now ",
            "from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], ",
            "$8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::text[], ",
            "$13::timestamptz[]) ",
            "as i(id, company_id, environment_id, execution_workspace_id, issue_id, ",
            "heartbeat_run_id, lease_policy, provider, provider_lease_id, expires_at, metadata, ",
            "now)";
            // The foreign keys lock environments in the order of the rows.
            "order by i.environment_id on conflict (id) do nothing returning ",
            lease_columns!()
        );
        let all = || leases.iter();
        self.leases_by_id(|| {
            SQL.statement()
                .bind(all().map(|l| l.id).collect::<Vec<_>>())
                .bind(all().map(|l| l.company_id).collect::<Vec<_>>())
                .bind(all().map(|l| l.environment_id).collect::<Vec<_>>())
                .bind(all().map(|l| l.execution_workspace_id).collect::<Vec<_>>())
                .bind(all().map(|l| l.issue_id).collect::<Vec<_>>())
                .bind(all().map(|l| l.heartbeat_run_id).collect::<Vec<_>>())
                .bind(all().map(|l| l.policy.as_str()).collect::<Vec<_>>())
                .bind(all().map(|l| l.provider.as_deref()).collect::<Vec<_>>())
                .bind(
                    all()
                        .map(|l| l.provider_lease_id.as_deref())
                        .collect::<Vec<_>>(),
                )
                .bind(all().map(|l| l.expires_at).collect::<Vec<_>>())
                .bind(
                    all()
                        .map(|l| l.metadata.as_ref().map(Json::text))
                        .collect::<Vec<_>>(),
                )
                .bind(all().map(|l| l.now).collect::<Vec<_>>())
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
        overwrite: Overwrite,
    ) -> Result<Leases, Failure> {
        const SQL: Sql = sql!(
            "release leases",
            lock_leases!("t.id = any($2)"),
            "update environment_leases as l set ",
            "status = i.status, released_at = i.released_at, last_used_at = i.now, ",
            "updated_at = i.now, ",
            "failure_reason = ",
            "case when i.set_failure_reason then i.failure_reason else l.failure_reason end, ",
            "cleanup_status = ",
            "case when i.set_cleanup_status then i.cleanup_status else l.cleanup_status end ",
            "from unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::bool[], $6::text[], ",
            "$7::bool[], $8::text[], $9::timestamptz[]) ",
            "as i(id, status, released_at, set_failure_reason, failure_reason, ",
            "set_cleanup_status, cleanup_status, now), locked";
            "and l.id = i.id and l.id = locked.id and (not $10 or date_trunc('milliseconds', l.updated_at) <= i.now) returning ",
            lease_columns!()
        );
        let all = || releases.iter();
        self.leases_by_id(|| {
            SQL.statement()
                .bind(all().map(|r| r.id).collect::<Vec<_>>())
                .bind(
                    all()
                        .map(|r| r.status.map(ValueSet::as_str))
                        .collect::<Vec<_>>(),
                )
                .bind(all().map(LeaseRelease::released_at).collect::<Vec<_>>())
                .bind(
                    all()
                        .map(|r| r.failure_reason.is_given())
                        .collect::<Vec<_>>(),
                )
                .bind(
                    all()
                        .map(|r| r.failure_reason.as_value())
                        .collect::<Vec<_>>(),
                )
                .bind(
                    all()
                        .map(|r| r.cleanup_status.is_given())
                        .collect::<Vec<_>>(),
                )
                .bind(
                    all()
                        .map(|r| r.cleanup_status.value().map(ValueSet::as_str))
                        .collect::<Vec<_>>(),
                )
                .bind(all().map(|r| r.now).collect::<Vec<_>>())
                .bind(overwrite.spares_newer())
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
        overwrite: Overwrite,
    ) -> Result<Leases, Failure> {
        const SQL: Sql = sql!(
            "update lease metadata",
            lock_leases!("t.id = any($2)"),
            "update environment_leases as l set ",
            "metadata = case when i.set_metadata then i.metadata::jsonb else l.metadata end, ",
            "last_used_at = i.now, updated_at = i.now ",
            "from unnest($2::uuid[], $3::bool[], $4::text[], $5::timestamptz[]) ",
            "as i(id, set_metadata, metadata, now), locked";
            "and l.id = i.id and l.id = locked.id and (not $6 or date_trunc('milliseconds', l.updated_at) <= i.now) returning ",
            lease_columns!()
        );
        let all = || changes.iter();
        self.leases_by_id(|| {
            SQL.statement()
                .bind(all().map(|c| c.id).collect::<Vec<_>>())
                .bind(all().map(|c| c.metadata.is_given()).collect::<Vec<_>>())
                .bind(
                    all()
                        .map(|c| c.metadata.as_value().map(Json::text))
                        .collect::<Vec<_>>(),
                )
                .bind(all().map(|c| c.now).collect::<Vec<_>>())
                .bind(overwrite.spares_newer())
        })
        .await
    }

    /// Ends the active leases of runs; runs must not repeat.
    ///
    /// # Errors
    ///
    /// As the server says, and then none is changed.
    pub async fn release_runs(&self, runs: &[RunRelease]) -> Result<LeasesByRun, Failure> {
        const SQL: Sql = sql!(
            "release runs",
            lock_leases!("t.heartbeat_run_id = any($2) and t.status = 'active'"),
            "update environment_leases as l set ",
            "status = i.status, released_at = i.now, last_used_at = i.now, updated_at = i.now ",
            "from unnest($2::uuid[], $3::text[], $4::timestamptz[]) ",
            "as i(heartbeat_run_id, status, now), locked";
            "and l.heartbeat_run_id = i.heartbeat_run_id and l.status = 'active' ",
            "and l.id = locked.id returning ",
            lease_columns!(),
            ", i.heartbeat_run_id"
        );
        let all = || runs.iter();
        let rows = self
            .rows(|| {
                SQL.statement()
                    .bind(all().map(|r| r.heartbeat_run_id).collect::<Vec<_>>())
                    .bind(
                        all()
                            .map(|r| r.status.map(ValueSet::as_str))
                            .collect::<Vec<_>>(),
                    )
                    .bind(all().map(|r| r.now).collect::<Vec<_>>())
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
            .map(|row| row::lease(row).map_err(row::failure))
            .collect()
    }
}
