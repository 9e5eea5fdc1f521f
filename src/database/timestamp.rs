//! A point in time as the database stores it.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use serde::{Serialize, Serializer};

/// Microseconds from 1970-01-01 to PostgreSQL's epoch, 2000-01-01, both in UTC.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// The start of year 100 in milliseconds since 1970: the first year whose text `new Date` takes literally. It
/// reads 1 to 99 as years of 1900 or 2000.
const YEAR_100: i64 = -59_011_459_200_000;

/// The start of year 10000 in milliseconds since 1970: the first year that ISO 8601 writes with more than
/// four digits.
const YEAR_10000: i64 = 253_402_300_800_000;

/// A `timestamptz`: microseconds since 2000-01-01 UTC. The extreme values mean infinity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Converts the number that PostgreSQL sends in its binary format.
    pub const fn from_postgres_microseconds(microseconds: i64) -> Self {
        Self(microseconds)
    }

    /// Milliseconds since 1970, truncated and not rounded, as `new Date(text)` reads a fraction of six
    /// digits. `None` for infinity.
    fn unix_milliseconds(self) -> Option<i64> {
        if matches!(self.0, i64::MIN | i64::MAX) {
            return None;
        }
        self.0
            .checked_add(POSTGRES_EPOCH)
            .map(|microseconds| microseconds.div_euclid(1000))
    }

    /// The time as a chrono value, if chrono can represent it.
    pub fn utc(self) -> Option<DateTime<Utc>> {
        let epoch = DateTime::from_timestamp_micros(POSTGRES_EPOCH)?;
        epoch.checked_add_signed(TimeDelta::microseconds(self.0))
    }

    /// The result of JavaScript's `toISOString` in ASCII, for the years 100 to 9999.
    pub fn to_iso_8601(self) -> Option<[u8; 24]> {
        let milliseconds = self.unix_milliseconds()?;
        let date = (YEAR_100..YEAR_10000)
            .contains(&milliseconds)
            .then(|| DateTime::from_timestamp_millis(milliseconds))??;
        let year = date.year_ce().1;
        let (month, day) = (date.month(), date.day());
        let (hour, minute, second) = (date.hour(), date.minute(), date.second());
        let fraction = date.timestamp_subsec_millis();
        let digit = |number: u32, unit: u32| {
            let digit = u8::try_from(number / unit % 10).unwrap_or_default();
            b'0' + digit
        };
        Some([
            digit(year, 1000),
            digit(year, 100),
            digit(year, 10),
            digit(year, 1),
            b'-',
            digit(month, 10),
            digit(month, 1),
            b'-',
            digit(day, 10),
            digit(day, 1),
            b'T',
            digit(hour, 10),
            digit(hour, 1),
            b':',
            digit(minute, 10),
            digit(minute, 1),
            b':',
            digit(second, 10),
            digit(second, 1),
            b'.',
            digit(fraction, 100),
            digit(fraction, 10),
            digit(fraction, 1),
            b'Z',
        ])
    }

    /// The text as PostgreSQL prints it.
    fn text(self) -> Option<String> {
        let utc = self.utc()?;
        // There is no year 0: chrono's year 0 is 1 BC.
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
    /// Writes the argument for `new Date`: a number of milliseconds, or text where only text gives the same
    /// date as the original (years before 100, infinity).
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.unix_milliseconds() {
            Some(milliseconds) if milliseconds >= YEAR_100 => {
                serializer.serialize_i64(milliseconds)
            }
            Some(_) => serializer.serialize_str(&self.text().unwrap_or_default()),
            None => serializer.serialize_str("infinity"),
        }
    }
}

#[cfg(test)]
#[path = "../../__test__/rust/unit/database_timestamp.rs"]
mod tests;
