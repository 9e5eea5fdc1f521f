//! Pauses between attempts.

use std::time::Duration;

use uuid::Uuid;

const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);

/// Pauses that double up to a ceiling. Each is shortened at random by up to half, so that clients that lost
/// their connections together do not reconnect together.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
}

impl Backoff {
    /// Starts with the shortest pause.
    pub const fn new() -> Self {
        Self { next: FIRST }
    }

    /// The next pause.
    pub fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(LONGEST);
        // The first bits of a version 4 UUID are random.
        let (chance, ..) = Uuid::new_v4().as_fields();
        pause / 2 + (pause / 2).mul_f64(f64::from(chance) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
#[path = "../__test__/rust/unit/backoff.rs"]
mod tests;
