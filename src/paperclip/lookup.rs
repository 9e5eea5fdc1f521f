//! Reads that answer each call with the rows of one statement.

use super::argument::Argument;
use super::rows;
use crate::batch::{Attempt, Effect, Operation, Run};
use crate::database::Database;
use crate::database::executor::Executor;
use crate::database::statement::Query;
use crate::database::table::Table;
use serde::de::DeserializeOwned;

/// An operation that reads the rows of one statement.
pub struct Lookup<C: 'static> {
    /// The table of the rows.
    pub table: &'static Table,
    /// The arguments of a call.
    pub arguments: for<'c> fn(&'c mut C) -> Vec<Argument<'c>>,
    /// The statement of a call.
    pub query: for<'q> fn(&'q C) -> Query<'q>,
}

impl<C: DeserializeOwned + Send + Sync> Operation for Lookup<C> {
    type Call = C;
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = Effect::Read;

    fn arguments<'c>(&self, call: &'c mut C) -> Vec<Argument<'c>> {
        (self.arguments)(call)
    }

    async fn run(&self, database: &Database, calls: &[C], _: Attempt) -> Run {
        let mut outcomes = Vec::with_capacity(calls.len());
        for call in calls {
            let make = || (self.query)(call);
            let found = Executor::from(database).rows(self.table, make).await?;
            outcomes.push(rows::many(found));
        }
        Ok(outcomes)
    }
}
