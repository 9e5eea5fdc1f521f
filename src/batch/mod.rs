//! Groups calls into runs, and decides what a failure means to each call.
//!
//! One mechanism serves all operations; it contains no SQL. Reading order: [`operation`] (the interface),
//! [`perform`](mod@perform) (from calls to outcomes), `settle` (lost connections), `policy` (refused
//! batches).

pub mod operation;
pub mod perform;
mod policy;
mod settle;

pub use operation::{
    Answer, Argument, Attempt, Effect, Operation, Outcome, Outcomes, Readiness, Run,
};
pub use perform::perform;
