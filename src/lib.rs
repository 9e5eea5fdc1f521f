//! Paperclip's environment service as a Node.js native addon.
//!
//! From the bottom:
//!
//! - [`error`]: the one error type.
//! - [`database`]: PostgreSQL connections, statements, rows and failures.
//! - [`batch`]: groups calls into runs, and decides what a failure means to each call.
//! - [`paperclip`]: the tables and the operations of each generation of Paperclip.
//! - `node`: the bindings to JavaScript.
//!
//! Each module knows those above it in this list and none below.

mod backoff;
pub mod batch;
pub mod database;
pub mod error;
mod node;
pub mod paperclip;
