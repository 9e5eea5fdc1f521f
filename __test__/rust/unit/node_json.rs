//! Unit tests of `src/node/json.rs`.

use super::*;

fn written(text: &str) -> Option<String> {
    let mut out = Vec::new();
    write_object(&mut out, &StoredObject::from_jsonb(text).unwrap())?;
    Some(String::from_utf8(out).unwrap())
}

#[test]
fn spaces_between_values_are_left_out() {
    assert_eq!(
        written(r#"{"a": [1, "b c"]}"#).unwrap(),
        r#"{"a":[1,"b c"]}"#
    );
    assert_eq!(written("{}").unwrap(), "{}");
}

#[test]
fn strings_stay_as_they_are() {
    for text in [
        r#"{"a":"x: 1, \"y\" \\"}"#,
        r#"{"\\":"\\\"","b":"2 3"}"#,
        r#"{"a":"\n\u001f é 😀"}"#,
    ] {
        assert_eq!(written(text).as_deref(), Some(text));
    }
}

#[test]
fn numbers_that_a_double_keeps_are_written() {
    for number in [
        "0",
        "-1",
        "42",
        "1.5",
        "0.000001",
        "999999999999999",
        "-0.25",
    ] {
        assert!(is_same_as_double(number.as_bytes()), "{number}");
    }
    for number in [
        "0.10",
        "1.0",
        "0.0000001",
        "1000000000000000000000",
        "12345678901234567890",
        "0.1234567890123456789",
        "1e5",
        "-0",
    ] {
        assert!(!is_same_as_double(number.as_bytes()), "{number}");
    }
}

#[test]
fn what_only_javascript_can_write_is_left_to_it() {
    for text in [
        r#"{"a": 1.0}"#,
        r#"{"b": 1, "10": 2}"#,
        r#"{"a": {"0": 1}}"#,
        r#""{\"a\":1}""#,
    ] {
        assert_eq!(written(text), None, "{text}");
    }
    assert_eq!(written(r#"{"a1": "1"}"#).unwrap(), r#"{"a1":"1"}"#);
}
