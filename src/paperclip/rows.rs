//! From the rows of a statement to the answers of calls.
//!
//! PostgreSQL promises no order of the rows that a statement about many items returns, so they are told apart
//! by an id of theirs.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::batch::{Answer, Outcome, Outcomes};
use crate::database::fault::Failure;
use crate::database::row::Row;
use crate::error::{Error, Ids};

/// What a statement gives.
pub(super) type Rows<T = Vec<Row>> = Result<T, Failure>;

/// Rows by an id of theirs.
#[derive(Default)]
pub(super) struct RowsById(HashMap<Uuid, Arc<Row>>);

impl RowsById {
    /// Rows by the id in the column `name`.
    pub(super) fn by(name: &str, rows: Vec<Row>) -> Self {
        let keyed = rows
            .into_iter()
            .filter_map(|row| Some((row.uuid(name)?, Arc::new(row))));
        Self(keyed.collect())
    }

    /// Adds rows.
    pub(super) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// The ids of which there is no row.
    pub(super) fn missing(&self, ids: &[Uuid]) -> Vec<Uuid> {
        let missing = ids.iter().filter(|id| !self.0.contains_key(id));
        missing.copied().collect()
    }

    /// The row with this id, if there is one.
    pub(super) fn get(&self, id: Uuid) -> Option<Outcome> {
        self.0.get(&id).map(|row| one(Arc::clone(row)))
    }

    /// The row with each id, or none, as the answers of calls.
    pub(super) fn answers(&self, ids: &[Uuid]) -> Outcomes {
        let answer = |id: &Uuid| self.get(*id).unwrap_or(Ok(Answer::Row(None)));
        ids.iter().map(answer).collect()
    }

    /// The answers of a repeated insert, when these are the rows that are there.
    pub(super) fn answers_of_insert(&self, ids: &[Uuid], failed: &'static str) -> Outcomes {
        let answer = |id: &Uuid| self.get(*id).unwrap_or(Err(Error::Failed(failed)));
        ids.iter().map(answer).collect()
    }

    /// The answers of a run that has set these rows. A repeated one has spared those that are `newer`.
    pub(super) fn answers_of_set(
        &self,
        ids: &[Uuid],
        newer: &Self,
        in_question: fn(Uuid) -> Ids,
    ) -> Outcomes {
        let answer = |id: &Uuid| match self.get(*id) {
            Some(answer) => answer,
            None if newer.0.contains_key(id) => Err(Error::outcome_unknown(
                in_question(*id),
                &"somebody else has written the row since",
            )),
            None => Ok(Answer::Row(None)),
        };
        ids.iter().map(answer).collect()
    }
}

/// A row as the answer of a call.
fn one(row: Arc<Row>) -> Outcome {
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

/// The answers of calls that have inserted rows under these ids.
///
/// A trigger may have given a row another id. Then the rows that nobody has asked for are those that are
/// missed; a plain `insert … select` returns them in the order in which it was given them.
pub(super) fn inserted(
    ids: &[Uuid],
    rows: Vec<Row>,
    failed: &'static str,
    in_question: fn(Uuid) -> Ids,
) -> Outcomes {
    let mut by_id = HashMap::new();
    let mut others = Vec::new();
    for row in rows {
        match row.uuid("id") {
            Some(id) if ids.contains(&id) => drop(by_id.insert(id, row)),
            _ => others.push(row),
        }
    }
    let is_clear = by_id.len() + others.len() == ids.len();
    let mut others = others.into_iter();
    let outcome = |id: &Uuid| match by_id.remove(id) {
        Some(row) => one(Arc::new(row)),
        None if others.len() == 0 => Err(Error::Failed(failed)),
        None if is_clear => others
            .next()
            .map_or(Err(Error::Failed(failed)), |row| one(Arc::new(row))),
        None => Err(Error::outcome_unknown(
            in_question(*id),
            &"a trigger has changed the ids of some rows, and kept others from being inserted",
        )),
    };
    ids.iter().map(outcome).collect()
}
