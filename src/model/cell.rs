//! What is read, as the cells of a row.

use uuid::Uuid;

use super::json::StoredJson;
use super::timestamp::Timestamp;

/// A value of a row, of one of the kinds that are written in different ways.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// An id.
    Uuid(Uuid),
    /// A text.
    Text(&'a str),
    /// A JSON object.
    Json(&'a StoredJson),
    /// A point in time.
    Timestamp(Timestamp),
}

/// A thing that callers see as an object with keys.
pub trait Row {
    /// The keys, in the order in which callers see them.
    const KEYS: &'static [&'static str];

    /// The values, in the order of the keys.
    fn cells(&self) -> impl Iterator<Item = Cell<'_>>;
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<Uuid> for Cell<'_> {
    fn from(id: Uuid) -> Self {
        Self::Uuid(id)
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a StoredJson> for Cell<'a> {
    fn from(object: &'a StoredJson) -> Self {
        Self::Json(object)
    }
}

impl From<Timestamp> for Cell<'_> {
    fn from(timestamp: Timestamp) -> Self {
        Self::Timestamp(timestamp)
    }
}
