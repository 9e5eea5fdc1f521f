//! Performs a batch of calls.
//!
//! 1. Each call is checked by itself. If its check fails, that error is its outcome.
//! 2. Calls that write the same row go into successive runs, in their order.
//! 3. If the server refuses a run and a single call may be the cause, the calls are run again one by one.

use std::collections::HashMap;
use std::slice;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use uuid::Uuid;

use super::operation::{Argument, Attempt, Effect, Operation, Outcome, Outcomes, Readiness};
use super::policy::Policy;
use super::settle::{NotDone, Run, settle};
use crate::database::Database;
use crate::database::fault::{Failure, Reach};
use crate::error::Error;

/// Performs calls of one operation. The outcomes are in the order of the calls.
pub async fn perform<O: Operation>(
    operation: &O,
    database: &Database,
    calls: Vec<O::Call>,
) -> Outcomes {
    let mut outcomes: Vec<Option<Outcome>> = calls.iter().map(|_| None).collect();
    let mut rounds = Rounds::<O>::default();
    for (index, checked) in check_all(operation, database, calls)
        .await
        .into_iter()
        .enumerate()
    {
        match checked {
            Ok(call) => rounds.add(index, call),
            Err(error) => set(&mut outcomes, index, Err(error)),
        }
    }
    let mut unreachable = None;
    for Round { indices, calls } in rounds.rounds {
        let answers = match &unreachable {
            None => run_isolated(operation, database, &calls).await,
            // The server was unreachable a moment ago: do not wait for it again.
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
    let outcome = |outcome: Option<Outcome>| {
        let outcome = outcome.unwrap_or_else(unanswered);
        if matches!(outcome, Err(Error::OutcomeUnknown(_))) {
            database.counters().unknown.increment();
        }
        outcome
    };
    outcomes.into_iter().map(outcome).collect()
}

/// Checks the arguments of calls. Those that the server has to judge are sent to it all at once, and are
/// repeated like any other read.
async fn check_all<O: Operation>(
    operation: &O,
    database: &Database,
    calls: Vec<O::Call>,
) -> Vec<Result<O::Call, Error>> {
    let check = |mut call| {
        let readiness = check(operation, &mut call);
        (call, readiness)
    };
    let mut checked: Vec<_> = calls.into_iter().map(check).collect();
    let to_be_judged = checked
        .iter_mut()
        .filter(|(_, readiness)| matches!(readiness, Ok(Readiness::ToBeJudged)));
    // Boxed, here and below: it is rarely done, and would be compiled for each operation.
    let judging = to_be_judged.map(|(call, readiness)| {
        async move {
            let mut judging = Judging { operation, call };
            let done = settle(database, Effect::Read, Attempt::First, &mut judging).await;
            if let Err(not_done) = done {
                *readiness = Err(not_done.failure.error);
            }
        }
        .boxed()
    });
    join_all(judging).await;
    let checked = checked.into_iter();
    checked
        .map(|(call, readiness)| readiness.map(|_| call))
        .collect()
}

/// Has the server judge the arguments of one call.
struct Judging<'j, O: Operation> {
    operation: &'j O,
    call: &'j mut O::Call,
}

impl<O: Operation> Run<()> for Judging<'_, O> {
    fn run<'r>(
        &'r mut self,
        database: &'r Database,
        _: Attempt,
    ) -> BoxFuture<'r, Result<(), Failure>> {
        async {
            for argument in self.operation.arguments(self.call) {
                if matches!(argument.check(), Ok(Readiness::ToBeJudged)) {
                    argument.judge(database).await?;
                }
            }
            Ok(())
        }
        .boxed()
    }
}

/// Runs calls together.
struct Together<'t, O: Operation> {
    operation: &'t O,
    calls: &'t [O::Call],
}

impl<O: Operation> Run<Outcomes> for Together<'_, O> {
    fn run<'r>(
        &'r mut self,
        database: &'r Database,
        attempt: Attempt,
    ) -> BoxFuture<'r, Result<Outcomes, Failure>> {
        self.operation.run(database, self.calls, attempt).boxed()
    }
}

fn check<O: Operation>(operation: &O, call: &mut O::Call) -> Result<Readiness, Error> {
    let mut all = Readiness::Ready;
    for argument in operation.arguments(call) {
        if argument.check()? == Readiness::ToBeJudged {
            all = Readiness::ToBeJudged;
        }
    }
    Ok(all)
}

fn set<T>(outcomes: &mut [Option<T>], index: usize, outcome: T) {
    if let Some(place) = outcomes.get_mut(index) {
        *place = Some(outcome);
    }
}

/// Calls in their order, divided into rounds so that no round writes a row twice.
struct Rounds<O: Operation> {
    rounds: Vec<Round<O::Call>>,
    /// How many calls have written each row so far.
    writes: HashMap<Uuid, usize>,
}

struct Round<C> {
    indices: Vec<usize>,
    calls: Vec<C>,
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
    fn add(&mut self, index: usize, call: O::Call) {
        let first = if O::TOGETHER { 0 } else { self.rounds.len() };
        let number = O::ROW.map_or(first, |row| {
            let writes = self.writes.entry(row(&call)).or_default();
            *writes += 1;
            *writes - 1
        });
        if self.rounds.len() <= number {
            self.rounds.push(Round {
                indices: Vec::new(),
                calls: Vec::new(),
            });
        }
        if let Some(round) = self.rounds.get_mut(number) {
            round.indices.push(index);
            round.calls.push(call);
        }
    }
}

/// Runs calls together, or one by one if the server refuses the run and a single call may be the cause.
///
/// # Errors
///
/// If the server could not be reached, and so nothing has happened.
async fn run_isolated<O: Operation>(
    operation: &O,
    database: &Database,
    calls: &[O::Call],
) -> Result<Outcomes, Error> {
    let effect = O::EFFECT;
    let run = async |calls, attempt| {
        let mut together = Together { operation, calls };
        settle(database, effect, attempt, &mut together).await
    };
    let not_done = match run(calls, Attempt::First).await {
        Ok(outcomes) => return Ok(outcomes),
        Err(not_done) => not_done,
    };
    let NotDone { failure, attempt } = &not_done;
    if failure.reach == Reach::NotSent && *attempt == Attempt::First {
        return Err(not_done.failure.error);
    }
    // Only a refusal can be caused by a single call. After a lost connection, calls that were run one by one
    // would each take the whole time for settling, and calls that must not be repeated would be repeated.
    let policy = match failure.reach {
        Reach::Refused if calls.len() > 1 => Policy::of(failure, effect),
        _ => Policy::Everybody,
    };
    let alone = calls.iter().map(|call| {
        async {
            match run(slice::from_ref(call), *attempt).await {
                Ok(mut outcome) => outcome.pop().unwrap_or_else(unanswered),
                Err(not_done) => Err(not_done.about(effect, O::ids(call))),
            }
        }
        .boxed()
    });
    Ok(match policy {
        Policy::Everybody => calls
            .iter()
            .map(|call| Err(not_done.about(effect, O::ids(call))))
            .collect(),
        Policy::EachAtOnce => join_all(alone).await,
        Policy::EachInOrder => {
            let mut outcomes = Vec::with_capacity(calls.len());
            for outcome in alone {
                // The other calls wait for the same lock. They have not been sent.
                if matches!(outcomes.last(), Some(Err(Error::HeldUp))) {
                    outcomes.push(Err(Error::HeldUp));
                } else {
                    outcomes.push(outcome.await);
                }
            }
            outcomes
        }
    })
}

fn unanswered() -> Outcome {
    Err(Error::Bug("a call was left without an answer".to_owned()))
}
