//! Values of rows as JSON text.

use uuid::Uuid;
use uuid::fmt::Hyphenated;

use crate::database::row::{Cell, Row};
use crate::database::table::Kind;
use crate::database::timestamp::Timestamp;

/// Writes a text as JSON.
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    // The loop does not end early, so that the compiler can vectorize it.
    let has_escapes = |found, byte: &u8| found | matches!(byte, 0..0x20 | b'"' | b'\\');
    if text.as_bytes().iter().fold(false, has_escapes) {
        // Writing to memory does not fail.
        let _ = serde_json::to_writer(out, text);
    } else {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

/// How many bytes [`text`] writes, without the quotation marks.
fn text_len(text: &str) -> usize {
    let escaped = |byte| match byte {
        b'"' | b'\\' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(escaped).sum()
}

pub(super) fn uuid(out: &mut Vec<u8>, id: Uuid) {
    let mut text = [b'"'; Hyphenated::LENGTH + 2];
    if let Some(inner) = text.get_mut(1..=Hyphenated::LENGTH) {
        id.as_hyphenated().encode_lower(inner);
    }
    out.extend_from_slice(&text);
}

/// Writes a point in time as the argument for `new Date`.
pub(super) fn date_argument(out: &mut Vec<u8>, timestamp: Timestamp) {
    let _ = serde_json::to_writer(out, &timestamp);
}

/// Writes a value whose text is the same for every kind of reply, or returns it unwritten.
pub(super) fn plain<'c>(out: &mut Vec<u8>, cell: Cell<'c>) -> Option<Cell<'c>> {
    match cell {
        Cell::Null => out.extend_from_slice(b"null"),
        Cell::Uuid(id) => uuid(out, id),
        Cell::Text(value) => text(out, value),
        Cell::Object(_) | Cell::Timestamp(_) => return Some(cell),
    }
    None
}

/// Roughly how many bytes the values of a row take. Long ones count exactly.
pub(super) fn len(row: &Row) -> usize {
    const SHORT: usize = 1 << 10;
    let value_len = |(index, kind)| match kind {
        Kind::Text => match row.text(index) {
            text if text.len() > SHORT => text_len(text),
            text => text.len(),
        },
        Kind::Object | Kind::ObjectOrEmpty => row.text(index).len(),
        Kind::Uuid | Kind::Word(_) | Kind::Timestamp => 16,
    };
    let columns = row.table().columns.iter().map(|column| column.kind);
    columns.enumerate().map(value_len).sum()
}
