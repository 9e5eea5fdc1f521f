//! The operations on leases.

use std::collections::HashMap;

use uuid::Uuid;

use super::calls::{Acquire, Release, ReleaseRun, SetMetadata};
use super::table::Leases;
use crate::batch::{Attempt, Effect, Operation, Run};
use crate::database::Database;
use crate::database::row::Row;
use crate::error::{Error, Ids};
use crate::paperclip::argument::{Argument, Id};
use crate::paperclip::keyed;
use crate::paperclip::rows;
use crate::paperclip::words::LEASE_CLEANUP_STATUS;

/// Acquires a lease.
pub struct AcquireLease(pub &'static Leases);

impl Operation for AcquireLease {
    type Call = Acquire;
    type Argument<'c> = Argument<'c>;
    /// The lease's id is chosen before the first attempt, so a repeat finds what it inserted.
    const EFFECT: Effect = Effect::Insert;

    fn arguments<'c>(&self, call: &'c mut Acquire) -> Vec<Argument<'c>> {
        call.arguments(false)
    }

    async fn run(&self, database: &Database, leases: &[Acquire], attempt: Attempt) -> Run {
        // Inserts leases in the order of their environments, which their foreign keys lock, so that two
        // processes cannot deadlock.
        let mut order: Vec<usize> = (0..leases.len()).collect();
        let environment = |lease: &Acquire| lease.environment_id.as_ref().map(Id::uuid);
        order.sort_by_key(|index| leases.get(*index).and_then(environment));
        let sorted: Vec<&Acquire> = order
            .iter()
            .filter_map(|index| leases.get(*index))
            .collect();
        let inserted = keyed::insert(self.0, database, &sorted, attempt).await;
        let outcomes = match inserted {
            Err(failure) if self.0.is_held_up(&failure, attempt) => {
                leases.iter().map(|_| Err(Error::HeldUp)).collect()
            }
            inserted => inserted?,
        };
        let mut in_order: Vec<_> = order.into_iter().zip(outcomes).collect();
        in_order.sort_by_key(|(index, _)| *index);
        Ok(in_order.into_iter().map(|(_, outcome)| outcome).collect())
    }

    fn ids(lease: &Acquire) -> Ids {
        Ids::lease(lease.id)
    }
}

/// Ends a lease.
pub struct ReleaseLease(pub &'static Leases);

impl Operation for ReleaseLease {
    type Call = Release;
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = Effect::Set;
    const ROW: Option<fn(&Release) -> Uuid> = Some(|release| release.id.uuid());

    fn arguments<'c>(&self, call: &'c mut Release) -> Vec<Argument<'c>> {
        vec![
            Argument::Word(call.status.as_text(), self.0.statuses),
            Argument::Word(call.cleanup_status.as_text(), &LEASE_CLEANUP_STATUS),
            Argument::Moment(Some(&mut call.now)),
            Argument::Text(call.failure_reason.as_text()),
            Argument::Document(call.remote_execution_termination.as_ref()),
            Argument::Id(Some(&mut call.id)),
        ]
    }

    async fn run(&self, database: &Database, releases: &[Release], attempt: Attempt) -> Run {
        let written = self.0.release(database.into(), releases, attempt).await?;
        let ids: Vec<Uuid> = releases.iter().map(|release| release.id.uuid()).collect();
        keyed::set(self.0, database, ids, written, attempt).await
    }

    fn ids(release: &Release) -> Ids {
        Ids::lease(release.id.uuid())
    }
}

/// Sets the metadata of a lease. Null clears it; absent metadata only marks the lease as used.
pub struct UpdateLeaseMetadata(pub &'static Leases);

impl Operation for UpdateLeaseMetadata {
    type Call = SetMetadata;
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = Effect::Set;
    const ROW: Option<fn(&SetMetadata) -> Uuid> = Some(|change| change.id.uuid());

    fn arguments<'c>(&self, call: &'c mut SetMetadata) -> Vec<Argument<'c>> {
        vec![
            Argument::Moment(Some(&mut call.now)),
            Argument::Document(call.metadata.as_value()),
            Argument::Id(Some(&mut call.id)),
        ]
    }

    async fn run(&self, database: &Database, changes: &[SetMetadata], attempt: Attempt) -> Run {
        let written = self
            .0
            .set_metadata(database.into(), changes, attempt)
            .await?;
        let ids: Vec<Uuid> = changes.iter().map(|change| change.id.uuid()).collect();
        keyed::set(self.0, database, ids, written, attempt).await
    }

    fn ids(change: &SetMetadata) -> Ids {
        Ids::lease(change.id.uuid())
    }
}

/// Ends all leases that a run still holds.
pub struct ReleaseLeasesForRun(pub &'static Leases);

impl Operation for ReleaseLeasesForRun {
    type Call = ReleaseRun;
    type Argument<'c> = Argument<'c>;
    /// A repeat would leave out the leases that the first attempt released.
    const EFFECT: Effect = Effect::Once;
    const ROW: Option<fn(&ReleaseRun) -> Uuid> = Some(|run| run.heartbeat_run_id.uuid());

    fn arguments<'c>(&self, call: &'c mut ReleaseRun) -> Vec<Argument<'c>> {
        vec![
            Argument::Word(call.status.as_text(), self.0.statuses),
            Argument::Moment(Some(&mut call.now)),
            Argument::Id(Some(&mut call.heartbeat_run_id)),
        ]
    }

    async fn run(&self, database: &Database, runs: &[ReleaseRun], _: Attempt) -> Run {
        let mut by_run: HashMap<Option<Uuid>, Vec<Row>> = HashMap::new();
        for row in self.0.release_runs(database.into(), runs).await? {
            by_run.entry(row.beside()).or_default().push(row);
        }
        let mut released = |run: &ReleaseRun| {
            let rows = by_run.remove(&Some(run.heartbeat_run_id.uuid()));
            rows::many(rows.unwrap_or_default())
        };
        Ok(runs.iter().map(&mut released).collect())
    }
}
