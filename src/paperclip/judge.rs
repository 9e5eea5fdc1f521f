//! Asks the server about single values that are not in a usual form.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::database::Database;
use crate::database::executor::Executor;
use crate::database::fault::Failure;
use crate::database::row::{Cell, Row};
use crate::database::statement::{Form, Statement};
use crate::database::table::{Column, Kind, Table};
use crate::error::Error;

static JUDGED_UUID: Table = Table::new("value", "", &[Column::new("value", Kind::Uuid)]);
static JUDGED_TIME: Table = Table::new("value", "", &[Column::new("value", Kind::Timestamp)]);
static JUDGED: Table = Table::new("value", "", &[]);

static UUID: Statement =
    Statement::about_one("a uuid", |form| judging(form, "$2::text::uuid as value"));
static TIME: Statement = Statement::about_one("a timestamp", |form| {
    judging(form, "$2::text::timestamptz as value")
});
static TEXT: Statement = Statement::about_one("a text", |form| {
    judging(form, "$2::text is not null as value")
});
static DOCUMENT: Statement = Statement::about_one("a json document", |form| {
    judging(form, "$2::text::jsonb is not null as value")
});

pub(super) static STATEMENTS: [&Statement; 4] = [&UUID, &TIME, &TEXT, &DOCUMENT];

fn judging(form: &Form, value: &str) -> String {
    format!("select {value} where {}", form.guard)
}

/// The UUID that `text` stands for.
///
/// # Errors
///
/// SQLSTATE 22P02 if it stands for none.
pub(super) async fn uuid(database: &Database, text: &str) -> Result<Uuid, Failure> {
    let row = judged(database, &JUDGED_UUID, &UUID, text).await?;
    row.uuid("value").ok_or_else(no_value)
}

/// The point in time that an ISO 8601 `text` stands for.
///
/// # Errors
///
/// SQLSTATE 22007 or 22008 if the database cannot store it.
pub(super) async fn time(database: &Database, text: &str) -> Result<DateTime<Utc>, Failure> {
    let row = judged(database, &JUDGED_TIME, &TIME, text).await?;
    match row.get("value") {
        Cell::Timestamp(timestamp) => timestamp.utc().ok_or_else(no_value),
        _ => Err(no_value()),
    }
}

/// Whether the database can store `text`.
///
/// # Errors
///
/// SQLSTATE 22021 if it cannot.
pub(super) async fn text(database: &Database, text: &str) -> Result<(), Failure> {
    judged(database, &JUDGED, &TEXT, text).await.map(drop)
}

/// Whether the database can store the JSON document `text`.
///
/// # Errors
///
/// SQLSTATE 22P05 or 22P02 if it cannot.
pub(super) async fn document(database: &Database, text: &str) -> Result<(), Failure> {
    judged(database, &JUDGED, &DOCUMENT, text).await.map(drop)
}

async fn judged(
    database: &Database,
    table: &'static Table,
    statement: &'static Statement,
    text: &str,
) -> Result<Row, Failure> {
    let make = || statement.about(&[()]).value(text).bound();
    let rows = Executor::from(database).rows(table, make).await?;
    rows.into_iter().next().ok_or_else(no_value)
}

fn no_value() -> Failure {
    Failure::unreadable(Error::Bug("the server did not judge a value".to_owned()))
}
