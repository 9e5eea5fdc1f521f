//! A field of an input that may be absent.

use serde::{Deserialize, Deserializer};

/// A field of an input: absent, `null`, or a value.
///
/// As in JavaScript, absent and `null` differ: an absent field leaves its column as it is (or at its
/// default), while `null` clears it.
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
    /// Whether the field was given, also as `null`.
    pub const fn is_given(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// The value by reference, if there is one.
    pub const fn as_value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

impl Field<String> {
    /// The text, if there is one.
    pub fn as_text(&self) -> Option<&str> {
        self.as_value().map(String::as_str)
    }

    /// The text, or `otherwise` if the field is absent.
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
