//! JSON objects as the database stores them, passed through as text.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// A JSON object as the database stores it.
///
/// PostgreSQL guarantees that the text of a jsonb value is well-formed, so it is not parsed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject<'a> {
    text: Cow<'a, str>,
    is_jsonb: bool,
}

impl<'a> StoredObject<'a> {
    /// The empty object.
    pub const fn empty() -> Self {
        Self {
            text: Cow::Borrowed("{}"),
            is_jsonb: true,
        }
    }

    /// The object in a jsonb value, or `None` if the value is not an object.
    ///
    /// A jsonb string whose text is itself a JSON object gives that object. Drizzle 0.38 decodes strings in
    /// this way, and such rows exist because users passed it text that was JSON already.
    pub fn from_jsonb(text: &'a str) -> Option<Self> {
        if text.starts_with('"') {
            let inner: String = serde_json::from_str(text).ok()?;
            // The string may hold any text, not only JSON.
            let document: Box<RawValue> = serde_json::from_str(&inner).ok()?;
            let document = document.get().trim_start();
            return document.starts_with('{').then(|| Self {
                text: Cow::Owned(document.to_owned()),
                is_jsonb: false,
            });
        }
        text.starts_with('{').then_some(Self {
            text: Cow::Borrowed(text),
            is_jsonb: true,
        })
    }

    /// The object's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The object's text if it is in jsonb's own form: one space after commas and colons, no duplicate keys,
    /// no unnecessary escapes.
    pub fn jsonb(&self) -> Option<&str> {
        self.is_jsonb.then_some(&self.text)
    }
}

#[cfg(test)]
#[path = "../../__test__/rust/unit/database_object.rs"]
mod tests;
