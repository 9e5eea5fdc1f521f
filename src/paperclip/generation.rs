//! A generation as data: its rows, its statements, and its methods, each of which names an operation.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::argument::Argument;
use crate::batch::{self, Answer, Attempt, Effect, Operation, Outcomes, Run};
use crate::database::statement::Statement;
use crate::database::table::Table;
use crate::database::{Database, Requirement};

/// A generation of Paperclip: releases whose tables and methods are the same.
pub struct Generation {
    /// Its name, which is that of its first release.
    pub name: &'static str,
    /// The requirement that the database has its tables.
    pub requirement: &'static Requirement,
    /// The tables whose rows its methods return.
    pub tables: &'static [&'static Table],
    /// The statements that it does not share.
    pub statements: fn() -> Vec<&'static Statement>,
    /// The statements that JavaScript also sends through a caller's own transaction.
    pub for_callers: fn() -> Vec<&'static Statement>,
    /// Its methods.
    pub methods: &'static [Method],
}

/// A method.
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub operation: &'static dyn Perform,
}

impl Method {
    /// A method and its operation.
    pub(super) const fn new(name: &'static str, operation: &'static dyn Perform) -> Self {
        Self { name, operation }
    }
}

/// Checks only whether the generation fits the database.
pub struct Check;

impl Operation for Check {
    type Call = ();
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = Effect::Read;

    fn arguments<'c>(&self, (): &'c mut ()) -> Vec<Argument<'c>> {
        Vec::new()
    }

    async fn run(&self, database: &Database, calls: &[()], _: Attempt) -> Run {
        database.check().await?;
        Ok(calls.iter().map(|()| Ok(Answer::Row(None))).collect())
    }
}

/// An operation, whatever the type of its calls.
pub trait Perform: Sync {
    /// Whether calls about the same row take effect in order. Their first argument names the row.
    fn is_ordered(&self) -> bool;

    /// Performs calls, given as the JSON text of an array. The outcomes are in the order of the calls.
    ///
    /// # Errors
    ///
    /// If the text does not hold calls of this operation.
    fn perform<'p>(
        &'static self,
        database: &'p Database,
        calls: String,
    ) -> BoxFuture<'p, serde_json::Result<Outcomes>>;
}

impl<O: Operation> Perform for O {
    fn is_ordered(&self) -> bool {
        O::ROW.is_some()
    }

    fn perform<'p>(
        &'static self,
        database: &'p Database,
        calls: String,
    ) -> BoxFuture<'p, serde_json::Result<Outcomes>> {
        async move {
            let read: Vec<O::Call> = serde_json::from_str(&calls)?;
            drop(calls);
            Ok(batch::perform(self, database, read).await)
        }
        .boxed()
    }
}
