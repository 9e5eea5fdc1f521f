//! Unit tests of `src/database/sqlstate.rs`.

use super::*;

#[test]
fn the_first_line_that_fits_counts() {
    for (code, condition) in [
        ("23503", Condition::DataRefused),
        ("22P02", Condition::DataRefused),
        ("40001", Condition::Collision),
        ("40003", Condition::Other),
        ("57014", Condition::OutOfTime),
        ("57P01", Condition::SessionOver),
        ("57P03", Condition::NotReady),
        ("57000", Condition::ServerTrouble),
        ("25006", Condition::ReadOnly),
        ("25P02", Condition::ServerTrouble),
        ("42P01", Condition::UnknownTables),
        ("42601", Condition::ServerTrouble),
        ("42501", Condition::Forbidden),
        ("P0001", Condition::Other),
        ("", Condition::Other),
    ] {
        assert_eq!(Condition::of(code), condition, "{code}");
    }
}
