//! What is done about a batch that the server refused.
//!
//! Who is at fault is judged by what happened: a function that raised an error while the statement ran (a
//! trigger, a policy) speaks of one row, whatever code it chose. Where that is not certain, each call is run
//! alone, and meets the error again if it was everybody's.

use super::operation::Effect;
use crate::database::fault::Failure;
use crate::database::sqlstate::Condition;
use crate::error::Error;

/// What is done about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    /// Each call is run alone, one after the other: of two writes that exclude each other, the first wins.
    EachInOrder,
    /// Each call is run alone, all at once: one after the other they might wait as often.
    EachAtOnce,
    /// The error is every call's: each would meet it alone as well.
    Everybody,
}

impl Policy {
    /// The policy for a refused run of an operation.
    pub(super) fn of(failure: &Failure, effect: Effect) -> Self {
        let Error::Database(error) = &failure.error else {
            return Self::Everybody;
        };
        let each = match effect {
            Effect::Read => Self::EachAtOnce,
            Effect::Insert | Effect::Set | Effect::Once => Self::EachInOrder,
        };
        match Condition::of(&error.code) {
            // One locked row makes all of them wait. Reads would only wait as long again.
            Condition::OutOfTime if effect == Effect::Read => Self::Everybody,
            Condition::OutOfTime => Self::EachAtOnce,
            // A collision that was met again and again; one call may be what collides.
            Condition::Collision
            | Condition::DataRefused
            | Condition::Forbidden
            | Condition::Other => each,
            _ if error.has_context() => each,
            Condition::NotReady
            | Condition::SessionOver
            | Condition::ReadOnly
            | Condition::LoginRefused
            | Condition::UnknownTables
            | Condition::ServerTrouble => Self::Everybody,
        }
    }
}

#[cfg(test)]
#[path = "../../__test__/rust/unit/batch_policy.rs"]
mod tests;
