//! The operations on leases.

use std::sync::Arc;

use uuid::Uuid;

use super::calls;
use super::check;
use super::operation::{AfterLoss, Operation, Outcomes, Run, Unknown, WRITTEN_SINCE};
use super::settle::unknown;
use crate::database::leases::Leases;
use crate::database::{Attempt, Database};
use crate::error::Error;
use crate::model::{
    EnvironmentLease, Field, LeaseFilter, LeaseMetadata, LeaseRelease, LeaseStatus, NewLease,
    RunRelease,
};

/// An environment's leases, the last used first.
pub struct ListLeases;

impl Operation for ListLeases {
    type Call = calls::ListLeases;
    type Item = LeaseFilter;
    type Answer = Vec<EnvironmentLease>;
    const AFTER_LOSS: AfterLoss = AfterLoss::Read;

    async fn check(database: &Database, call: calls::ListLeases) -> Result<LeaseFilter, Error> {
        let environment_id = check::uuid(database, &call.environment_id).await?;
        check::text(database, call.status.as_deref()).await?;
        Ok(LeaseFilter {
            environment_id,
            status: call.status,
        })
    }

    async fn run(database: &Database, filters: &[LeaseFilter]) -> Run<Vec<EnvironmentLease>> {
        let mut lists = Vec::with_capacity(filters.len());
        for filter in filters {
            let list = database.list_leases(filter).await?;
            lists.push(
                list.into_iter()
                    .map(|read| read.map_err(Error::from))
                    .collect(),
            );
        }
        Ok(lists)
    }
}

/// The lease with an id, if there is one.
pub struct GetLeaseById;

impl Operation for GetLeaseById {
    type Call = String;
    type Item = Uuid;
    type Answer = Option<Arc<EnvironmentLease>>;
    const AFTER_LOSS: AfterLoss = AfterLoss::Read;

    async fn check(database: &Database, id: String) -> Result<Uuid, Error> {
        Ok(check::uuid(database, &id).await?)
    }

    async fn run(database: &Database, ids: &[Uuid]) -> Run<Option<Arc<EnvironmentLease>>> {
        let found = database.leases(ids).await?;
        Ok(ids.iter().map(|id| pick(&found, *id)).collect())
    }
}

/// A new lease.
pub struct AcquireLease;

impl Operation for AcquireLease {
    type Call = calls::AcquireLease;
    type Item = NewLease;
    type Answer = Arc<EnvironmentLease>;
    /// The lease's id is chosen before the first run, so the second finds what the first inserted.
    const AFTER_LOSS: AfterLoss = AfterLoss::Insert;

    async fn check(database: &Database, call: calls::AcquireLease) -> Result<NewLease, Error> {
        let policy = check::member_or_default(call.lease_policy.as_deref())?;
        let uuid =
            async |text: &Option<String>| check::optional_uuid(database, text.as_deref()).await;
        let company_id = uuid(&call.company_id).await?;
        let environment_id = uuid(&call.environment_id).await?;
        let execution_workspace_id = uuid(&call.execution_workspace_id).await?;
        let issue_id = uuid(&call.issue_id).await?;
        let heartbeat_run_id = uuid(&call.heartbeat_run_id).await?;
        check::text(database, call.provider.as_deref()).await?;
        check::text(database, call.provider_lease_id.as_deref()).await?;
        let now = check::timestamp(database, &call.now).await?;
        let expires_at = check::optional_timestamp(database, call.expires_at.as_deref()).await?;
        check::json(database, call.metadata.as_ref()).await?;
        Ok(NewLease {
            id: Uuid::new_v4(),
            company_id,
            environment_id,
            execution_workspace_id,
            issue_id,
            heartbeat_run_id,
            policy,
            provider: call.provider,
            provider_lease_id: call.provider_lease_id,
            expires_at,
            metadata: call.metadata,
            now,
        })
    }

    async fn run(database: &Database, leases: &[NewLease]) -> Run<Arc<EnvironmentLease>> {
        let inserted = database.insert_leases(leases, Attempt::First).await?;
        Ok(answers(leases, &inserted))
    }

    async fn run_again(database: &Database, leases: &[NewLease]) -> Run<Arc<EnvironmentLease>> {
        let mut found = database.insert_leases(leases, Attempt::Again).await?;
        // The rows that the first run had inserted before the connection broke.
        let there = leases.iter().map(|new| new.id);
        let there: Vec<Uuid> = there.filter(|id| !found.contains_key(id)).collect();
        if !there.is_empty() {
            found.extend(database.leases(&there).await?);
        }
        Ok(answers(leases, &found))
    }

    fn unknown(lease: &NewLease) -> Unknown {
        Unknown {
            lease_id: Some(lease.id),
            ..Unknown::default()
        }
    }
}

/// The end of a lease.
pub struct ReleaseLease;

impl Operation for ReleaseLease {
    type Call = calls::ReleaseLease;
    type Item = LeaseRelease;
    type Answer = Option<Arc<EnvironmentLease>>;
    const AFTER_LOSS: AfterLoss = AfterLoss::Set;

    async fn check(database: &Database, call: calls::ReleaseLease) -> Result<LeaseRelease, Error> {
        let status = released_unless_given(call.status)?;
        let cleanup_status = check::member(call.cleanup_status)?;
        let now = check::timestamp(database, &call.now).await?;
        check::text(database, call.failure_reason.as_value().map(String::as_str)).await?;
        Ok(LeaseRelease {
            id: check::uuid(database, &call.id).await?,
            status,
            failure_reason: call.failure_reason,
            cleanup_status,
            now,
        })
    }

    async fn run(
        database: &Database,
        releases: &[LeaseRelease],
    ) -> Run<Option<Arc<EnvironmentLease>>> {
        let ended = database.release_leases(releases, Attempt::First).await?;
        Ok(releases
            .iter()
            .map(|release| pick(&ended, release.id))
            .collect())
    }

    async fn run_again(
        database: &Database,
        releases: &[LeaseRelease],
    ) -> Run<Option<Arc<EnvironmentLease>>> {
        let written = database.release_leases(releases, Attempt::Again).await?;
        settled(
            database,
            &written,
            releases.iter().map(|release| release.id),
        )
        .await
    }

    fn row(release: &LeaseRelease) -> Option<Uuid> {
        Some(release.id)
    }

    fn unknown(release: &LeaseRelease) -> Unknown {
        Unknown {
            lease_id: Some(release.id),
            ..Unknown::default()
        }
    }
}

/// New metadata of a lease.
pub struct UpdateLeaseMetadata;

impl Operation for UpdateLeaseMetadata {
    type Call = calls::UpdateLeaseMetadata;
    type Item = LeaseMetadata;
    type Answer = Option<Arc<EnvironmentLease>>;
    const AFTER_LOSS: AfterLoss = AfterLoss::Set;

    async fn check(
        database: &Database,
        call: calls::UpdateLeaseMetadata,
    ) -> Result<LeaseMetadata, Error> {
        let now = check::timestamp(database, &call.now).await?;
        check::json(database, call.metadata.as_value()).await?;
        Ok(LeaseMetadata {
            id: check::uuid(database, &call.id).await?,
            metadata: call.metadata,
            now,
        })
    }

    async fn run(
        database: &Database,
        changes: &[LeaseMetadata],
    ) -> Run<Option<Arc<EnvironmentLease>>> {
        let updated = database
            .update_lease_metadata(changes, Attempt::First)
            .await?;
        Ok(changes
            .iter()
            .map(|change| pick(&updated, change.id))
            .collect())
    }

    async fn run_again(
        database: &Database,
        changes: &[LeaseMetadata],
    ) -> Run<Option<Arc<EnvironmentLease>>> {
        let written = database
            .update_lease_metadata(changes, Attempt::Again)
            .await?;
        settled(database, &written, changes.iter().map(|change| change.id)).await
    }

    fn row(change: &LeaseMetadata) -> Option<Uuid> {
        Some(change.id)
    }

    fn unknown(change: &LeaseMetadata) -> Unknown {
        Unknown {
            lease_id: Some(change.id),
            ..Unknown::default()
        }
    }
}

/// The end of all leases that a run still holds.
pub struct ReleaseLeasesForRun;

impl Operation for ReleaseLeasesForRun {
    type Call = calls::ReleaseLeasesForRun;
    type Item = RunRelease;
    type Answer = Vec<EnvironmentLease>;
    /// Run again, it would leave out the leases that the first run released.
    const AFTER_LOSS: AfterLoss = AfterLoss::GiveUp;

    async fn check(
        database: &Database,
        call: calls::ReleaseLeasesForRun,
    ) -> Result<RunRelease, Error> {
        let status = released_unless_given(call.status)?;
        let now = check::timestamp(database, &call.now).await?;
        let heartbeat_run_id = check::uuid(database, &call.heartbeat_run_id).await?;
        Ok(RunRelease {
            heartbeat_run_id,
            status,
            now,
        })
    }

    async fn run(database: &Database, runs: &[RunRelease]) -> Run<Vec<EnvironmentLease>> {
        let mut released = database.release_runs(runs).await?;
        Ok(runs
            .iter()
            .map(|run| {
                let leases = released.remove(&run.heartbeat_run_id).unwrap_or_default();
                leases
                    .into_iter()
                    .map(|read| read.map_err(Error::from))
                    .collect()
            })
            .collect())
    }

    fn row(run: &RunRelease) -> Option<Uuid> {
        Some(run.heartbeat_run_id)
    }
}

/// The status that a lease ends with: released, unless another is given. Null is for the database to
/// refuse.
fn released_unless_given(word: Field<String>) -> Result<Option<LeaseStatus>, Error> {
    Ok(match check::member(word)? {
        Field::Absent => Some(LeaseStatus::Released),
        given => given.value(),
    })
}

/// The answers of a second run, which has written where nobody had written since the first.
async fn settled(
    database: &Database,
    written: &Leases,
    wanted: impl Iterator<Item = Uuid> + Clone + Send,
) -> Run<Option<Arc<EnvironmentLease>>> {
    let spared = wanted.clone().filter(|id| !written.contains_key(id));
    let newer = database.leases(&spared.collect::<Vec<_>>()).await?;
    Ok(wanted
        .map(|id| {
            if newer.contains_key(&id) {
                let ids = Unknown {
                    lease_id: Some(id),
                    ..Unknown::default()
                };
                return Err(unknown(ids, &WRITTEN_SINCE));
            }
            pick(written, id)
        })
        .collect())
}

/// The new rows, in the order in which they were asked for.
fn answers(wanted: &[NewLease], found: &Leases) -> Outcomes<Arc<EnvironmentLease>> {
    let answer = |new: &NewLease| {
        pick(found, new.id)?.ok_or(Error::Failed("Failed to acquire environment lease"))
    };
    wanted.iter().map(answer).collect()
}

fn pick(leases: &Leases, id: Uuid) -> Result<Option<Arc<EnvironmentLease>>, Error> {
    Ok(leases.get(&id).cloned().transpose()?)
}
