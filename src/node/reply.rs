//! The answer to a batch of calls, as JSON text.

use serde::Serialize;

use crate::error::Error;
use crate::service::operation::Outcomes;

/// A part is closed when it has grown to this many bytes, so that a batch of large results is not
/// one string, which JavaScript limits and holds in memory beside what it reads from it.
const PART: usize = 16 << 20;

/// The largest result that crosses: V8's longest string has 2^29 − 24 characters.
const LARGEST_RESULT: usize = 500_000_000;

/// Writes the outcomes of a batch in one part or more, whose results follow one another.
///
/// Each part is `{"results": […], "errors": […]}`: `results` has an entry for each call, `null` where
/// it failed; `errors` holds the number, within the part, of each call that failed, and the
/// properties of its error.
pub(super) fn write<T: Serialize>(outcomes: &Outcomes<T>) -> serde_json::Result<Vec<String>> {
    let mut parts = Vec::new();
    let mut part = Part::default();
    for outcome in outcomes {
        part.push(outcome)?;
        if part.results.len() > PART {
            parts.push(std::mem::take(&mut part).close()?);
        }
    }
    if part.count > 0 || parts.is_empty() {
        parts.push(part.close()?);
    }
    Ok(parts)
}

#[derive(Default)]
struct Part {
    /// The results with a comma before each.
    results: Vec<u8>,
    count: usize,
    errors: Vec<(usize, Error)>,
}

impl Part {
    fn push<T: Serialize>(&mut self, outcome: &Result<T, Error>) -> serde_json::Result<()> {
        let number = self.count;
        self.count += 1;
        self.results.push(b',');
        let start = self.results.len();
        let error = match outcome {
            Ok(result) => {
                serde_json::to_writer(&mut self.results, result)?;
                if self.results.len() - start <= LARGEST_RESULT {
                    return Ok(());
                }
                self.results.truncate(start);
                Error::ResultTooLarge
            }
            Err(error) => error.clone(),
        };
        self.results.extend_from_slice(b"null");
        self.errors.push((number, error));
        Ok(())
    }

    fn close(self) -> serde_json::Result<String> {
        let results = String::from_utf8(self.results).map_err(serde::ser::Error::custom)?;
        let results = results.strip_prefix(',').unwrap_or_default();
        let errors = if self.errors.is_empty() {
            String::new()
        } else {
            format!(",\"errors\":{}", serde_json::to_string(&self.errors)?)
        };
        Ok(format!("{{\"results\":[{results}]{errors}}}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::DatabaseError;

    #[test]
    fn results_keep_their_places() {
        let outcomes: Outcomes<Option<i32>> = vec![
            Ok(Some(1)),
            Err(Error::Failed("no")),
            Ok(None),
            Err(Error::Database(Box::new(DatabaseError {
                message: "m".to_owned(),
                severity: "ERROR".to_owned(),
                code: "23505".to_owned(),
                constraint_name: Some("c".to_owned()),
                ..DatabaseError::default()
            }))),
        ];
        assert_eq!(
            write(&outcomes).unwrap(),
            [concat!(
                r#"{"results":[1,null,null,null],"errors":[[1,{"message":"no"}],"#,
                r#"[3,{"name":"PostgresError","message":"m","severity":"ERROR","code":"23505","#,
                r#""constraint_name":"c"}]]}"#
            )]
        );
        assert_eq!(write::<i32>(&Vec::new()).unwrap(), [r#"{"results":[]}"#]);
    }

    #[test]
    fn large_results_are_parted() {
        let large = "x".repeat(PART);
        let outcomes: Outcomes<&str> = vec![Ok("a"), Ok(&large), Err(Error::Failed("no")), Ok("b")];
        let parts = write(&outcomes).unwrap();
        assert_eq!(parts.len(), 2);
        assert!(parts[0].starts_with(r#"{"results":["a","xxx"#) && parts[0].ends_with(r#"xxx"]}"#));
        assert_eq!(
            parts[1],
            r#"{"results":[null,"b"],"errors":[[0,{"message":"no"}]]}"#
        );
    }
}
