//! Rows as the server sent them.
//!
//! A row is checked once, when it is read. Values are decoded from PostgreSQL's binary format, since chrono's
//! own decoding panics on `infinity`. jsonb is passed on as text.

use std::ops::Range;
use std::sync::Arc;

use sqlx::Row as _;
use sqlx::ValueRef;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::fault::Failure;
use super::guard::guarded_now;
use super::object::StoredObject;
use super::table::{Column, Kind, Table};
use super::timestamp::Timestamp;
use crate::error::{Error, UnexpectedValue};

/// A row of a table.
#[derive(Clone)]
pub struct Row {
    rows: Arc<Rows>,
    number: usize,
}

/// The rows of one result. They share the memory for their values: two allocations for each row took as long
/// as copying it.
struct Rows {
    table: &'static Table,
    /// All text values, one after the other.
    text: String,
    /// The values of each row: those of the table's columns in order, then one for an extra column.
    values: Vec<Value>,
    /// For each row with a word outside its set, its number and the first such word, in the order of the rows.
    unexpected: Vec<(usize, UnexpectedValue)>,
}

/// A value. Texts and documents are ranges of the rows' text.
#[derive(Clone, PartialEq)]
enum Value {
    Null,
    Uuid(Uuid),
    Text(Range<usize>),
    Timestamp(Timestamp),
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// An id.
    Uuid(Uuid),
    /// A text.
    Text(&'a str),
    /// A JSON object.
    Object(StoredObject<'a>),
    /// A point in time.
    Timestamp(Timestamp),
}

impl Row {
    /// Reads the rows of a result.
    ///
    /// # Errors
    ///
    /// If a row does not have the columns of the table. The statement has been carried out nevertheless.
    pub(super) fn read_all(raw: Vec<PgRow>, table: &'static Table) -> Result<Vec<Self>, Failure> {
        let count = raw.len();
        let read = guarded_now(|| Rows::read(raw, table));
        let rows = read
            .unwrap_or_else(|error| Err(Error::Bug(error.to_string())))
            .map_err(Failure::unreadable)?;
        let rows = Arc::new(rows);
        let row = |number| Self {
            rows: Arc::clone(&rows),
            number,
        };
        Ok((0..count).map(row).collect())
    }

    /// The table whose row it is.
    pub fn table(&self) -> &'static Table {
        self.rows.table
    }

    /// The first word in the row that is outside its set, if any.
    pub fn unexpected(&self) -> Option<&UnexpectedValue> {
        let all = &self.rows.unexpected;
        let index = all.binary_search_by_key(&self.number, |(number, _)| *number);
        all.get(index.ok()?).map(|(_, word)| word)
    }

    /// The value of a column, by its name in SQL; null if the table has no such column.
    pub fn get(&self, name: &str) -> Cell<'_> {
        let mut columns = self.table().columns.iter().enumerate();
        let found = columns.find(|(_, column)| column.name == name);
        found.map_or(Cell::Null, |(index, column)| self.cell(index, column))
    }

    /// The id in a column, by the column's name in SQL.
    pub fn uuid(&self, name: &str) -> Option<Uuid> {
        match self.get(name) {
            Cell::Uuid(id) => Some(id),
            _ => None,
        }
    }

    /// The id in the extra column of the result, if the statement returns one.
    pub fn beside(&self) -> Option<Uuid> {
        match self.value(self.table().columns.len()) {
            Value::Uuid(id) => Some(*id),
            _ => None,
        }
    }

    /// The values, in the order of the table's columns.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        let columns = self.table().columns.iter().enumerate();
        columns.map(|(index, column)| self.cell(index, column))
    }

    /// The value of a column.
    pub fn cell(&self, index: usize, column: &Column) -> Cell<'_> {
        match self.value(index) {
            Value::Null => Cell::Null,
            Value::Uuid(id) => Cell::Uuid(*id),
            Value::Timestamp(timestamp) => Cell::Timestamp(*timestamp),
            Value::Text(_) => {
                let text = self.text(index);
                match column.kind {
                    Kind::Object => StoredObject::from_jsonb(text).map_or(Cell::Null, Cell::Object),
                    Kind::ObjectOrEmpty => {
                        let object = StoredObject::from_jsonb(text);
                        Cell::Object(object.unwrap_or_else(StoredObject::empty))
                    }
                    Kind::Uuid | Kind::Text | Kind::Word(_) | Kind::Timestamp => Cell::Text(text),
                }
            }
        }
    }

    /// Whether a column is null.
    pub fn is_null(&self, index: usize) -> bool {
        *self.value(index) == Value::Null
    }

    /// The text of a column; empty if its value is not a text.
    pub fn text(&self, index: usize) -> &str {
        match self.value(index) {
            Value::Text(place) => self.rows.text.get(place.clone()).unwrap_or_default(),
            Value::Null | Value::Uuid(_) | Value::Timestamp(_) => "",
        }
    }

    /// Whether another row has the same value in a column.
    pub fn is_same(&self, other: &Self, index: usize) -> bool {
        match (self.value(index), other.value(index)) {
            (Value::Text(_), Value::Text(_)) => self.text(index) == other.text(index),
            (one, another) => one == another,
        }
    }

    fn value(&self, index: usize) -> &Value {
        let first = self.number * Rows::width(self.table());
        self.rows.values.get(first + index).unwrap_or(&Value::Null)
    }
}

impl Rows {
    /// How many values a row has: one for each column, and one for the extra column.
    const fn width(table: &Table) -> usize {
        table.columns.len() + 1
    }

    fn read(raw: Vec<PgRow>, table: &'static Table) -> Result<Self, Error> {
        let mut rows = Self {
            table,
            text: String::new(),
            values: Vec::with_capacity(raw.len() * Self::width(table)),
            unexpected: Vec::new(),
        };
        for (number, row) in raw.into_iter().enumerate() {
            rows.push(number, &row)?;
        }
        Ok(rows)
    }

    fn push(&mut self, number: usize, row: &PgRow) -> Result<(), Error> {
        let mut unexpected = None;
        for (index, column) in self.table.columns.iter().enumerate() {
            let value = bytes(row, index)?;
            if value.is_none() && !column.nullable {
                return Err(bug(format_args!("{} is null", column.name)));
            }
            let value = match (column.kind, value) {
                (_, None) => Value::Null,
                (Kind::Uuid, Some(value)) => Value::Uuid(Uuid::from_slice(value).map_err(bug)?),
                (Kind::Text, Some(value)) => self.push_text(text(value)?),
                (Kind::Word(set), Some(value)) => {
                    let word = text(value)?;
                    if unexpected.is_none() {
                        unexpected = set.member(word).err();
                    }
                    self.push_text(word)
                }
                (Kind::Object | Kind::ObjectOrEmpty, Some(value)) => {
                    // The binary form of jsonb is a version byte, which is 1, and then the text.
                    let Some((1, document)) = value.split_first() else {
                        return Err(bug("jsonb of an unknown version"));
                    };
                    self.push_text(text(document)?)
                }
                (Kind::Timestamp, Some(value)) => {
                    let microseconds = i64::from_be_bytes(value.try_into().map_err(bug)?);
                    Value::Timestamp(Timestamp::from_postgres_microseconds(microseconds))
                }
            };
            self.values.push(value);
        }
        let beside = self.table.columns.len();
        let beside = if row.len() > beside {
            bytes(row, beside)?.and_then(|value| Uuid::from_slice(value).ok())
        } else {
            None
        };
        self.values.push(beside.map_or(Value::Null, Value::Uuid));
        self.unexpected
            .extend(unexpected.map(|word| (number, word)));
        Ok(())
    }

    fn push_text(&mut self, text: &str) -> Value {
        let start = self.text.len();
        self.text.push_str(text);
        Value::Text(start..self.text.len())
    }
}

fn bytes(row: &PgRow, index: usize) -> Result<Option<&[u8]>, Error> {
    let value = row.try_get_raw(index).map_err(bug)?;
    if value.is_null() {
        return Ok(None);
    }
    value.as_bytes().map(Some).map_err(bug)
}

fn text(value: &[u8]) -> Result<&str, Error> {
    str::from_utf8(value).map_err(bug)
}

fn bug(error: impl std::fmt::Display) -> Error {
    Error::Bug(error.to_string())
}
