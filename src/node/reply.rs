//! The answer to a batch of calls, as JSON text.

use std::slice;
use std::sync::Arc;

use super::columns::Columns;
use crate::error::Error;
use crate::model::{Cell, Row};
use crate::service::operation::Outcomes;

/// A part is closed when it has grown to this many bytes, so that a batch of large results is not
/// one string, which JavaScript limits and holds in memory beside what it reads from it.
const PART: usize = 16 << 20;

/// The longest row that crosses: V8's longest string has 2^29 − 24 characters.
const LONGEST_ROW: usize = 500_000_000;

/// What a call is answered with, as rows.
pub(super) trait Answer {
    /// What the rows are.
    type Row: Row;

    /// The rows.
    fn rows(&self) -> &[Self::Row];
}

impl<R: Row> Answer for Vec<R> {
    type Row = R;

    fn rows(&self) -> &[R] {
        self
    }
}

impl<R: Row> Answer for Option<Arc<R>> {
    type Row = Arc<R>;

    fn rows(&self) -> &[Arc<R>] {
        self.as_slice()
    }
}

impl<R: Row> Answer for Arc<R> {
    type Row = Self;

    fn rows(&self) -> &[Self] {
        slice::from_ref(self)
    }
}

impl<R: Row> Row for Arc<R> {
    const KEYS: &'static [&'static str] = R::KEYS;

    fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        R::cells(self)
    }
}

/// Writes the outcomes of a batch in one part or more.
///
/// Each part is `{"columns": […], "lists": […], "counts": […], "errors": […], "more": true}`: the rows
/// of its calls as columns; the column and the row of each document whose objects are lists; how many
/// of the rows are each call's; the number, within the part, of each call that failed, with the
/// properties of its error; and whether the last call's rows go on in the next part, whose first call
/// it is then.
pub(super) fn write<A: Answer>(outcomes: &Outcomes<A>) -> serde_json::Result<Vec<String>> {
    let mut parts = Parts {
        closed: Vec::new(),
        open: Part::of::<A::Row>(),
    };
    for outcome in outcomes {
        match outcome {
            Ok(answer) => parts.push_rows(answer.rows())?,
            Err(error) => parts.open.push_error(error),
        }
        if parts.open.columns.len() > PART {
            parts.close::<A::Row>(false)?;
        }
    }
    if !parts.open.counts.is_empty() || parts.closed.is_empty() {
        parts.close::<A::Row>(false)?;
    }
    Ok(parts.closed)
}

struct Parts {
    closed: Vec<String>,
    open: Part,
}

impl Parts {
    fn push_rows<R: Row>(&mut self, rows: &[R]) -> serde_json::Result<()> {
        let mut count = 0;
        for row in rows {
            if self.open.columns.len() > PART {
                self.open.counts.push(count);
                self.close::<R>(true)?;
                count = 0;
            }
            if self.open.columns.push(row, LONGEST_ROW).is_err() {
                // The rows of the call that are written already go for nothing.
                self.open
                    .errors
                    .push((self.open.counts.len(), Error::ResultTooLarge));
                break;
            }
            count += 1;
        }
        self.open.counts.push(count);
        Ok(())
    }

    fn close<R: Row>(&mut self, more: bool) -> serde_json::Result<()> {
        let part = std::mem::replace(&mut self.open, Part::of::<R>());
        self.closed.push(part.close(more)?);
        Ok(())
    }
}

struct Part {
    columns: Columns,
    counts: Vec<usize>,
    errors: Vec<(usize, Error)>,
}

impl Part {
    fn of<R: Row>() -> Self {
        Self {
            columns: Columns::of::<R>(),
            counts: Vec::new(),
            errors: Vec::new(),
        }
    }

    fn push_error(&mut self, error: &Error) {
        self.errors.push((self.counts.len(), error.clone()));
        self.counts.push(0);
    }

    fn close(self, more: bool) -> serde_json::Result<String> {
        let mut text = Vec::with_capacity(self.columns.len() + 256);
        text.extend_from_slice(b"{\"columns\":");
        self.columns.write(&mut text);
        if !self.columns.lists().is_empty() {
            text.extend_from_slice(b",\"lists\":");
            serde_json::to_writer(&mut text, self.columns.lists())?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::DatabaseError;

    struct Word(String);

    impl Row for Word {
        const KEYS: &'static [&'static str] = &["word"];

        fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
            std::iter::once(Cell::Text(&self.0))
        }
    }

    fn words(words: &[&str]) -> Vec<Word> {
        words.iter().map(|word| Word((*word).to_owned())).collect()
    }

    #[test]
    fn rows_and_errors_belong_to_their_calls() {
        let outcomes: Outcomes<Vec<Word>> = vec![
            Ok(words(&["a", "b"])),
            Err(Error::Failed("no")),
            Ok(words(&[])),
            Err(Error::Database(Box::new(DatabaseError {
                message: "m".to_owned(),
                severity: "ERROR".to_owned(),
                code: "23505".to_owned(),
                constraint_name: Some("c".to_owned()),
                ..DatabaseError::default()
            }))),
            Ok(words(&["c"])),
        ];
        assert_eq!(
            write(&outcomes).unwrap(),
            [concat!(
                r#"{"columns":[["a","b","c"]],"counts":[2,0,0,0,1],"#,
                r#""errors":[[1,{"message":"no"}],"#,
                r#"[3,{"name":"PostgresError","message":"m","severity":"ERROR","code":"23505","#,
                r#""constraint_name":"c"}]]}"#
            )]
        );
        assert_eq!(
            write::<Vec<Word>>(&Vec::new()).unwrap(),
            [r#"{"columns":[[]],"counts":[]}"#]
        );
    }

    #[test]
    fn large_results_are_parted_between_calls_and_within_them() {
        let large = "x".repeat(PART);
        let outcomes = vec![
            Ok(words(&["a", &large, "b"])),
            Err(Error::Failed("no")),
            Ok(words(&[&large])),
            Ok(words(&["c"])),
        ];
        let parts = write(&outcomes).unwrap();
        assert!(parts[0].ends_with(r#"xxx"]],"counts":[2],"more":true}"#));
        assert!(parts[1].starts_with(r#"{"columns":[["b","xxx"#));
        assert!(parts[1].ends_with(r#""counts":[1,0,1],"errors":[[1,{"message":"no"}]]}"#));
        assert_eq!(parts[2..], [r#"{"columns":[["c"]],"counts":[1]}"#]);
    }
}
