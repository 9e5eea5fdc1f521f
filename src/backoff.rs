//! The pauses between attempts.

use std::time::Duration;

use uuid::Uuid;

const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);

/// Pauses that double up to a ceiling. Each is shortened by chance, to no less than its half, so that
/// those who were cut off together do not come back together.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
}

impl Backoff {
    /// Pauses from the first on.
    pub const fn new() -> Self {
        Self { next: FIRST }
    }

    /// The next pause.
    pub fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(LONGEST);
        // The first bits of a random UUID are chance.
        let (chance, ..) = Uuid::new_v4().as_fields();
        pause / 2 + (pause / 2).mul_f64(f64::from(chance) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_ceiling_and_differ() {
        let mut backoff = Backoff::new();
        let pauses: Vec<Duration> = (0..20).map(|_| backoff.pause()).collect();
        for (pause, longest) in pauses.iter().zip([20, 40, 80, 160, 320, 640, 1000, 1000]) {
            let longest = Duration::from_millis(longest);
            assert!(*pause >= longest / 2 && *pause <= longest, "{pause:?}");
        }
        let last: std::collections::HashSet<_> = pauses.iter().skip(10).collect();
        assert!(last.len() > 5);
    }
}
