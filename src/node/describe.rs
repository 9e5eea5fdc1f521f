//! Describes the generations: to the build, which writes readers, names of methods and statements from it,
//! and to callers whose database has another generation's tables.

use napi_derive::napi;
use serde_json::{Value, json};

use crate::database::statement::Statement;
use crate::database::table::{Kind, Table};
use crate::paperclip::generation::Generation;
use crate::paperclip::{GENERATIONS, shared_statements};

/// The generations as JSON text. For the build of this package only, which writes `src-js/generated/` from it.
#[napi(catch_unwind)]
pub fn describe() -> String {
    let generations: Vec<Value> = GENERATIONS.iter().map(|one| generation(one)).collect();
    let shared = texts(shared_statements());
    json!({ "generations": generations, "shared": shared }).to_string()
}

fn generation(generation: &Generation) -> Value {
    let tables: Vec<Value> = generation.tables.iter().map(|one| table(one)).collect();
    let methods = generation.methods.iter();
    let methods: Vec<_> = methods
        .map(|one| (one.name, one.operation.is_ordered()))
        .collect();
    let statements = texts((generation.statements)().into_iter());
    json!({
        "name": generation.name,
        "fits": crate::paperclip::fitting(generation.name),
        "tables": tables,
        "methods": methods,
        "statements": statements,
        "forCallers": texts((generation.for_callers)().into_iter()),
    })
}

fn table(table: &Table) -> Value {
    let columns = table.columns.iter().map(|column| {
        let (kind, set) = match column.kind {
            Kind::Uuid => ("uuid", None),
            Kind::Text => ("text", None),
            Kind::Word(set) => (
                "word",
                Some(json!({ "name": set.name, "words": set.words })),
            ),
            Kind::Object => ("object", None),
            Kind::ObjectOrEmpty => ("objectOrEmpty", None),
            Kind::Timestamp => ("timestamp", None),
        };
        let (name, key, nullable) = (column.name, column.key(), column.nullable);
        json!({ "name": name, "key": key, "kind": kind, "set": set, "nullable": nullable })
    });
    json!({ "row": table.row, "columns": columns.collect::<Vec<_>>() })
}

/// Why a generation does not fit tables, as the properties of an error in JSON text; null if it fits one of them.
#[napi(catch_unwind)]
#[allow(
    clippy::needless_pass_by_value,
    reason = "napi converts arguments into owned values"
)]
pub fn mismatch(generation: String, tables: Vec<String>) -> Option<String> {
    let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
    let error = crate::paperclip::mismatch(&generation, &tables)?;
    serde_json::to_string(&error).ok()
}

fn texts(statements: impl Iterator<Item = &'static Statement>) -> Vec<[&'static str; 2]> {
    let texts = statements.flat_map(Statement::texts);
    texts.map(|(name, text)| [name, text]).collect()
}
