//! Numbers for those who watch.

use napi_derive::napi;

use crate::database::counters::Statistics;

/// The state of the connections, and what has happened on them.
#[napi(object, object_from_js = false)]
pub struct NativeStatistics {
    /// Connections that are open, or being opened.
    pub open: f64,
    /// Those of them that nobody uses.
    pub idle: f64,
    /// Statements that wait for a connection.
    pub waiting: f64,
    /// Connections opened so far.
    pub opened: f64,
    /// Attempts to open one that failed so far.
    pub failed: f64,
    /// Statements that were sent once more, after a collision or a broken connection.
    pub repeated: f64,
    /// Batches whose connection broke, and of which it was found out what had become of them.
    pub settled: f64,
    /// Calls of which that was not found out.
    pub unknown: f64,
}

impl From<Statistics> for NativeStatistics {
    #[allow(
        clippy::cast_precision_loss,
        reason = "2^53 is far off, and JavaScript has no other numbers"
    )]
    fn from(statistics: Statistics) -> Self {
        Self {
            open: statistics.open as f64,
            idle: statistics.idle as f64,
            waiting: statistics.waiting as f64,
            opened: statistics.opened as f64,
            failed: statistics.failed as f64,
            repeated: statistics.repeated as f64,
            settled: statistics.settled as f64,
            unknown: statistics.unknown as f64,
        }
    }
}
