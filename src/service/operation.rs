//! How many calls become one statement, and what a failure means to each of them.
//!
//! One mechanism serves all operations:
//!
//! 1. Each call is checked by itself; what is wrong with it is its own outcome.
//! 2. Calls that write the same row are put into successive rounds, in their order.
//! 3. A round is one run of the operation. If the server refuses it for what may be the fault of one
//!    call, each call is run alone.
//! 4. If the connection breaks in mid-run, an operation that may be repeated is, until the server is
//!    back or the time for connecting is over. What then is not known is said to be unknown.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use uuid::Uuid;

use crate::database::Database;
use crate::error::{Error, Failure, OutcomeUnknown, Reach};

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
    /// It only reads. If the server stays away, nothing is lost.
    Read,
    /// It is run again: doing it twice comes to the same as doing it once.
    Repeat,
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

/// For how long the outcome of a broken run is sought where connecting has no time limit.
const DEFAULT_SETTLING_TIME: Duration = Duration::from_secs(30);

/// How often a run is tried that the server ends because it collided with another transaction.
const ATTEMPTS: u32 = 5;

/// The pauses between attempts to reach the server again: doubling, up to a ceiling.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Performs calls of one kind.
pub(super) async fn perform<O: Operation>(
    database: &Database,
    calls: Vec<O::Call>,
) -> Outcomes<O::Answer> {
    let mut outcomes: Vec<Option<Result<O::Answer, Error>>> = calls.iter().map(|_| None).collect();
    let mut rounds = Rounds::<O>::default();
    for (index, call) in calls.into_iter().enumerate() {
        match O::check(database, call).await {
            Ok(item) => rounds.add(index, item),
            Err(error) => set(&mut outcomes, index, Err(error)),
        }
    }
    for round in rounds.rounds {
        let answers = run_isolated::<O>(database, &round.items).await;
        for (index, answer) in round.indices.into_iter().zip(answers) {
            set(&mut outcomes, index, answer);
        }
    }
    let unanswered = || Err(Error::Bug("a call was left without an answer".to_owned()));
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

/// Runs items together, or one by one if together they fail for what one of them may have done.
async fn run_isolated<O: Operation>(database: &Database, items: &[O::Item]) -> Outcomes<O::Answer> {
    let error = match run_settled::<O>(database, items).await {
        Ok(outcomes) => return outcomes,
        Err(error) => error,
    };
    if items.len() == 1 || !error.may_concern_one_call() {
        return items
            .iter()
            .map(|item| Err(about::<O>(&error, item)))
            .collect();
    }
    let mut outcomes = Vec::with_capacity(items.len());
    for item in items {
        match run_settled::<O>(database, std::slice::from_ref(item)).await {
            Ok(outcome) => outcomes.extend(outcome),
            Err(error) => outcomes.push(Err(about::<O>(&error, item))),
        }
    }
    outcomes
}

/// An error about several items, as it concerns one of them.
fn about<O: Operation>(error: &Error, item: &O::Item) -> Error {
    match error {
        Error::OutcomeUnknown(unknown) => {
            let Unknown {
                lease_id,
                environment_id,
            } = O::unknown(item);
            Error::OutcomeUnknown(Box::new(OutcomeUnknown {
                lease_id,
                environment_id,
                ..(**unknown).clone()
            }))
        }
        other => other.clone(),
    }
}

/// Runs items, and settles what has become of them if the connection breaks.
async fn run_settled<O: Operation>(
    database: &Database,
    items: &[O::Item],
) -> Result<Outcomes<O::Answer>, Error> {
    let mut attempt = 1;
    let Failure {
        error: first,
        reach,
    } = loop {
        match O::run(database, items).await {
            Ok(outcomes) => return Ok(outcomes),
            // The server gave way to another transaction, and nothing has happened.
            Err(failure) if failure.error.is_given_way() && attempt < ATTEMPTS => attempt += 1,
            Err(failure) => break failure,
        }
    };
    let after_loss = match reach {
        Reach::NotSent | Reach::Refused => return Err(first),
        // As good as not sent: any operation can be run again.
        Reach::Ended => AfterLoss::Read,
        Reach::Lost => O::AFTER_LOSS,
    };
    if after_loss == AfterLoss::GiveUp {
        return Err(unknown(&first));
    }
    let limit = database
        .settings()
        .connect_timeout
        .unwrap_or(DEFAULT_SETTLING_TIME);
    settle::<O>(database, items, after_loss, first, Instant::now() + limit).await
}

/// Runs items again until the server says what has become of them, or until the deadline.
async fn settle<O: Operation>(
    database: &Database,
    items: &[O::Item],
    mut after_loss: AfterLoss,
    first: Error,
    deadline: Instant,
) -> Result<Outcomes<O::Answer>, Error> {
    let mut pause = FIRST_PAUSE;
    let mut last = first;
    loop {
        match timeout_at(deadline, O::run(database, items)).await {
            Ok(Ok(outcomes)) => return Ok(outcomes),
            // The server is back and refuses the data: then it refused them the first time as well.
            // Any other refusal (a time-out, a server that is now read-only) leaves it open.
            Ok(Err(Failure {
                error,
                reach: Reach::Refused,
            })) if after_loss == AfterLoss::Read || error.is_about_the_data() => {
                return Err(error);
            }
            Ok(Err(Failure { error, reach })) => {
                last = error;
                if reach == Reach::Lost && after_loss == AfterLoss::Read {
                    after_loss = O::AFTER_LOSS;
                    if after_loss == AfterLoss::GiveUp {
                        break;
                    }
                }
            }
            Err(_) => {
                // The attempt had the whole of the time that was left: it may have had an effect.
                if after_loss == AfterLoss::Read {
                    after_loss = O::AFTER_LOSS;
                }
                break;
            }
        }
        let Some(left) = deadline.checked_duration_since(Instant::now()) else {
            break;
        };
        sleep(pause.min(left)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Err(if after_loss == AfterLoss::Read {
        last
    } else {
        unknown(&last)
    })
}

fn unknown(cause: &Error) -> Error {
    Error::OutcomeUnknown(Box::new(OutcomeUnknown {
        message: format!(
            "The connection broke while this call was under way, and whether it took effect is \
             unknown ({cause})"
        ),
        code: "OUTCOME_UNKNOWN",
        lease_id: None,
        environment_id: None,
    }))
}
