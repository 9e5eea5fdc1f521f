//! Makes the answers of calls from the rows of a statement.
//!
//! PostgreSQL does not promise an order for the rows that a statement about many items returns, so they are
//! matched by an id.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::batch::{Answer, Outcome, Outcomes};
use crate::database::fault::Failure;
use crate::database::row::Row;

/// The rows of a statement.
pub(super) type Rows<T = Vec<Row>> = Result<T, Failure>;

/// Rows by an id.
#[derive(Default)]
pub(super) struct RowsById(HashMap<Uuid, Row>);

impl RowsById {
    /// Rows by the id in the column `name`.
    pub(super) fn by(name: &str, rows: Vec<Row>) -> Self {
        let keyed = rows
            .into_iter()
            .filter_map(|row| Some((row.uuid(name)?, row)));
        Self(keyed.collect())
    }

    pub(super) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// The ids that have no row.
    pub(super) fn missing(&self, ids: &[Uuid]) -> Vec<Uuid> {
        let missing = ids.iter().filter(|id| !self.0.contains_key(id));
        missing.copied().collect()
    }

    /// The row with this id, if any.
    pub(super) fn get(&self, id: Uuid) -> Option<Outcome> {
        self.0.get(&id).map(|row| one(row.clone()))
    }

    /// The row with each id, or none, as the answers of calls.
    pub(super) fn answers(&self, ids: &[Uuid]) -> Outcomes {
        let answer = |id: &Uuid| self.get(*id).unwrap_or(Ok(Answer::Row(None)));
        ids.iter().map(answer).collect()
    }
}

/// A row as the answer of a call.
pub(super) fn one(row: Row) -> Outcome {
    match row.unexpected() {
        Some(unexpected) => Err(unexpected.clone().into()),
        None => Ok(Answer::Row(Some(row))),
    }
}

/// Rows as the answer of a call.
pub(super) fn many(rows: Vec<Row>) -> Outcome {
    match rows.iter().find_map(Row::unexpected) {
        Some(unexpected) => Err(unexpected.clone().into()),
        None => Ok(Answer::Rows(Arc::new(rows))),
    }
}
