//! How many calls become one statement, and what a failure means to each of them.
//!
//! One mechanism serves all operations:
//!
//! 1. Each call is checked by itself; what is wrong with it is its own outcome.
//! 2. Calls that write the same row are put into successive rounds, in their order.
//! 3. A round is one run of the operation. If the server refuses it for what may be the fault of one
//!    call, each call is run alone.
//! 4. If the connection breaks in mid-run, it is settled what became of the run; see `settle`.

use std::collections::HashMap;
use std::future::Future;
use std::slice;

use futures_util::future::join_all;
use uuid::Uuid;

use super::settle::{Doubt, run_settled};
use crate::database::Database;
use crate::error::{Error, Failure, Reach};
use crate::policy::Policy;

/// The outcomes of calls, in the calls' order.
pub type Outcomes<T> = Vec<Result<T, Error>>;

/// What one run says of each of its items, in their order; or why the run as a whole failed.
pub type Run<T> = Result<Outcomes<T>, Failure>;

/// One of the things that the service does.
pub trait Operation {
    /// The arguments of a call.
    type Call: Send;
    /// A call that was found in order.
    type Item: Send + Sync;
    /// What a call is answered with.
    type Answer: Send;

    /// What becomes of a run whose connection broke.
    const AFTER_LOSS: AfterLoss;

    /// Finds a call in order, or says what is wrong with it.
    fn check(
        database: &Database,
        call: Self::Call,
    ) -> impl Future<Output = Result<Self::Item, Error>> + Send;

    /// Does it for many items at once.
    fn run(
        database: &Database,
        items: &[Self::Item],
    ) -> impl Future<Output = Run<Self::Answer>> + Send;

    /// Does it once more, after a first run that may have had an effect.
    fn run_again(
        database: &Database,
        items: &[Self::Item],
    ) -> impl Future<Output = Run<Self::Answer>> + Send {
        Self::run(database, items)
    }

    /// The row that an item writes, if two items must not write it in one statement.
    fn row(_item: &Self::Item) -> Option<Uuid> {
        None
    }

    /// What a caller has to know of an item whose outcome is not known.
    fn unknown(_item: &Self::Item) -> Unknown {
        Unknown::default()
    }
}

/// What becomes of a run whose connection broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterLoss {
    /// It only reads: it is run again, and if the server stays away, nothing is lost.
    Read,
    /// It inserts under ids chosen before: run again, it finds what the first run inserted.
    Insert,
    /// It sets rows to values: it is run again where nobody else has written since.
    Set,
    /// It cannot be run again: the second run would give another answer than the first.
    GiveUp,
}

/// The ids that the error about an unknown outcome carries.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unknown {
    /// The lease in question.
    pub lease_id: Option<Uuid>,
    /// The environment in question.
    pub environment_id: Option<Uuid>,
}

/// Why a second run leaves a row as it is.
pub(super) const WRITTEN_SINCE: &str = "somebody else has written the row since";

/// Performs calls of one kind.
pub(super) async fn perform<O: Operation>(
    database: &Database,
    calls: Vec<O::Call>,
) -> Outcomes<O::Answer> {
    let mut outcomes: Vec<Option<Result<O::Answer, Error>>> = calls.iter().map(|_| None).collect();
    let mut rounds = Rounds::<O>::default();
    let checks = calls.into_iter().map(|call| O::check(database, call));
    for (index, checked) in join_all(checks).await.into_iter().enumerate() {
        match checked {
            Ok(item) => rounds.add(index, item),
            Err(error) => set(&mut outcomes, index, Err(error)),
        }
    }
    let mut unreachable = None;
    for Round { indices, items } in rounds.rounds {
        let answers = match &unreachable {
            None => run_isolated::<O>(database, &items).await,
            // What could not be reached a moment ago is not waited for once more.
            Some(error) => Err(Error::clone(error)),
        };
        match answers {
            Ok(answers) => {
                for (index, answer) in indices.into_iter().zip(answers) {
                    set(&mut outcomes, index, answer);
                }
            }
            Err(error) => {
                for index in indices {
                    set(&mut outcomes, index, Err(error.clone()));
                }
                unreachable = Some(error);
            }
        }
    }
    let is_unknown = |outcome: &&Option<_>| matches!(outcome, Some(Err(Error::OutcomeUnknown(_))));
    let unknown = outcomes.iter().filter(is_unknown).count();
    if unknown > 0 {
        database.counters().unknown(unknown);
    }
    outcomes
        .into_iter()
        .map(|outcome| outcome.unwrap_or_else(unanswered))
        .collect()
}

fn set<T>(outcomes: &mut [Option<T>], index: usize, outcome: T) {
    if let Some(place) = outcomes.get_mut(index) {
        *place = Some(outcome);
    }
}

/// Items in the order of their calls, such that no round writes a row twice.
struct Rounds<O: Operation> {
    rounds: Vec<Round<O>>,
    /// How many items have written each row so far.
    writes: HashMap<Uuid, usize>,
}

struct Round<O: Operation> {
    indices: Vec<usize>,
    items: Vec<O::Item>,
}

impl<O: Operation> Default for Rounds<O> {
    fn default() -> Self {
        Self {
            rounds: Vec::new(),
            writes: HashMap::new(),
        }
    }
}

impl<O: Operation> Rounds<O> {
    fn add(&mut self, index: usize, item: O::Item) {
        let number = O::row(&item).map_or(0, |row| {
            let writes = self.writes.entry(row).or_default();
            *writes += 1;
            *writes - 1
        });
        if self.rounds.len() <= number {
            self.rounds.push(Round {
                indices: Vec::new(),
                items: Vec::new(),
            });
        }
        if let Some(round) = self.rounds.get_mut(number) {
            round.indices.push(index);
            round.items.push(item);
        }
    }
}

/// Runs items together, or each by itself if together they fail for what one of them may have done.
///
/// # Errors
///
/// If the server could not be reached, so that nothing has happened.
async fn run_isolated<O: Operation>(
    database: &Database,
    items: &[O::Item],
) -> Result<Outcomes<O::Answer>, Error> {
    let undone = match run_settled::<O>(database, items, Doubt::None).await {
        Ok(outcomes) => return Ok(outcomes),
        Err(undone) => undone,
    };
    if undone.reach == Reach::NotSent && undone.doubt == Doubt::None {
        return Err(undone.error);
    }
    // Only what the server refused can be one item's fault: where the connection broke, each would have its
    // own time for settling, one after the other, and what must not be repeated would be.
    let is_refused = undone.reach == Reach::Refused;
    if items.len() == 1 || !is_refused || !may_be_one_s_fault::<O>(&undone.error) {
        return Ok(items
            .iter()
            .map(|item| Err(undone.about::<O>(item)))
            .collect());
    }
    let alone = items.iter().map(async |item| {
        match run_settled::<O>(database, slice::from_ref(item), undone.doubt).await {
            Ok(mut outcome) => outcome.pop().unwrap_or_else(unanswered),
            Err(undone) => Err(undone.about::<O>(item)),
        }
    });
    // Of two writes that exclude each other, the first is to win: so they run in their order. Not those
    // that had to wait too long: one after the other they might wait as often.
    let in_order =
        O::AFTER_LOSS != AfterLoss::Read && Policy::of(&undone.error) != Some(Policy::OutOfTime);
    if in_order {
        let mut outcomes = Vec::with_capacity(items.len());
        for outcome in alone {
            outcomes.push(outcome.await);
        }
        return Ok(outcomes);
    }
    Ok(join_all(alone).await)
}

/// Whether a run of several items may have failed for what one of them did.
fn may_be_one_s_fault<O: Operation>(error: &Error) -> bool {
    match Policy::of(error) {
        Some(Policy::Data | Policy::OneCall | Policy::Collision) => true,
        Some(Policy::OutOfTime) => O::AFTER_LOSS != AfterLoss::Read,
        _ => false,
    }
}

fn unanswered<T>() -> Result<T, Error> {
    Err(Error::Bug("a call was left without an answer".to_owned()))
}
