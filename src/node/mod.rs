//! The only place that knows JavaScript: the class that the face calls, and the threads it runs on.
//!
//! Everything crosses as JSON text, in both directions, and many calls at a time: one string is
//! cheaper than many small values. Reading order: `service` (the class), `reply` (what it answers, in
//! `columns` or as `objects`; `keys`, the exception), `cancel` (giving up), `statistics`, `password` (the one call in the
//! other direction), `runtime` (the threads).

mod cancel;
mod columns;
mod keys;
mod objects;
mod password;
mod reply;
mod runtime;
mod service;
mod statistics;
