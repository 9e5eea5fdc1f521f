//! From the text of a call to values, before anything is written.
//!
//! What is plainly well-formed costs nothing. What is not is put before the server, value by value
//! in the order in which the original's statement has them, so that of two wrong values the same
//! one is reported.

use chrono::{DateTime, Datelike, Utc};
use uuid::Uuid;

use crate::database::Database;
use crate::error::Failure;
use crate::model::value_set::ValueSet;
use crate::model::{Field, Json, UnexpectedValue};

/// The length of a UUID with its hyphens, and without.
const USUAL_UUID_LENGTHS: [usize; 2] = [36, 32];

/// The years that an ISO date writes with four digits and PostgreSQL reads without ado.
const USUAL_YEARS: std::ops::RangeInclusive<i32> = 1..=9999;

pub(super) async fn uuid(database: &Database, text: &str) -> Result<Uuid, Failure> {
    let usual = USUAL_UUID_LENGTHS
        .contains(&text.len())
        .then(|| Uuid::try_parse(text).ok());
    match usual.flatten() {
        Some(uuid) => Ok(uuid),
        None => database.uuid(text).await,
    }
}

pub(super) async fn optional_uuid(
    database: &Database,
    text: Option<&str>,
) -> Result<Option<Uuid>, Failure> {
    match text {
        Some(text) => Ok(Some(uuid(database, text).await?)),
        None => Ok(None),
    }
}

pub(super) async fn text(database: &Database, text: Option<&str>) -> Result<(), Failure> {
    match text {
        Some(text) if text.contains('\0') => database.check_text(text).await,
        _ => Ok(()),
    }
}

pub(super) async fn json(database: &Database, json: Option<&Json>) -> Result<(), Failure> {
    match json {
        Some(json) if may_be_refused(json.text()) => database.check_json(json.text()).await,
        _ => Ok(()),
    }
}

pub(super) async fn timestamp(database: &Database, text: &str) -> Result<DateTime<Utc>, Failure> {
    // ISO 8601 gives years of more digits a sign, which PostgreSQL takes for something else.
    let usual = DateTime::parse_from_rfc3339(text).ok().filter(|date| {
        text.starts_with(|first: char| first.is_ascii_digit()) && USUAL_YEARS.contains(&date.year())
    });
    match usual {
        Some(date) => Ok(date.with_timezone(&Utc)),
        None => database.timestamp(text).await,
    }
}

pub(super) async fn optional_timestamp(
    database: &Database,
    text: Option<&str>,
) -> Result<Option<DateTime<Utc>>, Failure> {
    match text {
        Some(text) => Ok(Some(timestamp(database, text).await?)),
        None => Ok(None),
    }
}

/// The member of a set that is written: the default if none is given.
pub(super) fn member_or_default<T: ValueSet + Default>(
    word: Option<&str>,
) -> Result<T, UnexpectedValue> {
    word.map_or_else(|| Ok(T::default()), T::parse)
}

/// The member of a set that is written, unless it is null or absent.
pub(super) fn member<T: ValueSet>(word: Field<String>) -> Result<Field<T>, UnexpectedValue> {
    word.try_map(|word| T::parse(&word))
}

/// jsonb holds neither U+0000 nor halves of surrogate pairs, both of which `JSON.stringify` writes
/// as an escape. A text that has such an escape may still be fine (an escaped backslash before it).
fn may_be_refused(json: &str) -> bool {
    json.contains("\\u0000") || json.contains("\\ud") || json.contains("\\uD")
}
