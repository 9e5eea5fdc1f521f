//! Runs until it is settled what became of them.
//!
//! A run that may be repeated is, until the server answers or the time is over. From the first attempt on that
//! may have had an effect, only two answers count: success, and a refusal of the data themselves by an insert,
//! which proves that no earlier attempt was committed. Whatever else ends the attempts leaves the outcome
//! unknown, and is reported so, with the ids that are in question.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep, timeout_at};

use super::operation::{Attempt, Effect};
use crate::backoff::Backoff;
use crate::database::Database;
use crate::database::fault::{Failure, Reach};
use crate::database::sqlstate::Condition;
use crate::error::{Error, Ids};

/// How often a run is repeated that gave way to another transaction.
const COLLISIONS: u32 = 5;

/// How much longer a run may take than a connection is waited for: timers that are due together go off in any order.
const GRACE: Duration = Duration::from_millis(20);

/// What can be run, and run again.
///
/// Boxed, so that this file is compiled once and not for each operation: that made the addon 0.5 MB larger.
pub(super) trait Run<Done>: Send {
    /// Runs it once.
    fn run<'r>(
        &'r mut self,
        database: &'r Database,
        attempt: Attempt,
    ) -> BoxFuture<'r, Result<Done, Failure>>;
}

/// A run that did not succeed.
#[derive(Debug)]
pub(super) struct NotDone {
    /// The last failure.
    pub(super) failure: Failure,
    /// Whether an attempt may have had an effect all the same: what another run would be.
    pub(super) attempt: Attempt,
}

impl NotDone {
    /// The error as it concerns one of the calls.
    pub(super) fn about(&self, effect: Effect, ids: Ids) -> Error {
        let proves_no_effect = effect == Effect::Insert
            // An insert would have met its own row first.
            && self.failure.condition() == Some(Condition::DataRefused);
        if self.attempt == Attempt::First || proves_no_effect {
            self.failure.error.clone()
        } else {
            Error::outcome_unknown(ids, &self.failure.error)
        }
    }
}

/// Runs something until it is settled what became of it.
pub(super) async fn settle<Done>(
    database: &Database,
    effect: Effect,
    mut attempt: Attempt,
    run: &mut dyn Run<Done>,
) -> Result<Done, NotDone> {
    let mut deadline = (attempt == Attempt::Repeat).then(|| settling_ends(database));
    let mut collisions = 0;
    let mut backoff = Backoff::new();
    let mut last = None;
    // What keeps the server away says more than how it went away, or that no connection was to be had.
    let away = |last: Option<Error>, error| database.trouble().or(last).unwrap_or(error);
    loop {
        let result = match deadline {
            None => until(None, run.run(database, attempt)).await,
            // What could not be sent by then had no effect, and says so itself, if it is let.
            Some(ends) => {
                let database = database.until(deadline);
                until(Some(ends + GRACE), run.run(&database, attempt)).await
            }
        };
        let Some(result) = result else {
            let error = away(last, Error::no_answer());
            let reach = Reach::Lost;
            return Err(NotDone {
                failure: Failure { error, reach },
                attempt: after_possible(effect),
            });
        };
        let mut failure = match result {
            Ok(done) => {
                if attempt == Attempt::Repeat {
                    database.counters().settled.increment();
                }
                return Ok(done);
            }
            Err(failure) => failure,
        };
        let condition = failure.condition();
        let is_final = match failure.reach {
            // It would be as unreadable the next time, and may well have been carried out.
            Reach::Unreadable => {
                attempt = after_possible(effect);
                true
            }
            Reach::Refused
                if condition == Some(Condition::Collision) && collisions < COLLISIONS =>
            {
                collisions += 1;
                database.counters().repeated.increment();
                continue;
            }
            Reach::Refused => {
                attempt == Attempt::First || condition == Some(Condition::DataRefused)
            }
            Reach::NotSent => deadline.is_none() || condition == Some(Condition::LoginRefused),
            Reach::Ended => false,
            Reach::Lost => {
                attempt = after_possible(effect);
                effect == Effect::Once
            }
        };
        if is_final {
            return Err(NotDone { failure, attempt });
        }
        let ends = *deadline.get_or_insert_with(|| settling_ends(database));
        let Some(left) = ends.checked_duration_since(Instant::now()) else {
            if failure.reach == Reach::NotSent {
                failure.error = away(last, failure.error);
            }
            return Err(NotDone { failure, attempt });
        };
        last = Some(failure.error);
        sleep(backoff.pause().min(left)).await;
        database.counters().repeated.increment();
    }
}

/// One run; none if the deadline came before its end.
async fn until<T>(
    deadline: Option<Instant>,
    run: BoxFuture<'_, Result<T, Failure>>,
) -> Option<Result<T, Failure>> {
    let run = async {
        AssertUnwindSafe(run)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| {
                // The panic hook has said where.
                Err(Failure::unreadable(Error::Bug("it panicked".to_owned())))
            })
    };
    match deadline {
        None => Some(run.await),
        Some(deadline) => timeout_at(deadline, run).await.ok(),
    }
}

/// What a next attempt is after one that may have been carried out.
const fn after_possible(effect: Effect) -> Attempt {
    match effect {
        Effect::Read => Attempt::First,
        Effect::Insert | Effect::Set | Effect::Once => Attempt::Repeat,
    }
}

fn settling_ends(database: &Database) -> Instant {
    // Each server may take the whole time for connecting, those that are gone as well.
    let settings = database.settings();
    let servers = u32::try_from(settings.hosts.len()).unwrap_or(u32::MAX);
    Instant::now() + settings.patience().saturating_mul(servers.max(1))
}
