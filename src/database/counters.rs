//! Counters and statistics of a pool.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// A count that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds one.
    pub fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// The current count.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The counters. [`Statistics`] says what each means.
#[derive(Debug, Default)]
#[allow(missing_docs, reason = "the fields of Statistics are explained")]
pub struct Counters {
    pub opened: Counter,
    pub failed: Counter,
    pub repeated: Counter,
    pub settled: Counter,
    pub unknown: Counter,
}

/// The state of a pool's connections, and what has happened on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Statistics {
    /// Connections that are open, or being opened.
    pub open: usize,
    /// Open connections that are not in use.
    pub idle: usize,
    /// Statements that wait for a connection.
    pub waiting: usize,
    /// Connections opened so far.
    pub opened: u64,
    /// Failed attempts to open a connection so far.
    pub failed: u64,
    /// Runs that were repeated after a collision or a lost connection.
    pub repeated: u64,
    /// Runs whose outcome was determined after a lost connection.
    pub settled: u64,
    /// Calls whose outcome remained unknown after a lost connection.
    pub unknown: u64,
}
