//! The only place that knows JavaScript: the class that it calls, and the threads that work for it.
//!
//! Everything crosses as JSON text, in both directions, and many calls at a time: one string is cheaper than
//! many small values. Reading order: `service` (the class), `reply` and `json` (what it answers; `write`, single
//! values; `keys`, an exception), `promises` (how it answers), `password` (the one call in the other direction), `runtime` (the
//! threads), `describe` (for the build).

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
