//! Statements that know themselves, and their two forms.
//!
//! sqlx gives prepared statements short names (`sqlx_s_1`, `sqlx_s_2`, …), the same ones in every
//! connection. Behind a pooler that hands each transaction to another server session, a name may
//! meet a statement that another client prepared there: a read could run as somebody's delete. So
//! each statement is told its own name as its first value and compares it with the one it was
//! written with; if they differ, it divides by zero before it touches a row. The comparison holds
//! no column, so the server makes it once and not for each row.
//!
//! A statement about many items takes each of their columns as an array. PostgreSQL plans such a
//! statement anew at each use when the arrays are short, because the plan that it keeps counts on
//! longer ones (`choose_custom_plan` in its `plancache.c`); that doubles the cost of a lone item. So
//! there is a second form, for one item, whose values are plain.

use std::fmt::Write;

use sqlx::encode::Encode;
use sqlx::postgres::{PgArguments, PgDatabaseError, PgSeverity};
use sqlx::query::Query;
use sqlx::{Error, Postgres, Type};

/// A statement with its values bound.
pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// A statement's text and the name by which it knows itself.
#[derive(Clone, Copy)]
pub(super) struct Sql {
    name: &'static str,
    text: &'static str,
}

impl Sql {
    /// A statement. `text` is given the condition that has to stand first behind `where`; its own
    /// values begin with `$2`.
    ///
    /// Statements are made once in a process, which keeps their texts.
    pub(super) fn new(name: impl Into<String>, text: impl FnOnce(&str) -> String) -> Self {
        let name = name.into().leak();
        let guard = format!("1 / ($1 = '{name}')::int = 1");
        Self {
            name,
            text: text(&guard).leak(),
        }
    }

    /// The statement, to bind its own values to.
    pub(super) fn statement<'q>(self) -> Statement<'q> {
        sqlx::query(self.text).bind(self.name)
    }
}

/// A statement about any number of items.
#[derive(Clone, Copy)]
pub(super) struct BulkSql {
    one: Sql,
    many: Sql,
}

impl BulkSql {
    /// A statement in both its forms.
    pub(super) fn new(name: &str, text: impl Fn(&Form) -> String) -> Self {
        let form = |name, many| {
            Sql::new(name, |guard| {
                text(&Form {
                    guard: guard.to_owned(),
                    many,
                })
            })
        };
        Self {
            one: form(format!("{name}, one"), false),
            many: form(format!("{name}, many"), true),
        }
    }

    /// The form for so many items.
    pub(super) fn about<T>(self, items: &[T]) -> BulkStatement<'_, T> {
        let sql = if items.len() == 1 {
            self.one
        } else {
            self.many
        };
        BulkStatement {
            statement: sql.statement(),
            items,
        }
    }
}

/// A form of a statement, as far as its text depends on it.
pub(super) struct Form {
    /// The condition that has to stand first behind `where`.
    pub(super) guard: String,
    many: bool,
}

impl Form {
    /// The condition of being one of the items' values of the place `$place`.
    pub(super) fn is_among(&self, place: usize) -> String {
        if self.many {
            format!("= any(${place})")
        } else {
            format!("= ${place}")
        }
    }

    /// The items as the table `i`, whose columns are bound from `$first` on.
    pub(super) fn items(&self, first: usize, columns: &[(&str, &str)]) -> String {
        let mut values = String::new();
        let mut names = String::new();
        for (place, (name, of_type)) in (first..).zip(columns) {
            let comma = if place == first { "" } else { ", " };
            let array = if self.many { "[]" } else { "" };
            // Writing to a string does not fail.
            let _ = write!(values, "{comma}${place}::{of_type}{array}");
            let _ = write!(names, "{comma}{name}");
        }
        if self.many {
            format!("unnest({values}) as i({names})")
        } else {
            format!("(values ({values})) as i({names})")
        }
    }

    /// What only the form for many items needs.
    pub(super) fn if_many<'t>(&self, text: &'t str) -> &'t str {
        if self.many { text } else { "" }
    }

    /// A change of rows `r` of a table by their ids, which are the items' first column; `$2` tells
    /// whether rows are spared that are newer than their item.
    ///
    /// Many rows are locked in the order of their ids first, so that such statements, also those of
    /// different processes, cannot wait for each other in a circle.
    pub(super) fn update_by_id(
        &self,
        table: &str,
        set: &str,
        columns: &[(&str, &str)],
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

/// A statement about items, whose values are being bound.
pub(super) struct BulkStatement<'q, T> {
    statement: Statement<'q>,
    items: &'q [T],
}

impl<'q, T> BulkStatement<'q, T> {
    /// Binds a value of the statement as a whole.
    pub(super) fn value<V>(mut self, value: V) -> Self
    where
        V: 'q + Encode<'q, Postgres> + Type<Postgres>,
    {
        self.statement = self.statement.bind(value);
        self
    }

    /// Binds a column of the items.
    pub(super) fn column<V>(mut self, value: impl Fn(&'q T) -> V) -> Self
    where
        V: 'q + Encode<'q, Postgres> + Type<Postgres>,
        Vec<V>: 'q + Encode<'q, Postgres> + Type<Postgres>,
    {
        self.statement = match self.items {
            [one] => self.statement.bind(value(one)),
            many => self
                .statement
                .bind(many.iter().map(value).collect::<Vec<V>>()),
        };
        self
    }

    /// The statement with its values.
    pub(super) fn bound(self) -> Statement<'q> {
        self.statement
    }
}

/// Whether a statement is sent for the first time, or once more because nobody knows what became of the
/// first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// For the first time.
    First,
    /// Once more: an insert passes over rows that are there, a change spares rows that were changed after
    /// the caller's clock, and so does not undo what somebody else has written since.
    Again,
}

impl Attempt {
    /// The one that is meant for this attempt.
    pub(super) fn either<T>(self, first: T, again: T) -> T {
        match self {
            Self::First => first,
            Self::Again => again,
        }
    }

    /// The value of a change's condition.
    pub(super) fn spares_newer(self) -> bool {
        self == Self::Again
    }
}

/// Whether a refusal means that a prepared statement was looked for in a session where it is not,
/// or is another:
///
/// - 26000: there is no such statement; 42P05: there is one of that name already;
/// - 08P01, 22P03: the values do not fit the statement that bears the name;
/// - 22012: that statement is one of ours, and does not know itself by that name.
pub(super) fn is_in_another_session(error: &Error) -> bool {
    let Error::Database(error) = error else {
        return false;
    };
    // What ends the session is not about a statement: poolers use 08P01 for troubles of their own.
    let severity = error
        .try_downcast_ref::<PgDatabaseError>()
        .map(PgDatabaseError::severity);
    if matches!(severity, Some(PgSeverity::Fatal | PgSeverity::Panic)) {
        return false;
    }
    matches!(
        error.code().as_deref(),
        Some("26000" | "42P05" | "08P01" | "22P03" | "22012")
    )
}

/// Whether a table was altered so that a prepared statement's result would have other types.
pub(super) fn is_outdated(error: &Error) -> bool {
    let Error::Database(error) = error else {
        return false;
    };
    error.code().as_deref() == Some("0A000") && error.message().contains("cached plan")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_has_a_form_for_one_item_and_one_for_many() {
        let sql = BulkSql::new("rename", |form| {
            form.update_by_id(
                "t",
                "name = i.name",
                &[("id", "uuid"), ("name", "text")],
                "r.id",
            )
        });
        assert_eq!(
            sql.one.text,
            "update t as r set name = i.name from (values ($3::uuid, $4::text)) as i(id, name) \
             where 1 / ($1 = 'rename, one')::int = 1 and r.id = i.id \
             and (not $2 or date_trunc('milliseconds', r.updated_at) <= i.now) returning r.id"
        );
        assert_eq!(
            sql.many.text,
            "with locked as (select t.id from t t where t.id = any($3) \
             order by t.id for no key update) \
             update t as r set name = i.name \
             from unnest($3::uuid[], $4::text[]) as i(id, name), locked \
             where 1 / ($1 = 'rename, many')::int = 1 and r.id = i.id and r.id = locked.id \
             and (not $2 or date_trunc('milliseconds', r.updated_at) <= i.now) returning r.id"
        );
    }
}
