//! Rows as columns, in JSON text.
//!
//! JavaScript reads `[["a","b"],[1,2]]` in half the time that it takes for
//! `[{"name":"a","size":1},{"name":"b","size":2}]`: no key is repeated, and a value that
//! repeats all the way down a column is sent once.

use std::io::Write;

use uuid::fmt::Hyphenated;

use super::keys;
use crate::model::{Cell, Row};

/// Rows that are being written.
pub(super) struct Columns {
    all: Vec<Column>,
    /// The cells of the row that is being added, one after the other; where each ends, and its form.
    row: Vec<u8>,
    cells: Vec<(usize, Form)>,
    /// The column and the row of each cell that is a document with its objects as lists.
    lists: Vec<(usize, usize)>,
    /// The length that the columns' texts may have together.
    len: usize,
}

/// The cells of a column, with a comma between them; one cell, if all are like it.
#[derive(Default)]
struct Column {
    text: Vec<u8>,
    rows: usize,
    /// The length of the first cell while all cells are like it.
    repeats: Option<usize>,
}

/// A row that is longer than a JavaScript string can be.
#[derive(Debug)]
pub(super) struct TooLong;

impl Columns {
    /// Columns for rows of one kind.
    pub(super) fn of<R: Row>() -> Self {
        let all = R::KEYS.iter().map(|_| Column::default()).collect();
        Self {
            all,
            row: Vec::new(),
            cells: Vec::new(),
            lists: Vec::new(),
            len: 0,
        }
    }

    /// Adds a row, unless it is longer than `longest` bytes.
    pub(super) fn push<R: Row>(&mut self, row: &R, longest: usize) -> Result<(), TooLong> {
        self.row.clear();
        self.cells.clear();
        for cell in row.cells() {
            let form = write_cell(&mut self.row, cell);
            self.cells.push((self.row.len(), form));
        }
        if self.row.len() > longest {
            return Err(TooLong);
        }
        let mut start = 0;
        for (number, (column, (end, form))) in self.all.iter_mut().zip(&self.cells).enumerate() {
            if matches!(form, Form::Lists) {
                self.lists.push((number, column.rows));
            }
            let cell = self.row.get(start..*end).unwrap_or_default();
            self.len += column.push(cell, !matches!(form, Form::Value));
            start = *end;
        }
        Ok(())
    }

    /// The length that the text may have, in bytes, give or take a few.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Which cells have their objects as lists ([`keys`]), by column and row.
    pub(super) fn lists(&self) -> &[(usize, usize)] {
        &self.lists
    }

    /// Writes the columns as an array of arrays.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (number, column) in self.all.iter().enumerate() {
            out.extend_from_slice(if number == 0 { b"[" } else { b",[" });
            out.extend_from_slice(&column.text);
            out.push(b']');
        }
        out.push(b']');
    }
}

impl Column {
    /// Adds a cell. A value with an identity of its own, an object, is never sent once for many rows:
    /// each caller owns what it gets.
    ///
    /// Returns by how much the text has grown, or may have to grow when a cell comes that is another.
    fn push(&mut self, cell: &[u8], has_identity: bool) -> usize {
        if self.rows == 0 {
            self.text.extend_from_slice(cell);
            self.repeats = (!has_identity).then_some(cell.len());
        } else {
            if let Some(len) = self.repeats {
                if self.text.get(..len) == Some(cell) {
                    self.rows += 1;
                    return cell.len() + 1;
                }
                self.repeats = None;
                for _ in 1..self.rows {
                    self.text.push(b',');
                    self.text.extend_from_within(..len);
                }
            }
            self.text.push(b',');
            self.text.extend_from_slice(cell);
        }
        self.rows += 1;
        cell.len() + 1
    }
}

/// How a cell is written.
enum Form {
    /// As a value without an identity.
    Value,
    /// As an object.
    Object,
    /// As an object, with lists in the place of objects.
    Lists,
}

/// Writes a value as JSON, a point in time as the argument of `new Date`.
fn write_cell(out: &mut Vec<u8>, cell: Cell<'_>) -> Form {
    // Writing to memory does not fail.
    let _ = match cell {
        Cell::Null => out.write_all(b"null"),
        Cell::Uuid(id) => {
            write_uuid(out, id);
            Ok(())
        }
        Cell::Text(text) => serde_json::to_writer(out, text).map_err(Into::into),
        Cell::Timestamp(timestamp) => serde_json::to_writer(out, &timestamp).map_err(Into::into),
        Cell::Json(object) if keys::have_escapes(object.text()) => {
            keys::write_as_lists(out, object.text());
            return Form::Lists;
        }
        Cell::Json(object) => {
            out.extend_from_slice(object.text().as_bytes());
            return Form::Object;
        }
    };
    Form::Value
}

/// Writes an id as JSON, in its usual form.
pub(super) fn write_uuid(out: &mut Vec<u8>, id: uuid::Uuid) {
    let mut text = [b'"'; Hyphenated::LENGTH + 2];
    if let Some(inner) = text.get_mut(1..=Hyphenated::LENGTH) {
        id.as_hyphenated().encode_lower(inner);
    }
    out.extend_from_slice(&text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StoredJson;

    struct Pair(&'static str, Option<StoredJson>);

    impl Row for Pair {
        const KEYS: &'static [&'static str] = &["name", "config"];

        fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
            [self.0.into(), self.1.as_ref().into()].into_iter()
        }
    }

    fn written(rows: &[Pair]) -> String {
        let mut columns = Columns::of::<Pair>();
        for row in rows {
            columns.push(row, 1000).unwrap();
        }
        let mut text = Vec::new();
        columns.write(&mut text);
        String::from_utf8(text).unwrap()
    }

    fn object() -> Option<StoredJson> {
        StoredJson::from_jsonb(r#"{"a": 1}"#)
    }

    #[test]
    fn a_value_that_repeats_is_sent_once() {
        assert_eq!(written(&[]), "[[],[]]");
        assert_eq!(
            written(&[Pair("a", None), Pair("a", None)]),
            r#"[["a"],[null]]"#
        );
        assert_eq!(
            written(&[Pair("a", None), Pair("a", None), Pair("ab", object())]),
            r#"[["a","a","ab"],[null,null,{"a": 1}]]"#
        );
    }

    #[test]
    fn objects_are_sent_for_each_row() {
        assert_eq!(
            written(&[Pair("a", object()), Pair("a", object())]),
            r#"[["a"],[{"a": 1},{"a": 1}]]"#
        );
    }

    #[test]
    fn keys_with_escapes_make_an_object_a_list() {
        let mut columns = Columns::of::<Pair>();
        for config in [r#"{"a": 1}"#, r#"{"\"": 1}"#] {
            let pair = Pair("a", StoredJson::from_jsonb(config));
            columns.push(&pair, 1000).unwrap();
        }
        let mut text = Vec::new();
        columns.write(&mut text);
        assert_eq!(text, br#"[["a"],[{"a": 1},["\"",1,1]]]"#);
        assert_eq!(columns.lists(), [(1, 1)]);
    }

    #[test]
    fn a_row_that_is_too_long_leaves_the_others_as_they_are() {
        let mut columns = Columns::of::<Pair>();
        columns.push(&Pair("a", None), 10).unwrap();
        columns.push(&Pair("0123456789", None), 10).unwrap_err();
        columns.push(&Pair("b", None), 10).unwrap();
        let mut text = Vec::new();
        columns.write(&mut text);
        assert_eq!(text, br#"[["a","b"],[null]]"#);
    }
}
