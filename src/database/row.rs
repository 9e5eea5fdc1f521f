//! Rows as they came over the wire.
//!
//! A row is checked once, when it is read, and keeps its bytes: what goes to JavaScript is written from them
//! directly. Values are taken from PostgreSQL's binary format, since chrono's own decoding panics on
//! `infinity`, and jsonb is passed on as text.

use std::ops::Range;

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
pub struct Row {
    table: &'static Table,
    /// The values, one after the other.
    bytes: Vec<u8>,
    /// Where each of the table's columns lies; none where it is null.
    places: Vec<Option<Range<usize>>>,
    beside: Option<Uuid>,
    /// The first word in it that is outside its set.
    unexpected: Option<Box<UnexpectedValue>>,
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
    /// Rows of a table.
    ///
    /// # Errors
    ///
    /// If one of them does not have the columns of the table. The statement has been carried out all the
    /// same.
    pub(super) fn read_all(rows: &[PgRow], table: &'static Table) -> Result<Vec<Self>, Failure> {
        let read = guarded_now(|| rows.iter().map(|raw| Self::read(raw, table)).collect());
        read.unwrap_or_else(|error| Err(Error::Bug(error.to_string())))
            .map_err(Failure::unreadable)
    }

    fn read(raw: &PgRow, table: &'static Table) -> Result<Self, Error> {
        let columns = table.columns.len();
        let mut row = Self {
            table,
            bytes: Vec::with_capacity(512),
            places: Vec::with_capacity(columns),
            beside: None,
            unexpected: None,
        };
        for (index, column) in table.columns.iter().enumerate() {
            let value = bytes(raw, index)?;
            if value.is_none() && !column.nullable {
                return Err(bug(format_args!("{} is null", column.name)));
            }
            row.places.push(value.map(|value| {
                let start = row.bytes.len();
                row.bytes.extend_from_slice(value);
                start..row.bytes.len()
            }));
            let cell = cell(column, value)?;
            if let (Kind::Word(set), Cell::Text(word), None) = (column.kind, cell, &row.unexpected)
            {
                row.unexpected = set.member(word).err().map(Box::new);
            }
        }
        if raw.len() > columns {
            let beside = bytes(raw, columns)?;
            row.beside = beside.and_then(|value| Uuid::from_slice(value).ok());
        }
        Ok(row)
    }

    /// The table whose row it is.
    pub const fn table(&self) -> &'static Table {
        self.table
    }

    /// The first word in the row that is outside its set, if there is one.
    pub fn unexpected(&self) -> Option<&UnexpectedValue> {
        self.unexpected.as_deref()
    }

    /// The value of a column, by its name in SQL; null if the table has no such column.
    pub fn get(&self, name: &str) -> Cell<'_> {
        let mut columns = self.table.columns.iter().enumerate();
        let found = columns.find(|(_, column)| column.name == name);
        found.map_or(Cell::Null, |(index, column)| self.cell(index, column))
    }

    /// An id, by its column's name in SQL.
    pub fn uuid(&self, name: &str) -> Option<Uuid> {
        match self.get(name) {
            Cell::Uuid(id) => Some(id),
            _ => None,
        }
    }

    /// The id that the statement has given beside the table's columns, if it has.
    pub const fn beside(&self) -> Option<Uuid> {
        self.beside
    }

    /// The values, in the order of the table's columns.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        let columns = self.table.columns.iter().enumerate();
        columns.map(|(index, column)| self.cell(index, column))
    }

    /// The bytes of a column, which are the same only for the same value.
    pub fn raw(&self, index: usize) -> Option<&[u8]> {
        self.bytes.get(self.places.get(index)?.clone()?)
    }

    /// How many bytes all columns have.
    pub const fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// The value of a column, which was found readable when the row was read.
    pub fn cell(&self, index: usize, column: &Column) -> Cell<'_> {
        cell(column, self.raw(index)).unwrap_or(Cell::Null)
    }
}

fn bytes(row: &PgRow, index: usize) -> Result<Option<&[u8]>, Error> {
    let value = row.try_get_raw(index).map_err(bug)?;
    if value.is_null() {
        return Ok(None);
    }
    value.as_bytes().map(Some).map_err(bug)
}

fn cell<'a>(column: &Column, value: Option<&'a [u8]>) -> Result<Cell<'a>, Error> {
    let Some(value) = value else {
        return Ok(Cell::Null);
    };
    Ok(match column.kind {
        Kind::Uuid => Cell::Uuid(Uuid::from_slice(value).map_err(bug)?),
        Kind::Text | Kind::Word(_) => Cell::Text(text(value)?),
        Kind::Object => object(value)?.map_or(Cell::Null, Cell::Object),
        Kind::ObjectOrEmpty => Cell::Object(object(value)?.unwrap_or_else(StoredObject::empty)),
        Kind::Timestamp => {
            let microseconds = value.try_into().map_err(bug)?;
            Cell::Timestamp(Timestamp::from_postgres_microseconds(i64::from_be_bytes(
                microseconds,
            )))
        }
    })
}

fn text(value: &[u8]) -> Result<&str, Error> {
    str::from_utf8(value).map_err(bug)
}

fn object(value: &[u8]) -> Result<Option<StoredObject<'_>>, Error> {
    // jsonb is a version, which is 1, and then the text.
    let Some((1, document)) = value.split_first() else {
        return Err(bug("jsonb of an unknown version"));
    };
    Ok(StoredObject::from_jsonb(text(document)?))
}

fn bug(error: impl std::fmt::Display) -> Error {
    Error::Bug(error.to_string())
}
