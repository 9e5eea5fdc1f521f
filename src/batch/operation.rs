//! What an operation is: something that is done for many calls at once.

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

/// The outcomes of calls, in the calls' order.
pub type Outcomes = Vec<Outcome>;

/// What a run gives: the outcome of each of its calls, or why the run as a whole failed.
pub type Run = Result<Outcomes, Failure>;

/// What a call is answered with.
#[derive(Clone)]
pub enum Answer {
    /// One row, which other calls may be answered with as well, or none.
    Row(Option<Row>),
    /// Rows in their order.
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

/// One of the things that a service does.
pub trait Operation: Sync {
    /// The arguments of a call.
    type Call: DeserializeOwned + Send + Sync;

    /// One of these arguments.
    type Argument<'c>: Argument;

    /// What it does to the database, and so what becomes of a run whose connection broke.
    const EFFECT: Effect;

    /// The row that a call writes, if calls about the same row take effect in the order in which they were
    /// made. Two such calls are never in one run.
    const ROW: Option<fn(&Self::Call) -> Uuid> = None;

    /// Whether calls are run together. Otherwise each has a run of its own, one after the other.
    const TOGETHER: bool = true;

    /// The arguments of a call, in the order in which the original's statement has them: of two that are
    /// wrong, the same one is reported.
    fn arguments<'c>(&self, call: &'c mut Self::Call) -> Vec<Self::Argument<'c>>;

    /// Does it for many calls at once. The outcomes are in the calls' order.
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

    /// The rows that a caller has to know of when the outcome of the call is not known.
    fn ids(_call: &Self::Call) -> Ids {
        Ids::default()
    }
}

/// An argument of a call.
pub trait Argument: Send {
    /// Looks at it, before anything is sent.
    ///
    /// # Errors
    ///
    /// What is wrong with it, if that can be told here.
    fn check(&self) -> Result<Readiness, Error>;

    /// Has the server judge it.
    ///
    /// # Errors
    ///
    /// As the server says.
    fn judge(self, database: &Database) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What an operation does to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It only reads: run again, it reads again.
    Read,
    /// It inserts under ids chosen before: run again, it finds what an earlier attempt inserted.
    Insert,
    /// It sets rows to values: run again, it spares rows that somebody else has written since.
    Set,
    /// It cannot be run again: the second run would give another answer than the first.
    Once,
}

/// Whether a run is the first of its calls that may have an effect.
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
    /// It can.
    Ready,
    /// It has to be judged by the server first.
    ToBeJudged,
}
