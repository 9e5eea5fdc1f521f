//! Tables and columns, each declared once.
//!
//! Several things are derived from a declaration: the select list in SQL, the check of what the server sends,
//! the cells of a reply, the keys of ready JSON, and the reader in JavaScript, which the build writes.

use std::sync::OnceLock;

use crate::error::UnexpectedValue;

/// A closed set of words, which PostgreSQL stores as plain text: a row may hold any other word.
#[derive(Debug, PartialEq, Eq)]
pub struct WordSet {
    /// The set's name in messages.
    pub name: &'static str,
    /// The words. The first is the default.
    pub words: &'static [&'static str],
}

impl WordSet {
    /// The default word.
    pub fn default_word(&self) -> &'static str {
        self.words.first().copied().unwrap_or_default()
    }

    /// The words as a list in SQL.
    pub fn list(&self) -> String {
        format!("('{}')", self.words.join("', '"))
    }

    /// Finds a word in the set. Words are compared exactly.
    ///
    /// # Errors
    ///
    /// [`UnexpectedValue`] if it is not in the set.
    pub fn member(&self, word: &str) -> Result<&'static str, UnexpectedValue> {
        let member = self.words.iter().find(|member| **member == word);
        member.copied().ok_or_else(|| UnexpectedValue {
            set: self.name,
            value: word.to_owned(),
        })
    }
}

/// What a column holds, and how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A `uuid`.
    Uuid,
    /// A `text`.
    Text,
    /// A `text` that is a word of a set. A row with another word fails the call that reads it.
    Word(&'static WordSet),
    /// A `jsonb` that reads as null where it is not an object.
    Object,
    /// A `jsonb` that reads as `{}` where it is not an object.
    ObjectOrEmpty,
    /// A `timestamptz`.
    Timestamp,
}

impl Kind {
    /// The SQL type of a statement's value for this column. JSON documents are passed as text.
    pub const fn given_as(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::Text | Self::Word(_) | Self::Object | Self::ObjectOrEmpty => "text",
            Self::Timestamp => "timestamptz",
        }
    }

    /// The cast from that type to the column's type.
    pub const fn cast(self) -> &'static str {
        match self {
            Self::Object | Self::ObjectOrEmpty => "::jsonb",
            Self::Uuid | Self::Text | Self::Word(_) | Self::Timestamp => "",
        }
    }
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name in SQL.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be null.
    pub nullable: bool,
}

impl Column {
    /// A column that is never null.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            nullable: false,
        }
    }

    /// The same column, which may be null.
    #[must_use]
    pub const fn nullable(self) -> Self {
        Self {
            nullable: true,
            ..self
        }
    }

    /// The key in results: the name in camel case.
    pub fn key(&self) -> String {
        let mut words = self.name.split('_');
        let mut key = words.next().unwrap_or_default().to_owned();
        for word in words {
            let mut letters = word.chars();
            key.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
            key.push_str(letters.as_str());
        }
        key
    }
}

/// A table whose rows are returned to callers.
#[derive(Debug)]
pub struct Table {
    /// The name of one row, as in the reader in JavaScript.
    pub row: &'static str,
    /// The table's name in SQL.
    pub name: &'static str,
    /// The columns, in the order of the keys in results.
    pub columns: &'static [Column],
    json_keys: OnceLock<Vec<String>>,
}

impl Table {
    /// Declares a table.
    pub const fn new(row: &'static str, name: &'static str, columns: &'static [Column]) -> Self {
        Self {
            row,
            name,
            columns,
            json_keys: OnceLock::new(),
        }
    }

    /// The columns as a select list, of the table under the name `r`.
    pub fn select_list(&self) -> String {
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|column| format!("r.{}", column.name))
            .collect();
        names.join(", ")
    }

    /// For each column, the text before its value in a JSON object: `{"id":` or `,"name":`.
    pub fn json_keys(&self) -> &[String] {
        self.json_keys.get_or_init(|| {
            let mut before = '{';
            let key = |column: &Column| {
                let key = format!("{before}\"{}\":", column.key());
                before = ',';
                key
            };
            self.columns.iter().map(key).collect()
        })
    }
}

#[cfg(test)]
#[path = "../../__test__/rust/unit/database_table.rs"]
mod tests;
