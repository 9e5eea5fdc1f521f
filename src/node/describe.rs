//! What the build writes down: how JavaScript reads rows, which methods there are, and every statement.

use napi_derive::napi;
use serde::Serialize;

use crate::database::statement::Statement;
use crate::database::table::{Kind, Table};
use crate::paperclip::{Generation, shared_statements};

#[derive(Serialize)]
struct Description {
    generations: Vec<DescribedGeneration>,
    shared: Vec<(&'static str, &'static str)>,
}

#[derive(Serialize)]
struct DescribedGeneration {
    name: &'static str,
    tables: Vec<DescribedTable>,
    /// Each method's name, and whether calls about the same row take effect in order.
    methods: Vec<(&'static str, bool)>,
    statements: Vec<(&'static str, &'static str)>,
}

#[derive(Serialize)]
struct DescribedTable {
    row: &'static str,
    columns: Vec<DescribedColumn>,
}

#[derive(Serialize)]
struct DescribedColumn {
    key: String,
    is_date: bool,
    nullable: bool,
}

/// The generations as JSON text. For the build of this package only, which writes `src-js/generated/` from it.
///
/// # Errors
///
/// If it cannot be written, which does not happen.
#[napi(catch_unwind)]
pub fn describe() -> napi::Result<String> {
    let generations = Generation::ALL
        .into_iter()
        .map(|generation| DescribedGeneration {
            name: generation.name(),
            tables: generation.tables().into_iter().map(table).collect(),
            methods: generation
                .methods()
                .iter()
                .map(|method| (method.name, method.is_ordered))
                .collect(),
            statements: texts(generation.statements().iter().copied()),
        });
    let description = Description {
        generations: generations.collect(),
        shared: texts(shared_statements()),
    };
    serde_json::to_string(&description).map_err(|error| napi::Error::from_reason(error.to_string()))
}

fn table(table: &'static Table) -> DescribedTable {
    let columns = table.columns.iter().map(|column| DescribedColumn {
        key: column.key(),
        is_date: column.kind == Kind::Timestamp,
        nullable: column.nullable,
    });
    DescribedTable {
        row: table.row,
        columns: columns.collect(),
    }
}

fn texts(
    statements: impl Iterator<Item = &'static Statement>,
) -> Vec<(&'static str, &'static str)> {
    statements.flat_map(Statement::texts).collect()
}
