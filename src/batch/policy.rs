//! What is done about a batch that the server refused.
//!
//! Who is at fault is judged by what happened: a function that raised an error while the statement ran (a
//! trigger, a policy) speaks of one row, whatever code it chose.

use super::operation::Effect;
use crate::database::fault::Failure;
use crate::database::sqlstate::Condition;
use crate::error::Error;

/// What is done about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    /// The run is repeated at once, up to so many times in all; then each call is run alone, in order.
    Repeat,
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
            Condition::Collision => Self::Repeat,
            // One locked row makes all of them wait. Reads would only wait as long again.
            Condition::OutOfTime if effect == Effect::Read => Self::Everybody,
            Condition::OutOfTime => Self::EachAtOnce,
            Condition::DataRefused | Condition::Forbidden | Condition::Other => each,
            _ if error.is_raised_inside() => each,
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
mod tests {
    use super::*;
    use crate::database::fault::Reach;
    use crate::error::DatabaseError;

    fn policy(code: &str, raised_inside: bool, effect: Effect) -> Policy {
        let place = ("where", "PL/pgSQL function f() line 1".to_owned());
        let error = DatabaseError {
            code: code.to_owned(),
            others: raised_inside.then_some(place).into_iter().collect(),
            ..DatabaseError::default()
        };
        let failure = Failure {
            error: Error::Database(Box::new(error)),
            reach: Reach::Refused,
        };
        Policy::of(&failure, effect)
    }

    #[test]
    fn what_a_function_raises_is_one_call_s() {
        for code in [
            "42P01", "26000", "08P01", "57P01", "53100", "28000", "25006",
        ] {
            assert_eq!(
                policy(code, false, Effect::Set),
                Policy::Everybody,
                "{code}"
            );
            assert_eq!(
                policy(code, true, Effect::Set),
                Policy::EachInOrder,
                "{code}"
            );
            assert_eq!(
                policy(code, true, Effect::Read),
                Policy::EachAtOnce,
                "{code}"
            );
        }
    }

    #[test]
    fn codes_decide_where_they_are_the_server_s() {
        for (code, effect, expected) in [
            ("40001", Effect::Set, Policy::Repeat),
            ("23505", Effect::Insert, Policy::EachInOrder),
            ("42501", Effect::Read, Policy::EachAtOnce),
            ("P0001", Effect::Once, Policy::EachInOrder),
            ("55P03", Effect::Set, Policy::EachAtOnce),
            ("57014", Effect::Read, Policy::Everybody),
        ] {
            assert_eq!(policy(code, false, effect), expected, "{code}");
        }
    }
}
