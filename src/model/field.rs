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

    /// The value, where there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The value by reference, where there is one.
    pub const fn as_value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The same field with its value passed through `f`, which may refuse it.
    ///
    /// # Errors
    ///
    /// What `f` returned.
    pub fn try_map<U, E>(self, f: impl FnOnce(T) -> Result<U, E>) -> Result<Field<U>, E> {
        Ok(match self {
            Self::Absent => Field::Absent,
            Self::Null => Field::Null,
            Self::Value(value) => Field::Value(f(value)?),
        })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}
