//! The arguments of calls, as they cross from JavaScript.
//!
//! PostgreSQL accepts more than the usual forms (a UUID in braces, say) and has its own messages for what it
//! refuses. The usual forms are recognised here at no cost. Any other value is rare, and is sent to the
//! server by itself instead of imitating its rules: the server returns it in its usual form, or refuses it.

use chrono::{DateTime, Datelike, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::judge;
use crate::batch::{self, Readiness};
use crate::database::Database;
use crate::database::fault::Failure;
use crate::database::table::WordSet;
use crate::error::Error;

/// An argument of a call, to be checked.
pub enum Argument<'c> {
    /// A word that must be in a set. `None` is valid.
    Word(Option<&'c str>, &'static WordSet),
    /// An id.
    Id(Option<&'c mut Id>),
    /// A text.
    Text(Option<&'c str>),
    /// A JSON document.
    Document(Option<&'c Document>),
    /// A point in time.
    Moment(Option<&'c mut Moment>),
}

impl batch::Argument for Argument<'_> {
    fn check(&self) -> Result<Readiness, Error> {
        let is_unusual = match self {
            Self::Word(Some(word), set) => {
                set.member(word)?;
                false
            }
            Self::Id(Some(id)) => id.unusual.is_some(),
            Self::Moment(Some(moment)) => moment.unusual.is_some(),
            Self::Text(Some(text)) => text.contains('\0'),
            Self::Document(Some(document)) => document.may_be_refused(),
            _ => false,
        };
        Ok(if is_unusual {
            Readiness::ToBeJudged
        } else {
            Readiness::Ready
        })
    }

    async fn judge(self, database: &Database) -> Result<(), Failure> {
        match self {
            Self::Id(Some(id)) => {
                if let Some(text) = &id.unusual {
                    id.uuid = judge::uuid(database, text).await?;
                    id.unusual = None;
                }
            }
            Self::Moment(Some(moment)) => {
                if let Some(text) = &moment.unusual {
                    moment.time = judge::time(database, text).await?;
                    moment.unusual = None;
                }
            }
            Self::Text(Some(text)) => judge::text(database, text).await?,
            Self::Document(Some(document)) => judge::document(database, document.text()).await?,
            _ => {}
        }
        Ok(())
    }
}

/// The length of a UUID with its hyphens, and without.
const USUAL_UUID_LENGTHS: [usize; 2] = [36, 32];

/// An id: any text that PostgreSQL may read as a UUID.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "String")]
pub struct Id {
    uuid: Uuid,
    /// The text, until the server has judged which UUID it stands for.
    unusual: Option<String>,
}

impl Id {
    /// The UUID. For an unusual text, it is set only once the server has judged it.
    pub const fn uuid(&self) -> Uuid {
        self.uuid
    }
}

impl From<String> for Id {
    fn from(text: String) -> Self {
        let usual = USUAL_UUID_LENGTHS
            .contains(&text.len())
            .then(|| Uuid::try_parse(&text).ok());
        match usual.flatten() {
            Some(uuid) => Self {
                uuid,
                unusual: None,
            },
            None => Self {
                uuid: Uuid::nil(),
                unusual: Some(text),
            },
        }
    }
}

/// The years that ISO 8601 writes with four digits and PostgreSQL reads as written.
const USUAL_YEARS: std::ops::RangeInclusive<i32> = 1..=9999;

/// A point in time, in ISO 8601.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "String")]
pub struct Moment {
    time: DateTime<Utc>,
    /// The text, until the server has judged which time it stands for.
    unusual: Option<String>,
}

impl Moment {
    /// The time. For an unusual text, it is set only once the server has judged it.
    pub const fn time(&self) -> DateTime<Utc> {
        self.time
    }
}

impl From<String> for Moment {
    fn from(text: String) -> Self {
        // In ISO 8601, a year with more than four digits has a sign, which PostgreSQL reads differently.
        let usual = DateTime::parse_from_rfc3339(&text).ok().filter(|date| {
            text.starts_with(|first: char| first.is_ascii_digit())
                && USUAL_YEARS.contains(&date.year())
        });
        match usual {
            Some(date) => Self {
                time: date.with_timezone(&Utc),
                unusual: None,
            },
            None => Self {
                time: DateTime::UNIX_EPOCH,
                unusual: Some(text),
            },
        }
    }
}

/// A JSON document, which passes through as text. `JSON.stringify` writes it, PostgreSQL stores it as jsonb,
/// and `JSON.parse` reads it, so the order of keys and the form of numbers depend on them alone.
///
/// It crosses as an array with one element, `[document]`, so that the JSON document `null` differs from the
/// SQL `null`.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "[Box<RawValue>; 1]")]
pub struct Document(Box<RawValue>);

impl Document {
    /// The document's text.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// Whether the document has an escape that jsonb may refuse: it stores neither U+0000 nor unpaired
    /// surrogates, and `JSON.stringify` writes both as escapes. Such a document may still be valid, if an
    /// escaped backslash precedes.
    fn may_be_refused(&self) -> bool {
        let text = self.text();
        text.contains("\\u0000") || text.contains("\\ud") || text.contains("\\uD")
    }
}

impl From<[Box<RawValue>; 1]> for Document {
    fn from([document]: [Box<RawValue>; 1]) -> Self {
        Self(document)
    }
}

#[cfg(test)]
#[path = "../../__test__/rust/unit/paperclip_argument.rs"]
mod tests;
