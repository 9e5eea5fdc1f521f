//! Unit tests of `src/backoff.rs`.

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
