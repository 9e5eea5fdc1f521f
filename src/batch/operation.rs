//! An operation: what a method does, for many calls at once.

use std::future::Future;
use std::slice;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::database::Database;
use crate::database::fault::Failure;
use crate::database::row::Row;
use crate::error::{Error, Ids};

/// The outcome of one call.
pub type Outcome = Result<Answer, Error>;

/// The outcomes of calls, in the order of the calls.
pub type Outcomes = Vec<Outcome>;

/// The result of a run: the outcome of each of its calls, or why the run as a whole failed.
pub type Run = Result<Outcomes, Failure>;

/// The answer to a call.
#[derive(Clone)]
pub enum Answer {
    /// One row or none. Several calls may share the row.
    Row(Option<Row>),
    /// Rows in order.
    Rows(Arc<Vec<Row>>),
}

impl Answer {
    /// The rows.
    pub fn rows(&self) -> &[Row] {
        match self {
            Self::Row(row) => row.as_ref().map(slice::from_ref).unwrap_or_default(),
            Self::Rows(rows) => rows,
        }
    }
}

/// What a method does, for many calls at once.
pub trait Operation: Sync {
    /// The arguments of a call.
    type Call: DeserializeOwned + Send + Sync;

    /// One of the arguments of a call.
    type Argument<'c>: Argument;

    /// What it does to the database, which decides what happens to a run after a lost connection.
    const EFFECT: Effect;

    /// The row that a call writes, if calls about the same row take effect in the order in which they were
    /// made. Two such calls are never in the same run.
    const ROW: Option<fn(&Self::Call) -> Uuid> = None;

    /// Whether calls are run together. Otherwise each call has a run of its own, one after the other.
    const TOGETHER: bool = true;

    /// The arguments of a call, in the order in which they stand in the original's statement: if two are
    /// wrong, the same one is reported.
    fn arguments<'c>(&self, call: &'c mut Self::Call) -> Vec<Self::Argument<'c>>;

    /// Runs the operation for many calls. The outcomes are in the order of the calls.
    ///
    /// # Errors
    ///
    /// Why the run as a whole failed.
    fn run(
        &self,
        database: &Database,
        calls: &[Self::Call],
        attempt: Attempt,
    ) -> impl Future<Output = Run> + Send;

    /// The rows to report to the caller if the outcome of the call is unknown.
    fn ids(_call: &Self::Call) -> Ids {
        Ids::default()
    }
}

/// An argument of a call.
pub trait Argument: Send {
    /// Checks the argument before anything is sent.
    ///
    /// # Errors
    ///
    /// If it is known to be invalid without asking the server.
    fn check(&self) -> Result<Readiness, Error>;

    /// Asks the server whether the argument is valid.
    ///
    /// # Errors
    ///
    /// If the server refuses it.
    fn judge(self, database: &Database) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What an operation does to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It only reads, and can be repeated.
    Read,
    /// It inserts rows under ids chosen before the first attempt. A repeat finds what an earlier attempt
    /// inserted.
    Insert,
    /// It sets rows to values. A repeat leaves out rows that somebody else has written since.
    Set,
    /// It cannot be repeated: the second run would give another answer than the first.
    Once,
}

/// Whether an earlier attempt of a run may have had an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// No earlier attempt has had an effect.
    First,
    /// An earlier attempt may have had an effect.
    Repeat,
}

/// Whether an argument can be used as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It can be used.
    Ready,
    /// The server has to judge it first.
    ToBeJudged,
}
