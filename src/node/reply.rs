//! The answer to a batch of calls, as JSON text.

use serde::Serialize;

use crate::error::Error;
use crate::service::operation::Outcomes;

/// `results` has an entry for each call, `null` where it failed; `errors` holds the number of each
/// call that failed and the properties of its error.
#[derive(Serialize)]
struct Reply<'a, T> {
    results: Vec<Option<&'a T>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<(usize, &'a Error)>,
}

/// Writes the outcomes of a batch.
pub(super) fn write<T: Serialize>(outcomes: &Outcomes<T>) -> serde_json::Result<String> {
    let errors = outcomes
        .iter()
        .enumerate()
        .filter_map(|(index, outcome)| Some((index, outcome.as_ref().err()?)))
        .collect();
    let results = outcomes
        .iter()
        .map(|outcome| outcome.as_ref().ok())
        .collect();
    serde_json::to_string(&Reply { results, errors })
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
            concat!(
                r#"{"results":[1,null,null,null],"errors":[[1,{"message":"no"}],"#,
                r#"[3,{"name":"PostgresError","message":"m","severity":"ERROR","code":"23505","#,
                r#""constraint_name":"c"}]]}"#
            )
        );
    }
}
