//! Single values that are not plainly well-formed, put before the server.
//!
//! PostgreSQL accepts more than the usual forms (a UUID in braces, say) and has its own words for
//! what it refuses. Instead of imitating it, the rare unusual value is sent to it alone: it is
//! either given back in its usual form or refused in PostgreSQL's words.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::pool::Database;
use super::statement::Sql;
use crate::error::{Error, Failure, Reach};

impl Database {
    /// The UUID that `text` stands for.
    ///
    /// # Errors
    ///
    /// SQLSTATE 22P02 when it stands for none.
    pub async fn uuid(&self, text: &str) -> Result<Uuid, Failure> {
        static SQL: LazyLock<Sql> = LazyLock::new(|| judging("a uuid", "$2::text::uuid"));
        self.judge(&SQL, text, |row| row.try_get(0)).await
    }

    /// The point in time that an ISO 8601 `text` stands for.
    ///
    /// # Errors
    ///
    /// SQLSTATE 22007 or 22008 when it is not one that the database can hold.
    pub async fn timestamp(&self, text: &str) -> Result<DateTime<Utc>, Failure> {
        static SQL: LazyLock<Sql> =
            LazyLock::new(|| judging("a timestamp", "$2::text::timestamptz"));
        self.judge(&SQL, text, |row| row.try_get(0)).await
    }

    /// Whether the database can hold `text`.
    ///
    /// # Errors
    ///
    /// SQLSTATE 22021 when it cannot.
    pub async fn check_text(&self, text: &str) -> Result<(), Failure> {
        static SQL: LazyLock<Sql> = LazyLock::new(|| judging("a text", "$2::text is not null"));
        self.judge(&SQL, text, |_| Ok(())).await
    }

    /// Whether the database can hold the JSON document `text`.
    ///
    /// # Errors
    ///
    /// SQLSTATE 22P05 or 22P02 when it cannot.
    pub async fn check_json(&self, text: &str) -> Result<(), Failure> {
        static SQL: LazyLock<Sql> =
            LazyLock::new(|| judging("a json document", "$2::text::jsonb is not null"));
        self.judge(&SQL, text, |_| Ok(())).await
    }

    async fn judge<T>(
        &self,
        sql: &Sql,
        text: &str,
        read: impl Fn(&PgRow) -> Result<T, sqlx::Error>,
    ) -> Result<T, Failure> {
        let rows = self.rows(|| sql.statement().bind(text)).await?;
        let row = rows.first().ok_or(sqlx::Error::RowNotFound);
        row.and_then(read).map_err(|error| Failure {
            error: Error::Bug(error.to_string()),
            reach: Reach::Refused,
        })
    }
}

fn judging(name: &str, judgement: &str) -> Sql {
    Sql::new(name, |guard| format!("select {judgement} where {guard}"))
}
