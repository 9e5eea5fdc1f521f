//! The answer to a batch of calls, as JSON text: rows as columns.
//!
//! JavaScript parses `[["a","b"],[1,2]]` in half the time of `[{"name":"a","size":1},{"name":"b","size":2}]`:
//! no key is repeated, and a value that is the same in all rows of a column is sent once.

use super::{keys, write};
use crate::batch::Outcome;
use crate::database::row::{Cell, Row};
use crate::database::table::{Kind, Table};
use crate::error::Error;

/// A part is closed when it reaches this many bytes, so that a batch of large results is not a single string:
/// JavaScript limits a string's length, and holds it in memory beside the values parsed from it.
const PART: usize = 16 << 20;

/// The longest row that crosses. V8's longest string has 2^29 − 24 characters.
const LONGEST_ROW: usize = 500_000_000;

/// Writes the outcomes of a batch in one or more parts.
///
/// Each part is `{"columns": […], "lists": […], "counts": […], "errors": […], "more": true}`:
///
/// - `columns`: the rows of its calls, as columns;
/// - `lists`: the column and the row of each document whose objects are lists ([`keys`]);
/// - `counts`: the number of rows of each call;
/// - `errors`: for each call that failed, its index within the part and the properties of its error;
/// - `more`: whether the rows of the last call continue in the next part, as those of its first call.
pub(super) fn write(outcomes: &[Outcome]) -> serde_json::Result<Vec<String>> {
    let mut parts = Parts::default();
    for outcome in outcomes {
        match outcome {
            Ok(answer) => parts.push_rows(answer.rows())?,
            Err(error) => parts.open.push_error(error.clone()),
        }
        if parts.open.len > PART {
            parts.close(false)?;
        }
    }
    if !parts.open.counts.is_empty() || parts.closed.is_empty() {
        parts.close(false)?;
    }
    Ok(parts.closed)
}

#[derive(Default)]
struct Parts<'r> {
    closed: Vec<String>,
    open: Part<'r>,
}

impl<'r> Parts<'r> {
    fn push_rows(&mut self, rows: &'r [Row]) -> serde_json::Result<()> {
        let mut count = 0;
        for row in rows {
            if self.open.len > PART {
                self.open.counts.push(count);
                self.close(true)?;
                count = 0;
            }
            let len = write::len(row);
            if len > LONGEST_ROW {
                // The rows of this call that are in the part already are discarded.
                let call = self.open.counts.len();
                self.open.errors.push((call, Error::ResultTooLarge));
                break;
            }
            self.open.rows.push(row);
            self.open.len += len;
            count += 1;
        }
        self.open.counts.push(count);
        Ok(())
    }

    fn close(&mut self, more: bool) -> serde_json::Result<()> {
        let part = std::mem::take(&mut self.open);
        self.closed.push(part.write(more)?);
        Ok(())
    }
}

#[derive(Default)]
struct Part<'r> {
    rows: Vec<&'r Row>,
    /// Roughly how many bytes the rows take.
    len: usize,
    counts: Vec<usize>,
    errors: Vec<(usize, Error)>,
}

impl Part<'_> {
    fn push_error(&mut self, error: Error) {
        self.errors.push((self.counts.len(), error));
        self.counts.push(0);
    }

    fn write(self, more: bool) -> serde_json::Result<String> {
        let mut text = Vec::with_capacity(self.len + 256);
        let mut lists = Vec::new();
        text.extend_from_slice(b"{\"columns\":[");
        if let Some(first) = self.rows.first() {
            write_columns(&mut text, first.table(), &self.rows, &mut lists);
        }
        text.push(b']');
        if !lists.is_empty() {
            text.extend_from_slice(b",\"lists\":");
            serde_json::to_writer(&mut text, &lists)?;
        }
        text.extend_from_slice(b",\"counts\":");
        serde_json::to_writer(&mut text, &self.counts)?;
        if !self.errors.is_empty() {
            text.extend_from_slice(b",\"errors\":");
            serde_json::to_writer(&mut text, &self.errors)?;
        }
        text.extend_from_slice(if more { b",\"more\":true}" } else { b"}" });
        String::from_utf8(text).map_err(serde::ser::Error::custom)
    }
}

/// Writes the columns of rows. A value that is the same in all rows is written once, unless it is an object:
/// each caller gets an object of its own.
fn write_columns(out: &mut Vec<u8>, table: &Table, rows: &[&Row], lists: &mut Vec<(usize, usize)>) {
    for (index, column) in table.columns.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"[" } else { b",[" });
        let may_be_object = matches!(column.kind, Kind::Object | Kind::ObjectOrEmpty);
        let may_repeat = |first: &&&Row| !may_be_object || first.is_null(index);
        let first = rows.first().filter(may_repeat);
        let repeats = first.is_some_and(|first| rows.iter().all(|row| row.is_same(first, index)));
        let shown = if repeats { rows.get(..1) } else { Some(rows) };
        for (number, row) in shown.unwrap_or_default().iter().enumerate() {
            if number > 0 {
                out.push(b',');
            }
            match write::plain(out, row.cell(index, column)) {
                Some(Cell::Timestamp(timestamp)) => write::date_argument(out, timestamp),
                Some(Cell::Object(object)) if keys::have_escapes(object.text()) => {
                    keys::write_as_lists(out, object.text());
                    lists.push((index, number));
                }
                Some(Cell::Object(object)) => out.extend_from_slice(object.text().as_bytes()),
                _ => {}
            }
        }
        out.push(b']');
    }
}
