//! The operation of a method: one statement, whose only value is the call as a document.

use crate::batch::{Attempt, Effect, Operation, Run};
use crate::database::Database;
use crate::database::executor::Executor;
use crate::database::statement::Statement;
use crate::database::table::Table;
use crate::paperclip::argument::{Argument, Document};
use crate::paperclip::rows;

/// A statement, and the table of its rows. `ONCE` says whether it cannot be repeated after a lost connection,
/// because a repeat would not find the rows that it changed.
pub struct Asked<const ONCE: bool> {
    pub(super) statement: &'static Statement,
    pub(super) table: &'static Table,
}

impl<const ONCE: bool> Operation for Asked<ONCE> {
    type Call = Document;
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = if ONCE { Effect::Once } else { Effect::Read };

    fn arguments<'c>(&self, call: &'c mut Document) -> Vec<Argument<'c>> {
        vec![Argument::Document(Some(call))]
    }

    async fn run(&self, database: &Database, calls: &[Document], _: Attempt) -> Run {
        let mut outcomes = Vec::with_capacity(calls.len());
        for call in calls {
            let make = || self.statement.about(&[()]).value(call.text()).bound();
            let found = Executor::from(database).rows(self.table, make).await?;
            outcomes.push(rows::many(found));
        }
        Ok(outcomes)
    }
}

/// The members of a call as the row `a`, with these columns.
pub(super) fn call(columns: &str) -> String {
    format!("a as (select * from jsonb_to_record($2::jsonb) as a({columns}))")
}
