//! What has happened on the connections to a database, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// A count that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// It has happened once more.
    pub fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How often it has happened.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is counted. [`Statistics`] says what each means.
#[derive(Debug, Default)]
#[allow(missing_docs, reason = "the fields of Statistics are explained")]
pub struct Counters {
    pub opened: Counter,
    pub failed: Counter,
    pub repeated: Counter,
    pub settled: Counter,
    pub unknown: Counter,
}

/// The state of the connections, and what has happened on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Statistics {
    /// Connections that are open, or being opened.
    pub open: usize,
    /// Those of them that nobody uses.
    pub idle: usize,
    /// Statements that wait for a connection.
    pub waiting: usize,
    /// Connections opened so far.
    pub opened: u64,
    /// Attempts to open one that failed so far.
    pub failed: u64,
    /// Runs that were sent once more, after a collision or a broken connection.
    pub repeated: u64,
    /// Runs whose outcome was determined after a lost connection.
    pub settled: u64,
    /// Calls whose outcome was not.
    pub unknown: u64,
}
