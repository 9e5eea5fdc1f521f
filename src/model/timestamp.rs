//! A point in time as the database holds it.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde::{Serialize, Serializer};

/// Microseconds from 1970-01-01 to PostgreSQL's own epoch, 2000-01-01, both UTC.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// The first year whose text `new Date` takes literally; it reads 1 to 99 as years of 1900 or 2000.
const FIRST_LITERAL_YEAR: i32 = 100;

/// A `timestamptz`: microseconds since 2000-01-01 UTC, the extremes meaning infinity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From the number that PostgreSQL sends in its binary format.
    pub const fn from_postgres_microseconds(microseconds: i64) -> Self {
        Self(microseconds)
    }

    /// Milliseconds since 1970, cut and not rounded, as `new Date(text)` reads a fraction of six
    /// digits. `None` for infinity.
    fn unix_milliseconds(self) -> Option<i64> {
        if matches!(self.0, i64::MIN | i64::MAX) {
            return None;
        }
        self.0
            .checked_add(POSTGRES_EPOCH)
            .map(|microseconds| microseconds.div_euclid(1000))
    }

    fn utc(self) -> Option<DateTime<Utc>> {
        let epoch = DateTime::from_timestamp_micros(POSTGRES_EPOCH)?;
        epoch.checked_add_signed(TimeDelta::microseconds(self.0))
    }

    /// The text PostgreSQL prints for a year that `new Date` does not take literally.
    fn early_text(self) -> Option<String> {
        let utc = self.utc().filter(|utc| utc.year() < FIRST_LITERAL_YEAR)?;
        // There is no year 0: chrono's 0 is 1 BC.
        let (year, era) = if utc.year() > 0 {
            (utc.year(), "")
        } else {
            (1 - utc.year(), " BC")
        };
        let fraction = utc.timestamp_subsec_micros();
        let fraction = if fraction == 0 {
            String::new()
        } else {
            format!(".{fraction:06}")
        };
        Some(format!(
            "{year:04}-{}{fraction}+00{era}",
            utc.format("%m-%d %H:%M:%S")
        ))
    }
}

impl Serialize for Timestamp {
    /// As the argument for `new Date`: a number of milliseconds, or text where only the text gives
    /// the date that the original gives (years before 100, infinity).
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.unix_milliseconds(), self.early_text()) {
            (None, _) => serializer.serialize_str("infinity"),
            (_, Some(text)) => serializer.serialize_str(&text),
            (Some(milliseconds), None) => serializer.serialize_i64(milliseconds),
        }
    }
}

#[cfg(test)]
mod tests {
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
    fn dates_beyond_those_of_javascript_are_invalid_there() {
        // The last microsecond of the year 294276; JavaScript ends in 275760.
        let last = Timestamp::from_postgres_microseconds(9_223_371_331_199_999_999);
        assert_eq!(serde_json::to_string(&last).unwrap(), "\"infinity\"");
    }
}
