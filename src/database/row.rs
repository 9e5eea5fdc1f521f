//! From a row as it came over the wire to a thing of the model.
//!
//! Values are taken from PostgreSQL's binary format directly: chrono's own decoding panics on
//! `infinity`, and jsonb is passed on as text.

use sqlx::postgres::{PgRow, PgValueRef};
use sqlx::{Row, ValueRef};
use uuid::Uuid;

use crate::error::{Error, Failure, Reach};
use crate::model::value_set::ValueSet;
use crate::model::{Environment, EnvironmentLease, StoredJson, Timestamp, UnexpectedValue};

/// A thing that was read, unless its row holds a word outside its set.
pub type Read<T> = Result<T, UnexpectedValue>;

/// Reads the columns of a row from left to right.
pub(super) struct Columns<'r> {
    row: &'r PgRow,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) const fn of(row: &'r PgRow) -> Self {
        Self { row, next: 0 }
    }

    fn value(&mut self) -> Result<Option<PgValueRef<'r>>, Error> {
        let index = self.next;
        self.next += 1;
        let value = self
            .row
            .try_get_raw(index)
            .map_err(|error| Error::Bug(error.to_string()))?;
        Ok((!value.is_null()).then_some(value))
    }

    fn bytes(&mut self) -> Result<Option<&'r [u8]>, Error> {
        self.value()?
            .map(|value| value.as_bytes().map_err(bug))
            .transpose()
    }

    fn word(&mut self) -> Result<Option<&'r str>, Error> {
        self.value()?
            .map(|value| value.as_str().map_err(bug))
            .transpose()
    }

    pub(super) fn uuid(&mut self) -> Result<Uuid, Error> {
        self.optional_uuid()?.ok_or_else(unexpected_null)
    }

    pub(super) fn optional_uuid(&mut self) -> Result<Option<Uuid>, Error> {
        self.bytes()?
            .map(|bytes| Uuid::from_slice(bytes).map_err(bug))
            .transpose()
    }

    fn text(&mut self) -> Result<String, Error> {
        self.optional_text()?.ok_or_else(unexpected_null)
    }

    pub(super) fn optional_text(&mut self) -> Result<Option<String>, Error> {
        Ok(self.word()?.map(str::to_owned))
    }

    pub(super) fn timestamp(&mut self) -> Result<Timestamp, Error> {
        self.optional_timestamp()?.ok_or_else(unexpected_null)
    }

    fn optional_timestamp(&mut self) -> Result<Option<Timestamp>, Error> {
        let Some(bytes) = self.bytes()? else {
            return Ok(None);
        };
        let microseconds = bytes.try_into().map_err(bug)?;
        Ok(Some(Timestamp::from_postgres_microseconds(
            i64::from_be_bytes(microseconds),
        )))
    }

    fn json_object(&mut self) -> Result<Option<StoredJson>, Error> {
        let Some(bytes) = self.bytes()? else {
            return Ok(None);
        };
        // jsonb is a version, which is 1, and then the text.
        let Some((1, text)) = bytes.split_first() else {
            return Err(Error::Bug("jsonb of an unknown version".to_owned()));
        };
        Ok(StoredJson::from_jsonb(str::from_utf8(text).map_err(bug)?))
    }

    /// A word of a set. The outer error ends the statement, the inner one is about this row.
    fn member<T: ValueSet>(&mut self) -> Result<Read<T>, Error> {
        Ok(T::parse(self.word()?.ok_or_else(unexpected_null)?))
    }

    fn optional_member<T: ValueSet>(&mut self) -> Result<Read<Option<T>>, Error> {
        Ok(self.word()?.map(T::parse).transpose())
    }
}

/// An environment as it was read, with the ids by which its reader may look for it, which are known
/// even if the rest cannot be read.
pub(super) struct EnvironmentRow {
    pub(super) id: Uuid,
    pub(super) company_id: Uuid,
    pub(super) read: Read<Environment>,
}

/// Reads the columns of `environment_columns!`, in their order.
pub(super) fn environment(row: &PgRow) -> Result<EnvironmentRow, Error> {
    let mut columns = Columns::of(row);
    let id = columns.uuid()?;
    let company_id = columns.uuid()?;
    let name = columns.text()?;
    let description = columns.optional_text()?;
    let driver = columns.member()?;
    let status = columns.member()?;
    let config = columns
        .json_object()?
        .unwrap_or_else(StoredJson::empty_object);
    let metadata = columns.json_object()?;
    let created_at = columns.timestamp()?;
    let updated_at = columns.timestamp()?;
    let read = || {
        Ok(Environment {
            id,
            company_id,
            name,
            description,
            driver: driver?,
            status: status?,
            config,
            metadata,
            created_at,
            updated_at,
        })
    };
    Ok(EnvironmentRow {
        id,
        company_id,
        read: read(),
    })
}

/// Reads the columns of `lease_columns!`, in their order.
pub(super) fn lease(row: &PgRow) -> Result<(Uuid, Read<EnvironmentLease>), Error> {
    lease_from(&mut Columns::of(row))
}

/// Reads the columns of `lease_columns!` and then the run whose leases were meant.
pub(super) fn lease_with_run(row: &PgRow) -> Result<(Uuid, Read<EnvironmentLease>), Error> {
    let mut columns = Columns::of(row);
    let (_, lease) = lease_from(&mut columns)?;
    Ok((columns.uuid()?, lease))
}

fn lease_from(columns: &mut Columns<'_>) -> Result<(Uuid, Read<EnvironmentLease>), Error> {
    let id = columns.uuid()?;
    let company_id = columns.uuid()?;
    let environment_id = columns.uuid()?;
    let execution_workspace_id = columns.optional_uuid()?;
    let issue_id = columns.optional_uuid()?;
    let heartbeat_run_id = columns.optional_uuid()?;
    let status = columns.member()?;
    let lease_policy = columns.member()?;
    let provider = columns.optional_text()?;
    let provider_lease_id = columns.optional_text()?;
    let acquired_at = columns.timestamp()?;
    let last_used_at = columns.timestamp()?;
    let expires_at = columns.optional_timestamp()?;
    let released_at = columns.optional_timestamp()?;
    let failure_reason = columns.optional_text()?;
    let cleanup_status = columns.optional_member()?;
    let metadata = columns.json_object()?;
    let created_at = columns.timestamp()?;
    let updated_at = columns.timestamp()?;
    let read = || {
        Ok(EnvironmentLease {
            id,
            company_id,
            environment_id,
            execution_workspace_id,
            issue_id,
            heartbeat_run_id,
            status: status?,
            lease_policy: lease_policy?,
            provider,
            provider_lease_id,
            acquired_at,
            last_used_at,
            expires_at,
            released_at,
            failure_reason,
            cleanup_status: cleanup_status?,
            metadata,
            created_at,
            updated_at,
        })
    };
    Ok((id, read()))
}

/// A row that cannot be read is a mistake of ours. The statement was carried out all the same; it counts
/// as refused because running it again would not make the row readable.
pub(super) const fn failure(error: Error) -> Failure {
    Failure {
        error,
        reach: Reach::Refused,
    }
}

fn bug(error: impl std::fmt::Display) -> Error {
    Error::Bug(error.to_string())
}

fn unexpected_null() -> Error {
    Error::Bug("a column that may not be null is null".to_owned())
}
