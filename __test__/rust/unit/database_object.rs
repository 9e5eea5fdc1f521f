//! Unit tests of `src/database/object.rs`.

use super::*;

#[test]
fn only_objects_are_read() {
    for text in [
        "null",
        "true",
        "12",
        "[{}]",
        r#""text""#,
        r#""[1]""#,
        r#""\"{}\"""#,
    ] {
        assert_eq!(StoredObject::from_jsonb(text), None, "{text}");
    }
    assert_eq!(
        StoredObject::from_jsonb(r#"{"a": 1e400}"#).unwrap().text(),
        r#"{"a": 1e400}"#
    );
}

#[test]
fn a_string_that_holds_an_object_reads_as_that_object() {
    let read = StoredObject::from_jsonb(r#"" {\"a\": [1, \"\\ud800\"]}""#).unwrap();
    assert_eq!(read.text(), r#"{"a": [1, "\ud800"]}"#);
}

#[test]
fn depth_has_no_limit() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
    assert_eq!(StoredObject::from_jsonb(&deep).unwrap().text(), deep);
}
