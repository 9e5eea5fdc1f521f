//! Runs calls, and finds out the outcome of a run after a lost connection.
//!
//! A run that may be repeated is repeated until the server answers or the time is over. Once an attempt may
//! have had an effect, only two answers are conclusive: success, and an insert that the server refuses
//! because of its data, which proves that no earlier attempt was committed. Anything else that ends the
//! attempts leaves the outcome unknown, and is reported with the ids in question.

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

/// How often a run is repeated after a serialization failure or a deadlock.
const COLLISIONS: u32 = 5;

/// How much longer a run may take than the wait for a connection: timers that are due at the same time fire
/// in any order.
const GRACE: Duration = Duration::from_millis(20);

/// What can be run, and repeated.
///
/// The future is boxed, so that this file is compiled once and not for each operation: the addon is 0.3 MB smaller.
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
    /// Whether an attempt may have had an effect all the same, and so whether another run would be a repeat.
    pub(super) attempt: Attempt,
}

impl NotDone {
    /// The error to report for one of the calls.
    pub(super) fn about(&self, effect: Effect, ids: Ids) -> Error {
        let proves_no_effect = effect == Effect::Insert
            // If an earlier attempt had been committed, this one would have found its row.
            && self.failure.condition() == Some(Condition::DataRefused);
        if self.attempt == Attempt::First || proves_no_effect {
            self.failure.error.clone()
        } else {
            Error::outcome_unknown(ids, &self.failure.error)
        }
    }
}

/// Runs something, and repeats it until its outcome is known.
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
    // The reason why the server cannot be reached says more than how the connection broke, or than a wait for
    // a free connection that ended.
    let away = |last: Option<Error>, error| database.trouble().or(last).unwrap_or(error);
    loop {
        let result = match deadline {
            None => until(None, run.run(database, attempt)).await,
            // A run that cannot be sent before the deadline had no effect, and reports so itself if it is
            // given the time.
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
            // A repeat would be as unreadable, and this run may have been carried out.
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

/// Runs once; none if the deadline comes first.
async fn until<T>(
    deadline: Option<Instant>,
    run: BoxFuture<'_, Result<T, Failure>>,
) -> Option<Result<T, Failure>> {
    let run = async {
        AssertUnwindSafe(run)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| {
                // The panic hook has reported where.
                Err(Failure::unreadable(Error::Bug("it panicked".to_owned())))
            })
    };
    match deadline {
        None => Some(run.await),
        Some(deadline) => timeout_at(deadline, run).await.ok(),
    }
}

/// Which attempt comes next after one that may have been carried out.
const fn after_possible(effect: Effect) -> Attempt {
    match effect {
        Effect::Read => Attempt::First,
        Effect::Insert | Effect::Set | Effect::Once => Attempt::Repeat,
    }
}

fn settling_ends(database: &Database) -> Instant {
    // Each server may take the whole time for connecting, including those that are down.
    let settings = database.settings();
    let servers = u32::try_from(settings.hosts.len()).unwrap_or(u32::MAX);
    Instant::now() + settings.patience().saturating_mul(servers.max(1))
}
