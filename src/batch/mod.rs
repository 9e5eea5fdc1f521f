//! How many calls become one run, and what a failure means to each of them.
//!
//! One mechanism serves all operations; it knows nothing of SQL. Reading order: [`operation`] (what there is to
//! do), [`perform`](mod@perform) (calls in, outcomes out), `settle` (a broken connection), `policy` (a refusal).

pub mod operation;
pub mod perform;
mod policy;
mod settle;

pub use operation::{
    Answer, Argument, Attempt, Effect, Operation, Outcome, Outcomes, Readiness, Run,
};
pub use perform::perform;
