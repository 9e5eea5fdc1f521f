//! Unit tests of `src/batch/policy.rs`.

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
        ("40001", Effect::Set, Policy::EachInOrder),
        ("23505", Effect::Insert, Policy::EachInOrder),
        ("42501", Effect::Read, Policy::EachAtOnce),
        ("P0001", Effect::Once, Policy::EachInOrder),
        ("55P03", Effect::Set, Policy::EachAtOnce),
        ("57014", Effect::Read, Policy::Everybody),
    ] {
        assert_eq!(policy(code, false, effect), expected, "{code}");
    }
}
