//! Unit tests of `src/database/timestamp.rs`.

use super::*;

fn written(unix_microseconds: i64) -> String {
    let timestamp =
        Timestamp::from_postgres_microseconds(unix_microseconds.saturating_sub(POSTGRES_EPOCH));
    serde_json::to_string(&timestamp).unwrap()
}

#[test]
fn microseconds_are_cut() {
    assert_eq!(written(1_999), "1");
    assert_eq!(written(-1), "-1");
    assert_eq!(written(-1_000), "-1");
    assert_eq!(written(253_402_300_799_999_999), "253402300799999");
}

#[test]
fn infinity_is_text() {
    for extreme in [i64::MIN, i64::MAX] {
        let timestamp = Timestamp::from_postgres_microseconds(extreme);
        assert_eq!(serde_json::to_string(&timestamp).unwrap(), "\"infinity\"");
    }
}

#[test]
fn years_before_100_are_text() {
    let at = |text: &str| {
        DateTime::parse_from_rfc3339(text)
            .unwrap()
            .with_timezone(&Utc)
            .timestamp_micros()
    };
    assert_eq!(
        written(at("0001-02-03T04:05:06Z")),
        "\"0001-02-03 04:05:06+00\""
    );
    assert_eq!(
        written(at("0099-02-03T04:05:06.5Z")),
        "\"0099-02-03 04:05:06.500000+00\""
    );
    assert_eq!(
        written(at("0000-02-03T04:05:06Z")),
        "\"0001-02-03 04:05:06+00 BC\""
    );
    assert_eq!(written(at("0100-01-01T00:00:00Z")), "-59011459200000");
}

#[test]
fn iso_8601_has_milliseconds() {
    let iso = |unix_microseconds: i64| {
        Timestamp::from_postgres_microseconds(unix_microseconds - POSTGRES_EPOCH).to_iso_8601()
    };
    assert_eq!(iso(1_999).unwrap(), *b"1970-01-01T00:00:00.001Z");
    assert_eq!(iso(-1).unwrap(), *b"1969-12-31T23:59:59.999Z");
    assert_eq!(
        iso(YEAR_10000 * 1000 - 1).unwrap(),
        *b"9999-12-31T23:59:59.999Z"
    );
    assert_eq!(iso(YEAR_10000 * 1000), None);
    assert_eq!(iso(YEAR_100 * 1000).unwrap(), *b"0100-01-01T00:00:00.000Z");
    assert_eq!(iso(YEAR_100 * 1000 - 1), None);
}

#[test]
fn dates_beyond_those_of_javascript_are_invalid_there() {
    // The last microsecond of the year 294276; JavaScript ends in 275760.
    let last = Timestamp::from_postgres_microseconds(9_223_371_331_199_999_999);
    assert_eq!(serde_json::to_string(&last).unwrap(), "\"infinity\"");
}
