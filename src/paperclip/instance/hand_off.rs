//! Acquires a lease on a condition: that its environment belongs to no other company, or that the lease of
//! the same sandbox is unchanged.

use super::find::BOUND;
use super::removal::LOCK;
use super::table::{BOUND_COMPANIES, THERE};
use crate::batch::{Answer, Attempt, Effect, Operation, Outcome, Run};
use crate::database::Database;
use crate::database::executor::Executor;
use crate::database::fault::Failure;
use crate::database::row::Row;
use crate::database::sqlstate::Condition;
use crate::database::statement::Statement;
use crate::error::{Error, HttpError, HttpErrorDetails, Ids};
use crate::paperclip::argument::{Argument, Id};
use crate::paperclip::keyed::Keyed;
use crate::paperclip::leases::calls::Acquire;
use crate::paperclip::leases::{
    ITEMS, Leases, WAITING_LEASES_OF_2026_916 as LEASES, columns, inserting, item,
};
use crate::paperclip::rows::one;

pub(super) static STATEMENTS: [&Statement; 2] = [&REPLACE, &REACQUIRE];

static REPLACE: Statement = Statement::about_one("replace a reusable lease", |form| {
    let (columns, guard) = (columns(), &form.guard);
    let items = [&ITEMS[..], &[("old_id", "uuid")]].concat();
    let (items, is_it) = (form.items(2, &items), is_old("t"));
    format!(
        "with retired as (update environment_leases as t set status = 'expired', \
         released_at = i.now, last_used_at = i.now, updated_at = i.now, cleanup_status = 'success' \
         from {items} where {guard} and {is_it} and t.status in ('released', 'retained') returning t.id) \
         {} from {items}, retired returning {columns}",
        inserting()
    )
});

// A repeat leaves out a lease that somebody has changed since.
static REACQUIRE: Statement = Statement::about_one("reacquire a reusable lease", |form| {
    let (columns, guard) = (columns(), &form.guard);
    let items = [&ITEMS[..], &[("old_id", "uuid"), ("again", "bool")]].concat();
    let (items, is_it) = (form.items(2, &items), is_old("r"));
    format!(
        "update environment_leases as r set status = 'active', released_at = null, \
         last_used_at = i.now, updated_at = i.now, expires_at = i.expires_at, failure_reason = null, \
         cleanup_status = null, metadata = i.metadata::jsonb \
         from {items} where {guard} and {is_it} and r.heartbeat_run_id = i.heartbeat_run_id \
         and r.status in ('active', 'released', 'retained') \
         and (not i.again or date_trunc('milliseconds', r.updated_at) <= i.now) returning {columns}"
    )
});

/// The condition that a lease is the one that an item names, and holds the same sandbox.
fn is_old(lease: &str) -> String {
    format!(
        "{lease}.id = i.old_id and {lease}.company_id = i.company_id \
         and {lease}.environment_id = i.environment_id \
         and {lease}.execution_workspace_id = i.execution_workspace_id \
         and {lease}.provider_lease_id = i.provider_lease_id \
         and {lease}.lease_policy = 'reuse_by_environment'"
    )
}

const REPLACED: HttpError =
    HttpError::conflict("Reusable sandbox lease ownership changed during acquisition.");
const REACQUIRED: HttpError =
    HttpError::conflict("Reusable sandbox lease ownership changed during reacquisition.");
const FOREIGN: HttpError = HttpError {
    status: 403,
    message: "The selected environment belongs to another company.",
    details: Some(HttpErrorDetails {
        code: "environment_company_mismatch",
    }),
};

/// Acquires such leases.
pub struct HandOff;

impl Operation for HandOff {
    type Call = Acquire;
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = Effect::Insert;
    /// Each call is a unit of work.
    const TOGETHER: bool = false;

    fn arguments<'c>(&self, call: &'c mut Acquire) -> Vec<Argument<'c>> {
        let asserts = call.assert_company_binding.is_some();
        call.arguments(asserts)
    }

    async fn run(&self, database: &Database, calls: &[Acquire], attempt: Attempt) -> Run {
        let mut outcomes = Vec::with_capacity(calls.len());
        for acquire in calls {
            outcomes.push(hand_off(database, acquire, attempt).await?);
        }
        Ok(outcomes)
    }

    fn ids(acquire: &Acquire) -> Ids {
        match acquire.reuses_reusable_lease_id {
            // The caller knows this lease, and another caller may hold it by now: it must not be released on
            // the caller's behalf.
            Some(_) => Ids::default(),
            None => Ids::lease(acquire.id),
        }
    }
}

async fn hand_off(
    database: &Database,
    acquire: &Acquire,
    attempt: Attempt,
) -> Result<Outcome, Failure> {
    // What an earlier attempt inserted, or was still inserting.
    let is_sought = attempt == Attempt::Repeat && acquire.reuses_reusable_lease_id.is_none();
    let sought: &[_] = if is_sought { &[acquire.id] } else { &[] };
    let made = async || LEASES.by_id(database.into(), sought).await;
    if let Some(made) = made().await?.get(acquire.id) {
        return Ok(made);
    }
    match take_if_open(database, acquire, attempt).await {
        Err(failure) if failure.condition() == Some(Condition::DataRefused) => {
            made().await?.get(acquire.id).ok_or(failure)
        }
        Ok(Ok(None)) => {
            let made = made().await?.get(acquire.id);
            Ok(made.unwrap_or_else(|| Err(refusal(acquire, attempt))))
        }
        taken => Ok(taken?.and_then(|lease| lease.map_or(Ok(Answer::Row(None)), one))),
    }
}

/// Takes over the sandbox if the environment is open to the company. None if the sandbox's lease has changed.
async fn take_if_open(
    database: &Database,
    acquire: &Acquire,
    attempt: Attempt,
) -> Result<Result<Option<Row>, Error>, Failure> {
    let Some(company) = &acquire.assert_company_binding else {
        return take(database.into(), acquire, attempt).await.map(Ok);
    };
    let mut work = database.begin().await?;
    if !is_open_to((&mut work).into(), acquire, company).await? {
        work.rollback().await;
        return Ok(Err(Error::Http(FOREIGN)));
    }
    let taken = take((&mut work).into(), acquire, attempt).await?;
    work.commit().await?;
    Ok(Ok(taken))
}

/// Whether an environment is bound to no company, or to this one. The environment is locked first, so that no
/// binding can be added before the lease is.
async fn is_open_to(
    mut on: Executor<'_>,
    acquire: &Acquire,
    company: &str,
) -> Result<bool, Failure> {
    let environment = [acquire.environment_id.as_ref().map(Id::uuid)];
    let lock = || LOCK.about(&environment).column(|id| *id).bound();
    on.rows(&THERE, lock).await?;
    let bound = || BOUND.about(&[()]).value(environment[0]).bound();
    let bound = on.rows(&BOUND_COMPANIES, bound).await?;
    let mut companies = bound.iter().filter_map(|row| row.uuid("company_id"));
    Ok(bound.is_empty() || companies.any(|id| id.to_string() == company))
}

/// Takes over the sandbox. None if its lease has changed.
async fn take(
    mut on: Executor<'_>,
    acquire: &Acquire,
    attempt: Attempt,
) -> Result<Option<Row>, Failure> {
    let items = [acquire];
    let replaced = acquire.replaces_reusable_lease_id.as_ref().map(Id::uuid);
    let reused = acquire.reuses_reusable_lease_id.as_ref().map(Id::uuid);
    let rows = match (replaced, reused) {
        (_, Some(old)) => {
            let make = || {
                let reacquire = item(REACQUIRE.about(&items), |acquire| acquire).value(old);
                reacquire.value(attempt == Attempt::Repeat).bound()
            };
            on.rows(LEASES.table, make).await?
        }
        (Some(old), None) => {
            let make = || {
                let replace = item(REPLACE.about(&items), |acquire| acquire);
                replace.value(old).bound()
            };
            on.rows(LEASES.table, make).await?
        }
        (None, None) => LEASES.insert(on, &items, attempt).await?,
    };
    Ok(rows.into_iter().next())
}

/// Why the sandbox was not taken over.
fn refusal(acquire: &Acquire, attempt: Attempt) -> Error {
    let replaces = acquire.replaces_reusable_lease_id.is_some();
    match (&acquire.reuses_reusable_lease_id, attempt) {
        (Some(_), Attempt::Repeat) => {
            let changed = "somebody else has written the lease since";
            Error::outcome_unknown(Ids::default(), &changed)
        }
        (Some(_), Attempt::First) => Error::Http(REACQUIRED),
        (None, _) if replaces => Error::Http(REPLACED),
        (None, _) => Error::Failed(Leases::FAILED),
    }
}
