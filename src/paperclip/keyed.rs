//! Finds, inserts and sets rows by id, also in a repeat after an attempt of unknown outcome.

use std::collections::HashMap;
use std::future::Future;

use uuid::Uuid;

use super::argument::{Argument, Id};
use super::rows::{Rows, RowsById, one};
use crate::batch::{Answer, Attempt, Effect, Operation, Outcomes, Run};
use crate::database::Database;
use crate::database::executor::Executor;
use crate::database::row::Row;
use crate::database::sqlstate::Condition;
use crate::error::{Error, Ids};

/// A table whose rows are inserted and found by their ids.
pub(super) trait Keyed: Sync {
    /// A row to insert.
    type New: Sync;

    /// The original's error message for a row that was not inserted.
    const FAILED: &'static str;

    /// The id that was chosen for a row.
    fn id(new: &Self::New) -> Uuid;

    /// The ids to report if the outcome of inserting this row is unknown.
    fn in_question(id: Uuid) -> Ids;

    /// The existing rows with these ids.
    fn by_id(&self, on: Executor<'_>, ids: &[Uuid]) -> impl Future<Output = Rows<RowsById>> + Send;

    /// Inserts rows. A repeat skips a row whose id exists already, and does not return it.
    fn insert(
        &self,
        on: Executor<'_>,
        new: &[&Self::New],
        attempt: Attempt,
    ) -> impl Future<Output = Rows> + Send;
}

/// Finds the row with an id.
pub struct FindById<T: 'static>(pub &'static T);

impl<T: Keyed> Operation for FindById<T> {
    type Call = Id;
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = Effect::Read;

    fn arguments<'c>(&self, id: &'c mut Id) -> Vec<Argument<'c>> {
        vec![Argument::Id(Some(id))]
    }

    async fn run(&self, database: &Database, ids: &[Id], _: Attempt) -> Run {
        let ids: Vec<Uuid> = ids.iter().map(Id::uuid).collect();
        Ok(self.0.by_id(database.into(), &ids).await?.answers(&ids))
    }
}

/// The answers of calls that set rows, from the rows that were `written`. A repeat has left out those that
/// somebody else has written since.
pub(super) async fn set<I: Keyed>(
    table: &I,
    database: &Database,
    ids: Vec<Uuid>,
    written: RowsById,
    attempt: Attempt,
) -> Run {
    let newer = match attempt {
        Attempt::First => RowsById::default(),
        Attempt::Repeat => table.by_id(database.into(), &written.missing(&ids)).await?,
    };
    let answer = |id: &Uuid| match written.get(*id) {
        Some(answer) => answer,
        None if newer.get(*id).is_some() => Err(Error::outcome_unknown(
            I::in_question(*id),
            &"somebody else has written the row since",
        )),
        None => Ok(Answer::Row(None)),
    };
    Ok(ids.iter().map(answer).collect())
}

/// Inserts rows and answers their calls.
pub(super) async fn insert<I: Keyed>(
    table: &I,
    database: &Database,
    new: &[&I::New],
    attempt: Attempt,
) -> Run {
    let ids: Vec<Uuid> = new.iter().map(|new| I::id(new)).collect();
    if attempt == Attempt::First {
        let rows = table.insert(database.into(), new, attempt).await?;
        return Ok(inserted::<I>(&ids, rows));
    }
    // Look up first what an earlier attempt inserted: a trigger might refuse the row the second time, which
    // would prove nothing about the earlier attempt.
    let mut found = table.by_id(database.into(), &ids).await?;
    let missing = found.missing(&ids);
    let is_missing = |new: &&&I::New| missing.contains(&I::id(new));
    let new: Vec<&I::New> = new.iter().filter(is_missing).copied().collect();
    let mut renames = false;
    if !new.is_empty() {
        let mut work = database.begin().await?;
        let rows = match table.insert((&mut work).into(), &new, attempt).await {
            // The cause may be the row that an earlier attempt was still inserting.
            Err(failure) if failure.condition() == Some(Condition::DataRefused) => {
                found.extend(table.by_id(database.into(), &missing).await?);
                return if found.missing(&ids).is_empty() {
                    Ok(found.answers(&ids))
                } else {
                    Err(failure)
                };
            }
            inserted => inserted?,
        };
        renames = rows
            .iter()
            .any(|row| row.uuid("id").is_none_or(|id| !ids.contains(&id)));
        if renames {
            // A trigger changes the ids of rows, so it is unknown what the earlier attempt inserted. At least
            // do not insert it twice.
            work.rollback().await;
        } else {
            work.commit().await?;
            found.extend(RowsById::by("id", rows));
            // What an earlier attempt was still inserting.
            found.extend(table.by_id(database.into(), &found.missing(&ids)).await?);
        }
    }
    let answer = |id: &Uuid| match found.get(*id) {
        Some(outcome) => outcome,
        None if renames => Err(Error::outcome_unknown(
            I::in_question(*id),
            &"a trigger has changed the row's id",
        )),
        None => Err(Error::Failed(I::FAILED)),
    };
    Ok(ids.iter().map(answer).collect())
}

/// The answers of calls whose rows were inserted in the first attempt.
///
/// A trigger may have changed the id of a row. Then the rows with other ids answer the calls whose ids are
/// missing, in order: a plain `insert … select` returns rows in the order of its input.
fn inserted<I: Keyed>(ids: &[Uuid], rows: Vec<Row>) -> Outcomes {
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
        Some(row) => one(row),
        None if others.len() == 0 => Err(Error::Failed(I::FAILED)),
        None if is_clear => others.next().map_or(Err(Error::Failed(I::FAILED)), one),
        None => Err(Error::outcome_unknown(
            I::in_question(*id),
            &"a trigger has changed the ids of some rows, and kept others from being inserted",
        )),
    };
    ids.iter().map(outcome).collect()
}
