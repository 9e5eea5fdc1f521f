//! The statements about environments, for the table of any generation.

use uuid::Uuid;

use super::calls::{ListFilter, New, Patch, or_empty};
use crate::batch::Attempt;
use crate::database::executor::Executor;
use crate::database::statement::{Binding, Form, Query, Statement};
use crate::database::table::{Column, Table};
use crate::error::Ids;
use crate::paperclip::argument::{Document, Id};
use crate::paperclip::field::Field;
use crate::paperclip::keyed::Keyed;
use crate::paperclip::rows::{Rows, RowsById};

/// The environments of a generation, and the statements about them that all generations have.
pub struct Environments {
    /// The table.
    pub table: &'static Table,
    /// Whether the original looks a row up before it changes its status. Then, of two wrong arguments, the id
    /// is the one that is reported.
    pub(super) looks_up: bool,
    /// By filter: none, status, driver, both.
    lists: [Statement; 4],
    by_id: Statement,
    insert: Statement,
    insert_again: Statement,
    update: Statement,
    delete: Statement,
}

impl Environments {
    /// The environments of a table, and the text of their update.
    pub(in crate::paperclip) const fn new(
        table: &'static Table,
        update: fn(&Form) -> String,
    ) -> Self {
        Self {
            table,
            looks_up: false,
            // One statement for each combination of filters, so that each is planned for its index.
            lists: [
                Statement::about_one("list environments", |form| list(form, &[])).of(table),
                Statement::about_one("list environments by status", |form| {
                    list(form, &["status"])
                })
                .of(table),
                Statement::about_one("list environments by driver", |form| {
                    list(form, &["driver"])
                })
                .of(table),
                Statement::about_one("list environments by both", |form| {
                    list(form, &["status", "driver"])
                })
                .of(table),
            ],
            by_id: Statement::new("environments", by_id).of(table),
            insert: Statement::new("insert environments", |form| insert(form, "")).of(table),
            insert_again: Statement::new("insert environments again", |form| {
                insert(form, "on conflict (id) do nothing ")
            })
            .of(table),
            update: Statement::new("update environments", update).of(table),
            delete: Statement::new("delete environments", delete).of(table),
        }
    }

    /// The same, for an original that looks a row up before it changes its status.
    pub(in crate::paperclip) const fn looking_up(mut self) -> Self {
        self.looks_up = true;
        self
    }

    /// All its statements.
    pub(in crate::paperclip) fn statements(&'static self) -> Vec<&'static Statement> {
        let others = [
            &self.by_id,
            &self.insert,
            &self.insert_again,
            &self.update,
            &self.delete,
        ];
        self.lists.iter().chain(others).collect()
    }

    /// The statements that JavaScript also sends through a caller's own transaction: the insert and the
    /// update.
    pub(in crate::paperclip) fn for_callers(&'static self) -> Vec<&'static Statement> {
        vec![&self.insert, &self.update]
    }

    /// Lists environments, the last changed first.
    pub(in crate::paperclip) fn list<'q>(&'static self, filter: &'q ListFilter) -> Query<'q> {
        let (status, driver) = (&filter.status, &filter.driver);
        let [all, by_status, by_driver, by_both] = &self.lists;
        let statement = match (status, driver) {
            (Field::Absent, Field::Absent) => all,
            (_, Field::Absent) => by_status,
            (Field::Absent, _) => by_driver,
            (_, _) => by_both,
        };
        let list = statement.about(&[()]);
        let list = match &filter.company_id {
            Some(company) => list.value(company.uuid()),
            None => list,
        };
        let words = [status, driver].into_iter().filter(|word| word.is_given());
        words
            .fold(list, |list, word| list.value(word.as_text()))
            .bound()
    }

    /// Changes environments. Ids must not repeat.
    pub(super) async fn update(
        &self,
        mut on: Executor<'_>,
        patches: &[Patch],
        attempt: Attempt,
    ) -> Rows<RowsById> {
        let make = || {
            let update = self.update.about(patches);
            let update = update
                .value(attempt == Attempt::Repeat)
                .column(|patch| patch.id.uuid());
            let columns = settable(self.table.columns);
            let bind = |update, column: &Column| match column.name {
                "name" => text(update, |patch| &patch.name),
                "description" => text(update, |patch| &patch.description),
                "driver" => text(update, |patch| &patch.driver),
                "status" => text(update, |patch| &patch.status),
                "config" => document(update, |patch| &patch.config),
                "env_vars" => document(update, |patch| &patch.env_vars),
                _ => document(update, |patch| &patch.metadata),
            };
            let update = columns.fold(update, bind);
            update.column(|patch| patch.now.time()).bound()
        };
        Ok(RowsById::by("id", on.rows(self.table, make).await?))
    }

    pub(super) async fn delete(&self, mut on: Executor<'_>, ids: &[Uuid]) -> Rows<RowsById> {
        let make = || self.delete.about(ids).column(|id| *id).bound();
        Ok(RowsById::by("id", on.rows(self.table, make).await?))
    }
}

fn text(update: Binding<'_, Patch>, field: fn(&Patch) -> &Field<String>) -> Binding<'_, Patch> {
    update
        .column(move |patch| field(patch).is_given())
        .column(move |patch| field(patch).as_text())
}

fn document(
    update: Binding<'_, Patch>,
    field: fn(&Patch) -> &Field<Document>,
) -> Binding<'_, Patch> {
    update
        .column(move |patch| field(patch).is_given())
        .column(move |patch| field(patch).as_value().map(Document::text))
}

/// The columns whose values an insert takes. The two times are set to that of the call.
fn given(columns: &[Column]) -> impl Iterator<Item = &Column> {
    let is_given = |column: &&Column| !matches!(column.name, "created_at" | "updated_at");
    columns.iter().filter(is_given)
}

/// The columns that a patch can change.
fn settable(columns: &[Column]) -> impl Iterator<Item = &Column> {
    given(columns).filter(|column| !matches!(column.name, "id" | "company_id"))
}

fn list(form: &Form, filters: &[&'static str]) -> String {
    let (columns, guard) = (form.select_list(), &form.guard);
    let mut of_company = form.columns().iter().map(|column| column.name);
    let company = of_company.find(|name| *name == "company_id");
    let conditions = company.into_iter().chain(filters.iter().copied());
    let conditions: Vec<String> = conditions
        .zip(2..)
        .map(|(name, place)| format!("and r.{name} = ${place} "))
        .collect();
    let conditions = conditions.concat();
    format!(
        "select {columns} from environments r where {guard} {conditions}\
         order by r.updated_at desc, r.created_at desc"
    )
}

fn by_id(form: &Form) -> String {
    let (columns, guard, is_wanted) = (form.select_list(), &form.guard, form.is_among(2));
    format!("select {columns} from environments r where {guard} and r.id {is_wanted}")
}

fn insert(form: &Form, unless_there: &str) -> String {
    let (columns, guard) = (form.select_list(), &form.guard);
    let given: Vec<&Column> = given(form.columns()).collect();
    let mut items: Vec<(&str, &str)> = given
        .iter()
        .map(|column| (column.name, column.kind.given_as()))
        .collect();
    items.push(("now", "timestamptz"));
    let items = form.items(2, &items);
    let names: Vec<&str> = given.iter().map(|column| column.name).collect();
    let values: Vec<String> = given
        .iter()
        .map(|column| format!("i.{}{}", column.name, column.kind.cast()))
        .collect();
    let (names, values) = (names.join(", "), values.join(", "));
    format!(
        "insert into environments as r ({names}, created_at, updated_at) \
         select {values}, i.now, i.now from {items} where {guard} {unless_there}returning {columns}"
    )
}

/// The text of an update. Metadata that is not set becomes `kept_metadata`.
pub(in crate::paperclip) fn update(form: &Form, kept_metadata: &str) -> String {
    let mut items = vec![("id".to_owned(), "uuid")];
    let mut set = Vec::new();
    for Column { name, kind, .. } in settable(form.columns()) {
        items.push((format!("set_{name}"), "bool"));
        items.push(((*name).to_owned(), kind.given_as()));
        let (cast, kept) = match *name {
            "metadata" => (kind.cast(), kept_metadata.to_owned()),
            _ => (kind.cast(), format!("r.{name}")),
        };
        set.push(format!(
            "{name} = case when i.set_{name} then i.{name}{cast} else {kept} end"
        ));
    }
    items.push(("now".to_owned(), "timestamptz"));
    set.push("updated_at = i.now".to_owned());
    form.update_by_id("environments", &set.join(", "), &items, &form.select_list())
}

fn delete(form: &Form) -> String {
    let (columns, guard, is_wanted) = (form.select_list(), &form.guard, form.is_among(2));
    format!("delete from environments as r where {guard} and r.id {is_wanted} returning {columns}")
}

/// Binds the column of this name.
fn bind<'q>(insert: Binding<'q, &'q New>, column: &Column) -> Binding<'q, &'q New> {
    match column.name {
        "id" => insert.column(|new| new.id),
        "company_id" => insert.column(|new| new.company_id.as_ref().map(Id::uuid)),
        "name" => insert.column(|new| new.name.as_deref()),
        "description" => insert.column(|new| new.description.as_deref()),
        "driver" => insert.column(|new| new.driver()),
        "status" => insert.column(|new| new.status()),
        "config" => insert.column(|new| or_empty(new.config.as_ref())),
        "env_vars" => insert.column(|new| or_empty(new.env_vars.as_ref())),
        _ => insert.column(|new| new.metadata.as_ref().map(Document::text)),
    }
}

impl Keyed for Environments {
    type New = New;
    const FAILED: &'static str = "Failed to create environment";

    fn id(environment: &New) -> Uuid {
        environment.id
    }

    fn in_question(id: Uuid) -> Ids {
        Ids::environment(id)
    }

    async fn by_id(&self, mut on: Executor<'_>, ids: &[Uuid]) -> Rows<RowsById> {
        if ids.is_empty() {
            return Ok(RowsById::default());
        }
        let make = || self.by_id.about(ids).column(|id| *id).bound();
        Ok(RowsById::by("id", on.rows(self.table, make).await?))
    }

    async fn insert(&self, mut on: Executor<'_>, environments: &[&New], attempt: Attempt) -> Rows {
        let statement = match attempt {
            Attempt::First => &self.insert,
            Attempt::Repeat => &self.insert_again,
        };
        let make = || {
            let insert = given(self.table.columns).fold(statement.about(environments), bind);
            insert.column(|new| new.now.time()).bound()
        };
        on.rows(self.table, make).await
    }
}
