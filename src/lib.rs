//! Paperclip's environment service as a Node.js native addon.
//!
//! In reading order:
//!
//! - [`model`]: environments, leases, their value sets: pure data and rules.
//! - [`database`]: settings to pool, one statement per function, rows to model.
//! - [`service`]: the twelve operations, each for many calls at once.
//! - [`error`] and [`policy`]: the one error type, and what is done about each thing PostgreSQL can say.
//! - `node`: the only place that knows JavaScript.
//!
//! Arrows point one way: node → service → database → model.

mod backoff;
pub mod database;
pub mod error;
pub mod model;
mod node;
pub mod policy;
pub mod service;
