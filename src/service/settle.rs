//! What becomes of a run whose connection breaks.
//!
//! A run that may be run again is, until the server answers or the time is over. From the first
//! attempt on that may have had an effect there is a doubt, and while there is, only two answers
//! count: success, and a refusal of the data themselves by an insert, which proves that no earlier
//! attempt was committed. Whatever else ends the attempts leaves the outcome unknown, and is reported
//! so, with the ids that are in question.

use std::fmt;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio::time::{Instant, sleep, timeout_at};

use super::operation::{AfterLoss, Operation, Outcomes, Run, Unknown};
use crate::backoff::Backoff;
use crate::database::Database;
use crate::error::{Error, Failure, OutcomeUnknown, Reach};
use crate::policy::Policy;

/// How often a run is tried that the server ends because it collided with another transaction.
const COLLISIONS: u32 = 5;

/// Whether an earlier attempt may have had an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Certainly none has.
    None,
    /// One may have had.
    Some,
}

/// A run that did not succeed.
#[derive(Debug)]
pub(super) struct Undone {
    /// The last that was heard.
    pub(super) error: Error,
    /// How far the last attempt had come.
    pub(super) reach: Reach,
    /// Whether an attempt may have had an effect all the same.
    pub(super) doubt: Doubt,
}

impl Undone {
    /// The error as it concerns one of the items.
    pub(super) fn about<O: Operation>(&self, item: &O::Item) -> Error {
        match self.doubt {
            Doubt::None => self.error.clone(),
            // An insert would have met its own row first.
            Doubt::Some
                if O::AFTER_LOSS == AfterLoss::Insert
                    && Policy::of(&self.error) == Some(Policy::Data) =>
            {
                self.error.clone()
            }
            Doubt::Some => unknown(O::unknown(item), &self.error),
        }
    }
}

/// The error for an outcome that is not known, because of `cause`.
pub(super) fn unknown(ids: Unknown, cause: &impl fmt::Display) -> Error {
    Error::OutcomeUnknown(Box::new(OutcomeUnknown {
        message: format!(
            "The answer to this call was lost, and whether it took effect is unknown ({cause})"
        ),
        code: "OUTCOME_UNKNOWN",
        lease_id: ids.lease_id,
        environment_id: ids.environment_id,
    }))
}

/// Runs items until it is settled what became of them. `doubt` tells whether an earlier run of the
/// same items may have had an effect.
pub(super) async fn run_settled<O: Operation>(
    database: &Database,
    items: &[O::Item],
    mut doubt: Doubt,
) -> Result<Outcomes<O::Answer>, Undone> {
    let mut deadline = (doubt == Doubt::Some).then(|| settling_ends(database));
    let mut collisions = 0;
    let mut backoff = Backoff::new();
    let mut last = None;
    loop {
        let Some(run) = attempt::<O>(database, items, doubt, deadline).await else {
            // What keeps the server away says more than how it went away.
            let error = database.trouble().or(last).unwrap_or_else(Error::no_answer);
            return Err(Undone {
                error,
                reach: Reach::Lost,
                doubt: after_loss::<O>(),
            });
        };
        let Failure { error, reach } = match run {
            Ok(outcomes) => {
                if doubt == Doubt::Some {
                    database.counters().settled();
                }
                return Ok(outcomes);
            }
            Err(failure) => failure,
        };
        let policy = Policy::of(&error);
        match reach {
            // The answer makes no sense to us, and would not the next time. It may well say that the
            // statement was carried out.
            _ if matches!(error, Error::Bug(_)) => {
                return Err(Undone {
                    error,
                    reach,
                    doubt: after_loss::<O>(),
                });
            }
            Reach::Refused if policy == Some(Policy::Collision) && collisions < COLLISIONS => {
                // The server gave way to another transaction, and this attempt had no effect.
                collisions += 1;
                database.counters().repeated();
                continue;
            }
            Reach::Refused if doubt == Doubt::None || policy == Some(Policy::Data) => {
                return Err(Undone {
                    error,
                    reach,
                    doubt,
                });
            }
            Reach::NotSent if deadline.is_none() || policy == Some(Policy::Login) => {
                return Err(Undone {
                    error,
                    reach,
                    doubt,
                });
            }
            Reach::Lost if O::AFTER_LOSS == AfterLoss::GiveUp => {
                return Err(Undone {
                    error,
                    reach,
                    doubt: Doubt::Some,
                });
            }
            Reach::Lost if O::AFTER_LOSS != AfterLoss::Read => doubt = Doubt::Some,
            Reach::Refused | Reach::NotSent | Reach::Ended | Reach::Lost => {}
        }
        let ends = *deadline.get_or_insert_with(|| settling_ends(database));
        let Some(left) = ends.checked_duration_since(Instant::now()) else {
            return Err(Undone {
                error,
                reach,
                doubt,
            });
        };
        last = Some(error);
        sleep(backoff.pause().min(left)).await;
        database.counters().repeated();
    }
}

/// One run; none if the deadline came before its end.
async fn attempt<O: Operation>(
    database: &Database,
    items: &[O::Item],
    doubt: Doubt,
    deadline: Option<Instant>,
) -> Option<Run<O::Answer>> {
    let run = async {
        let run = AssertUnwindSafe(async {
            match doubt {
                Doubt::None => O::run(database, items).await,
                Doubt::Some => O::run_again(database, items).await,
            }
        });
        run.catch_unwind().await.unwrap_or_else(|_| {
            Err(Failure {
                // The panic hook has said where.
                error: Error::Bug("it panicked".to_owned()),
                reach: Reach::Lost,
            })
        })
    };
    match deadline {
        None => Some(run.await),
        Some(deadline) => timeout_at(deadline, run).await.ok(),
    }
}

/// What is to be thought of a run whose end was not seen.
fn after_loss<O: Operation>() -> Doubt {
    if O::AFTER_LOSS == AfterLoss::Read {
        Doubt::None
    } else {
        Doubt::Some
    }
}

fn settling_ends(database: &Database) -> Instant {
    // Each server may take the whole time for connecting, those that are gone as well.
    let servers = u32::try_from(database.settings().hosts.len()).unwrap_or(u32::MAX);
    Instant::now()
        + database
            .settings()
            .patience()
            .saturating_mul(servers.max(1))
}
