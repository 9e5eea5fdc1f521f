//! JSON documents, which pass through as text.
//!
//! A document is never turned into a tree here: its text comes from `JSON.stringify`, is kept by
//! PostgreSQL as jsonb, and is read by `JSON.parse`, so key order and numbers are theirs alone.

use serde::{Deserialize, Serialize, Serializer};
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
#[derive(Debug, Clone)]
pub struct StoredJson(Box<RawValue>);

impl StoredJson {
    /// The empty object.
    pub fn empty_object() -> Self {
        Self(Json::empty_object().0)
    }

    /// The object that a jsonb value reads as, or `None` when the value is not an object.
    ///
    /// A jsonb string is looked into once more: where its text is itself the JSON of an object,
    /// that object is what is read. Drizzle 0.38 decodes strings so, and users have come to have
    /// such rows by handing it text that was JSON already.
    pub fn from_jsonb(text: &str) -> Option<Self> {
        if text.starts_with('"') {
            let inner: String = serde_json::from_str(text).ok()?;
            return Self::object(inner);
        }
        text.starts_with('{')
            .then(|| Self::object(text.to_owned()))
            .flatten()
    }

    fn object(text: String) -> Option<Self> {
        let document = RawValue::from_string(text).ok()?;
        document
            .get()
            .trim_start()
            .starts_with('{')
            .then_some(Self(document))
    }

    /// The object's text.
    pub fn text(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for StoredJson {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Serialize for StoredJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
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
        assert_eq!(read.text().trim(), r#"{"a": [1, "\ud800"]}"#);
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
