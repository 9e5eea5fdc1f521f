//! Paperclip's environment service as a Node.js native addon.
//!
//! From the bottom:
//!
//! - [`error`]: the one error type.
//! - [`database`]: PostgreSQL: connections, statements, rows, failures.
//! - [`batch`]: how many calls become one run, and what a failure means to each.
//! - [`paperclip`]: the tables and the operations of each generation of Paperclip.
//! - `node`: the only place that knows JavaScript.
//!
//! Each knows those below it and none above.

mod backoff;
pub mod batch;
pub mod database;
pub mod error;
mod node;
pub mod paperclip;
