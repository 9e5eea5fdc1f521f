//! Rows as they came over the wire.
//!
//! A row is checked once, when it is read, and keeps its bytes: what goes to JavaScript is written from them
//! directly. Values are taken from PostgreSQL's binary format, since chrono's own decoding panics on
//! `infinity`, and jsonb is passed on as text.

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
    raw: PgRow,
    table: &'static Table,
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
    pub(super) fn read_all(rows: Vec<PgRow>, table: &'static Table) -> Result<Vec<Self>, Failure> {
        let read = guarded_now(|| rows.into_iter().map(|raw| Self::read(raw, table)).collect());
        read.unwrap_or_else(|error| Err(Error::Bug(error.to_string())))
            .map_err(Failure::unreadable)
    }

    fn read(raw: PgRow, table: &'static Table) -> Result<Self, Error> {
        let mut unexpected = None;
        for (index, column) in table.columns.iter().enumerate() {
            let value = bytes(&raw, index)?;
            let Some(value) = value else {
                if column.nullable {
                    continue;
                }
                return Err(bug(format_args!("{} is null", column.name)));
            };
            if let Kind::Word(set) = column.kind
                && unexpected.is_none()
            {
                unexpected = set.member(text(value)?).err().map(Box::new);
            } else {
                cell(column, Some(value))?;
            }
        }
        Ok(Self {
            raw,
            table,
            unexpected,
        })
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

    /// An id, by its column's name in SQL. The statement may have given it beside the table's columns.
    pub fn uuid(&self, name: &str) -> Option<Uuid> {
        let value = self.raw.try_get_raw(name).ok()?;
        Uuid::from_slice(value.as_bytes().ok()?).ok()
    }

    /// The values, in the order of the table's columns.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        let columns = self.table.columns.iter().enumerate();
        columns.map(|(index, column)| self.cell(index, column))
    }

    /// The bytes of a column, which are the same only for the same value.
    pub fn raw(&self, index: usize) -> Option<&[u8]> {
        bytes(&self.raw, index).ok().flatten()
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
