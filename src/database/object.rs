//! JSON objects as the database holds them, which pass through as text.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// A JSON object as the database holds it.
///
/// The text of jsonb is well-formed by PostgreSQL's promise and is not read again.
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

    /// The object that a jsonb value reads as, or `None` when the value is not an object.
    ///
    /// A jsonb string is looked into once more: where its text is itself the JSON of an object,
    /// that object is what is read. Drizzle 0.38 decodes strings so, and users have come to have
    /// such rows by handing it text that was JSON already.
    pub fn from_jsonb(text: &'a str) -> Option<Self> {
        if text.starts_with('"') {
            let inner: String = serde_json::from_str(text).ok()?;
            // What is in the string is anybody's text, and may not be JSON at all.
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

    /// The object's text if it has the form that jsonb gives to it: one space behind commas and colons,
    /// no key twice, no escape that is not needed.
    pub fn jsonb(&self) -> Option<&str> {
        self.is_jsonb.then_some(&self.text)
    }
}

#[cfg(test)]
#[path = "../../__test__/rust/unit/database_object.rs"]
mod tests;
