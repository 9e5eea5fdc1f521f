//! Statements that verify their own name, in two forms.
//!
//! sqlx gives prepared statements short names (`sqlx_s_1`, `sqlx_s_2`, …), the same ones on every connection.
//! Behind a pooler that assigns a server connection for each transaction, a name may refer to a statement
//! that another client prepared there: a read could run as another client's delete. So each statement takes
//! its own name as its first value and compares it with the name in its text. If they differ, it divides by
//! zero before it touches a row. The comparison refers to no column, so the server evaluates it once and not
//! for each row.
//!
//! A statement about many items takes each of their columns as an array. PostgreSQL plans such a statement
//! anew at each use if the arrays are short, because its generic plan assumes longer ones
//! (`choose_custom_plan` in `plancache.c`). That doubles the cost of a single item. So there is a second form
//! for one item, with plain values.

use std::fmt::Write;
use std::sync::OnceLock;

use sqlx::Postgres;
use sqlx::encode::Encode;
use sqlx::postgres::{PgArguments, PgDatabaseError, PgSeverity};
use sqlx::{Error, Type};

use super::table::{Column, Table};

/// A statement with its values bound.
pub type Query<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

/// A statement: its name, and its text in both forms.
pub struct Statement {
    name: &'static str,
    /// The table from whose declaration the text is made, if any.
    table: Option<&'static Table>,
    write: fn(&Form) -> String,
    one: OnceLock<Prepared>,
    /// None for a statement that is always about one item.
    many: Option<OnceLock<Prepared>>,
}

/// A form of a statement as the server gets it. The texts live as long as the process, because statements are
/// statics.
#[derive(Clone, Copy)]
struct Prepared {
    name: &'static str,
    text: &'static str,
}

impl Statement {
    /// A statement about any number of items.
    pub const fn new(name: &'static str, write: fn(&Form) -> String) -> Self {
        Self {
            name,
            table: None,
            write,
            one: OnceLock::new(),
            many: Some(OnceLock::new()),
        }
    }

    /// A statement about one item.
    pub const fn about_one(name: &'static str, write: fn(&Form) -> String) -> Self {
        Self {
            name,
            table: None,
            write,
            one: OnceLock::new(),
            many: None,
        }
    }

    /// The same statement, with a table from whose declaration its text is made.
    #[must_use]
    pub const fn of(mut self, table: &'static Table) -> Self {
        self.table = Some(table);
        self
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Begins to bind values to the form for this number of items.
    pub fn about<'q, T>(&self, items: &'q [T]) -> Binding<'q, T> {
        let Prepared { name, text } = match &self.many {
            Some(many) if items.len() != 1 => *many.get_or_init(|| self.form(true)),
            _ => *self.one.get_or_init(|| self.form(false)),
        };
        Binding {
            query: sqlx::query(text).bind(name),
            items,
        }
    }

    /// The name and the text of each form.
    pub fn texts(&self) -> Vec<(&'static str, &'static str)> {
        let many = self.many.as_ref().map(|_| self.form(true));
        let forms = [Some(self.form(false)), many].into_iter().flatten();
        forms.map(|form| (form.name, form.text)).collect()
    }

    fn form(&self, many: bool) -> Prepared {
        let name = match (&self.many, many) {
            (None, _) => self.name.to_owned(),
            (Some(_), false) => format!("{}, one", self.name),
            (Some(_), true) => format!("{}, many", self.name),
        };
        let guard = format!("1 / ($1 = '{name}')::int = 1");
        let text = (self.write)(&Form {
            guard,
            many,
            table: self.table,
        });
        Prepared {
            name: name.leak(),
            text: text.leak(),
        }
    }
}

/// A form of a statement, passed to the function that writes its text.
pub struct Form {
    /// The condition that has to come first after `where`. The statement's own values begin with `$2`.
    pub guard: String,
    many: bool,
    table: Option<&'static Table>,
}

impl Form {
    /// The columns of the statement's table.
    pub fn columns(&self) -> &'static [Column] {
        self.table.map_or(&[], |table| table.columns)
    }

    /// The columns as a select list, of the table under the name `r`.
    pub fn select_list(&self) -> String {
        self.table.map(Table::select_list).unwrap_or_default()
    }

    /// The condition that a value is one of the items' values, which are bound as `$place`.
    pub fn is_among(&self, place: usize) -> String {
        if self.many {
            format!("= any(${place})")
        } else {
            format!("= ${place}")
        }
    }

    /// The items as a table `i`, whose columns are bound from `$first` on.
    pub fn items(&self, first: usize, columns: &[(impl AsRef<str>, &str)]) -> String {
        let mut values = String::new();
        let mut names = String::new();
        for (place, (name, of_type)) in (first..).zip(columns) {
            let comma = if place == first { "" } else { ", " };
            let array = if self.many { "[]" } else { "" };
            // Writing to a string does not fail.
            let _ = write!(values, "{comma}${place}::{of_type}{array}");
            let _ = write!(names, "{comma}{}", name.as_ref());
        }
        if self.many {
            format!("unnest({values}) as i({names})")
        } else {
            format!("(values ({values})) as i({names})")
        }
    }

    /// `text`, but only in the form for many items.
    pub fn if_many<'t>(&self, text: &'t str) -> &'t str {
        if self.many { text } else { "" }
    }

    /// An update of rows `r` of a table by id, which is the first column of the items. `$2` says whether to
    /// leave out rows that are newer than their item.
    ///
    /// If there are many rows, they are locked in the order of their ids first, so that concurrent
    /// statements, also those of other processes, cannot deadlock.
    pub fn update_by_id(
        &self,
        table: &str,
        set: &str,
        columns: &[(impl AsRef<str>, &str)],
        returning: &str,
    ) -> String {
        let guard = &self.guard;
        let items = self.items(3, columns);
        let lock = format!(
            "with locked as (select t.id from {table} t where t.id = any($3) \
             order by t.id for no key update) "
        );
        let locking = self.if_many(&lock);
        let and_locked = self.if_many(", locked");
        let is_locked = self.if_many("and r.id = locked.id ");
        format!(
            "{locking}update {table} as r set {set} from {items}{and_locked} \
             where {guard} and r.id = i.id {is_locked}\
             and (not $2 or date_trunc('milliseconds', r.updated_at) <= i.now) returning {returning}"
        )
    }
}

/// A statement whose values are being bound.
pub struct Binding<'q, T> {
    query: Query<'q>,
    items: &'q [T],
}

impl<'q, T> Binding<'q, T> {
    /// Binds a value of the statement as a whole.
    #[must_use]
    pub fn value<V>(mut self, value: V) -> Self
    where
        V: 'q + Encode<'q, Postgres> + Type<Postgres>,
    {
        self.query = self.query.bind(value);
        self
    }

    /// Binds a column of the items.
    #[must_use]
    pub fn column<V>(mut self, value: impl Fn(&'q T) -> V) -> Self
    where
        V: 'q + Encode<'q, Postgres> + Type<Postgres>,
        Vec<V>: 'q + Encode<'q, Postgres> + Type<Postgres>,
    {
        self.query = match self.items {
            [one] => self.query.bind(value(one)),
            many => self.query.bind(many.iter().map(value).collect::<Vec<V>>()),
        };
        self
    }

    /// The statement with its values.
    pub fn bound(self) -> Query<'q> {
        self.query
    }
}

/// Whether a refusal means that the prepared statement belongs to another session:
///
/// - 26000: there is no statement of that name; 42P05: there already is one;
/// - 08P01, 22P03: the values do not fit the statement of that name;
/// - 22012: the statement of that name is one of ours, with another name in its text.
pub(super) fn is_in_another_session(error: &Error) -> bool {
    let code = code_of_refusal(error);
    matches!(code, Some("26000" | "42P05" | "08P01" | "22P03" | "22012"))
}

/// Whether a table was altered so that a prepared statement would return other types.
pub(super) fn is_outdated(error: &Error) -> bool {
    code_of_refusal(error) == Some("0A000") && error.to_string().contains("cached plan")
}

/// The code of an error that can come from a prepared statement: not one that ended the session, because
/// poolers use 08P01 for errors of their own, and not one raised in PL/pgSQL, which can have any code.
fn code_of_refusal(error: &Error) -> Option<&str> {
    let Error::Database(error) = error else {
        return None;
    };
    let error = error.try_downcast_ref::<PgDatabaseError>()?;
    let ends_session = matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic);
    let is_raised = error.routine() == Some("exec_stmt_raise");
    (!ends_session && !is_raised).then(|| error.code())
}

#[cfg(test)]
#[path = "../../__test__/rust/unit/database_statement.rs"]
mod tests;
