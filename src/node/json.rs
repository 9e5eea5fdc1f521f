//! Rows as a JSON array of objects, byte for byte as `JSON.stringify` writes what callers get.
//!
//! For some values, `JSON.stringify` and PostgreSQL write different text: numbers, which become doubles in
//! JavaScript; objects with keys like `10`, which JavaScript puts first; dates outside the usual years. They
//! are rare, and are left to JavaScript.

use super::keys::split_string;
use super::write;
use crate::database::object::StoredObject;
use crate::database::row::{Cell, Row};

/// A number with this many digits is unchanged by conversion to a double.
const SAFE_DIGITS: usize = 15;

/// JavaScript writes smaller numbers with an exponent.
const MOST_LEADING_ZEROS: usize = 5;

/// Roughly how many bytes a row takes besides what its values take: keys, and the longer form of ids and times.
const OTHER_BYTES: usize = 512;

/// The rows as JSON text, or none if only JavaScript can write one of them.
pub(super) fn write(rows: &[Row]) -> Option<Vec<u8>> {
    let values: usize = rows.iter().map(write::len).sum();
    let mut out = Vec::with_capacity(values + rows.len() * OTHER_BYTES);
    out.push(b'[');
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        for (key, cell) in row.table().json_keys().iter().zip(row.cells()) {
            out.extend_from_slice(key.as_bytes());
            match write::plain(&mut out, cell) {
                Some(Cell::Object(object)) => write_object(&mut out, &object)?,
                Some(Cell::Timestamp(timestamp)) => {
                    out.push(b'"');
                    out.extend_from_slice(&timestamp.to_iso_8601()?);
                    out.push(b'"');
                }
                _ => {}
            }
        }
        out.push(b'}');
    }
    out.push(b']');
    Some(out)
}

fn write_object(out: &mut Vec<u8>, object: &StoredObject<'_>) -> Option<()> {
    let text = object.jsonb()?.as_bytes();
    let (mut at, mut written) = (0, 0);
    while let Some(byte) = text.get(at) {
        at += match byte {
            // A space between values, which `JSON.stringify` does not write.
            b' ' => {
                out.extend_from_slice(text.get(written..at)?);
                written = at + 1;
                1
            }
            b'"' => {
                let (string, after) = split_string(text.get(at..)?)?;
                let is_key = after.first() == Some(&b':');
                if is_key && string.get(1).is_some_and(u8::is_ascii_digit) {
                    return None;
                }
                string.len()
            }
            b'-' | b'0'..=b'9' => {
                let rest = text.get(at..)?;
                let len = rest.iter().take_while(|byte| is_of_number(**byte)).count();
                if !is_same_as_double(rest.get(..len)?) {
                    return None;
                }
                len
            }
            _ => 1,
        };
    }
    out.extend_from_slice(text.get(written..)?);
    Some(())
}

const fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')
}

/// Whether JavaScript writes a number as it stands.
fn is_same_as_double(number: &[u8]) -> bool {
    let digits = number.strip_prefix(b"-").unwrap_or(number);
    let (whole, fraction) = match digits.iter().position(|byte| *byte == b'.') {
        Some(point) => (digits.get(..point), digits.get(point + 1..)),
        None => (Some(digits), None),
    };
    let whole = whole.unwrap_or_default();
    let fraction_is_same = fraction.is_none_or(|fraction| {
        let leading_zeros = fraction.iter().take_while(|digit| **digit == b'0').count();
        fraction.last() != Some(&b'0')
            && (whole != b"0" || leading_zeros <= MOST_LEADING_ZEROS)
            && fraction.iter().all(u8::is_ascii_digit)
            && !fraction.is_empty()
    });
    digits.len() <= SAFE_DIGITS
        && number != b"-0"
        && whole.iter().all(u8::is_ascii_digit)
        && fraction_is_same
}

#[cfg(test)]
#[path = "../../__test__/rust/unit/node_json.rs"]
mod tests;
