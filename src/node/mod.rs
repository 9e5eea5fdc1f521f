//! The bindings to JavaScript: the class that it uses, and the threads that do the work.
//!
//! Everything crosses as JSON text, in both directions, and many calls at a time: one string is cheaper than
//! many small values. Reading order: `service` (the class), `reply` and `json` (its answers; `write` for
//! single values, `keys` for an exception), `promises` (how it answers), `password` (the only call into
//! JavaScript), `runtime` (the threads), `describe` (for the build).

// The macro exports nothing to unit tests.
#[cfg(not(test))]
mod describe;
mod json;
mod keys;
mod password;
mod promises;
mod reply;
mod runtime;
mod service;
mod write;
