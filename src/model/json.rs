//! JSON documents, which pass through as text.
//!
//! A document is never turned into a tree here: its text comes from `JSON.stringify`, is kept by
//! PostgreSQL as jsonb, and is read by `JSON.parse`, so key order and numbers are theirs alone.

use serde::Deserialize;
use serde_json::value::RawValue;

/// A JSON document on its way in.
///
/// It is written as an array of one, `[document]`, so that the JSON document `null` is not taken
/// for the SQL `null`.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "[Box<RawValue>; 1]")]
pub struct Json(Box<RawValue>);

impl Json {
    /// The empty object.
    ///
    /// # Panics
    ///
    /// Never: the text is constant and well-formed.
    pub fn empty_object() -> Self {
        Self::from_constant("{}")
    }

    /// A document from text known to be JSON.
    pub(crate) fn from_constant(text: &'static str) -> Self {
        Self(RawValue::from_string(text.to_owned()).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }

    /// The document's text.
    pub fn text(&self) -> &str {
        self.0.get()
    }
}

impl From<[Box<RawValue>; 1]> for Json {
    fn from([document]: [Box<RawValue>; 1]) -> Self {
        Self(document)
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

/// A JSON object as the database holds it.
///
/// The text of jsonb is well-formed by PostgreSQL's promise and is not read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredJson {
    text: String,
    is_jsonb: bool,
}

impl StoredJson {
    /// The empty object.
    pub fn empty_object() -> Self {
        Self {
            text: "{}".to_owned(),
            is_jsonb: true,
        }
    }

    /// The object that a jsonb value reads as, or `None` when the value is not an object.
    ///
    /// A jsonb string is looked into once more: where its text is itself the JSON of an object,
    /// that object is what is read. Drizzle 0.38 decodes strings so, and users have come to have
    /// such rows by handing it text that was JSON already.
    pub fn from_jsonb(text: &str) -> Option<Self> {
        if text.starts_with('"') {
            let inner: String = serde_json::from_str(text).ok()?;
            // What is in the string is anybody's text, and may not be JSON at all.
            let document: Box<RawValue> = serde_json::from_str(&inner).ok()?;
            return Self::object(document.get().trim_start(), false);
        }
        Self::object(text, true)
    }

    fn object(text: &str, is_jsonb: bool) -> Option<Self> {
        text.starts_with('{').then(|| Self {
            text: text.to_owned(),
            is_jsonb,
        })
    }

    /// The object's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The object's text if it has the form that jsonb gives to it: one space behind commas and colons,
    /// no key twice, no escape that is not needed.
    pub fn jsonb(&self) -> Option<&str> {
        self.is_jsonb.then_some(&self.text)
    }
}

#[cfg(test)]
mod tests {
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
            assert_eq!(StoredJson::from_jsonb(text), None, "{text}");
        }
        assert_eq!(
            StoredJson::from_jsonb(r#"{"a": 1e400}"#).unwrap().text(),
            r#"{"a": 1e400}"#
        );
    }

    #[test]
    fn a_string_that_holds_an_object_reads_as_that_object() {
        let read = StoredJson::from_jsonb(r#"" {\"a\": [1, \"\\ud800\"]}""#).unwrap();
        assert_eq!(read.text(), r#"{"a": [1, "\ud800"]}"#);
    }

    #[test]
    fn depth_has_no_limit() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
        assert_eq!(StoredJson::from_jsonb(&deep).unwrap().text(), deep);
    }

    #[test]
    fn a_null_document_is_a_value() {
        use crate::model::Field;
        let read = |text: &str| serde_json::from_str::<Field<Json>>(text).unwrap();
        assert_eq!(read("null"), Field::Null);
        assert_eq!(read("[null]").as_value().map(Json::text), Some("null"));
    }
}
