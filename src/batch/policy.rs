//! What is done about a batch that the server refused.
//!
//! If a function (a trigger, a policy) raised the error while the statement ran, the error concerns one row,
//! whatever its code. Where it is not certain that one call is the cause, each call is run alone; if all
//! calls cause the error, each gets it again.

use super::operation::Effect;
use crate::database::fault::Failure;
use crate::database::sqlstate::Condition;
use crate::error::Error;

/// What is done about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    /// Each call is run alone, one after the other: of two writes that exclude each other, the first wins.
    EachInOrder,
    /// Each call is run alone, all at once: one after the other, each might wait for as long.
    EachAtOnce,
    /// Every call gets the error: each would get it alone as well.
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
            // One locked row made all of them wait. Reads would only wait for as long again.
            Condition::OutOfTime if effect == Effect::Read => Self::Everybody,
            Condition::OutOfTime => Self::EachAtOnce,
            // All attempts collided. The cause may be a single call.
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
