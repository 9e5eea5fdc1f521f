//! A field of an input that may be left out.

use serde::{Deserialize, Deserializer};

/// A field of an input: left out, `null`, or a value.
///
/// JavaScript tells the first two apart, and so does the service: a field that is left out keeps
/// its column as it is (or as the column's default has it), while `null` clears it.
///
/// Annotate fields of this type with `#[serde(default)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Field<T> {
    /// Not among the keys of the input, or `undefined`.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// A value.
    Value(T),
}

impl<T> Field<T> {
    /// Whether the field was given, be it as `null`.
    pub const fn is_given(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// The value by reference, where there is one.
    pub const fn as_value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

impl Field<String> {
    /// The text, where there is one.
    pub fn as_text(&self) -> Option<&str> {
        self.as_value().map(String::as_str)
    }

    /// The text, or `otherwise` where the field was left out.
    pub fn text_or<'t>(&'t self, otherwise: &'t str) -> Option<&'t str> {
        match self {
            Self::Absent => Some(otherwise),
            Self::Null => None,
            Self::Value(text) => Some(text),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}
