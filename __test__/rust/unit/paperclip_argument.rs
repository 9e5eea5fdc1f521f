//! Unit tests of `src/paperclip/argument.rs`.

use super::*;
use crate::paperclip::field::Field;

#[test]
fn a_null_document_is_a_value() {
    let read = |text: &str| serde_json::from_str::<Field<Document>>(text).unwrap();
    assert!(matches!(read("null"), Field::Null));
    assert_eq!(read("[null]").as_value().map(Document::text), Some("null"));
}

#[test]
fn usual_forms_are_recognised() {
    let id = |text: &str| Id::from(text.to_owned());
    assert_eq!(
        id("00000000-0000-4000-8000-00000000000A").uuid().as_u128() & 0xff,
        10
    );
    for text in ["", "{00000000-0000-4000-8000-00000000000a}", "no uuid"] {
        assert_eq!(id(text).unusual.as_deref(), Some(text));
    }
    let moment = |text: &str| Moment::from(text.to_owned());
    assert_eq!(
        moment("1970-01-01T00:00:00.001Z").time().timestamp_millis(),
        1
    );
    for text in [
        "+010000-01-01T00:00:00.000Z",
        "-000001-01-01T00:00:00.000Z",
        "",
    ] {
        assert_eq!(moment(text).unusual.as_deref(), Some(text));
    }
}
