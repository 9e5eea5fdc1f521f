//! What the build writes down: how JavaScript reads rows, which methods there are, and every statement.

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
    let statements = texts(generation.statements.iter().copied());
    json!({
        "name": generation.name,
        "tables": tables,
        "methods": methods,
        "statements": statements,
    })
}

fn table(table: &Table) -> Value {
    let columns = table.columns.iter().map(|column| {
        let is_date = column.kind == Kind::Timestamp;
        json!({ "key": column.key(), "is_date": is_date, "nullable": column.nullable })
    });
    json!({ "row": table.row, "columns": columns.collect::<Vec<_>>() })
}

fn texts(statements: impl Iterator<Item = &'static Statement>) -> Vec<[&'static str; 2]> {
    let texts = statements.flat_map(Statement::texts);
    texts.map(|(name, text)| [name, text]).collect()
}
