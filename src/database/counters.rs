//! What has happened on the connections to a database, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// Counts that only grow.
#[derive(Debug, Default)]
pub struct Counters {
    opened: AtomicU64,
    failed: AtomicU64,
    repeated: AtomicU64,
    settled: AtomicU64,
    unknown: AtomicU64,
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
    /// Runs whose connection broke, and of which it was found out what had become of them.
    pub settled: u64,
    /// Calls of which that was not found out.
    pub unknown: u64,
}

impl Counters {
    /// A connection was opened.
    pub fn opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// An attempt to open a connection failed.
    pub fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// A run is sent once more.
    pub fn repeated(&self) {
        self.repeated.fetch_add(1, Ordering::Relaxed);
    }

    /// It was found out what had become of a run.
    pub fn settled(&self) {
        self.settled.fetch_add(1, Ordering::Relaxed);
    }

    /// It was not found out what had become of so many calls.
    pub fn unknown(&self, calls: usize) {
        let calls = u64::try_from(calls).unwrap_or(u64::MAX);
        self.unknown.fetch_add(calls, Ordering::Relaxed);
    }

    /// Whether any connection was opened so far.
    pub fn has_opened(&self) -> bool {
        self.opened.load(Ordering::Relaxed) > 0
    }

    /// The counts, beside what the pool says of its connections.
    pub fn statistics(&self, open: usize, idle: usize, waiting: usize) -> Statistics {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Statistics {
            open,
            idle,
            waiting,
            opened: count(&self.opened),
            failed: count(&self.failed),
            repeated: count(&self.repeated),
            settled: count(&self.settled),
            unknown: count(&self.unknown),
        }
    }
}
