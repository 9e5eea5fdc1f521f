//! A database with the schema and one company, for one test.
//!
//! These tests need a PostgreSQL whose superuser `TEST_DATABASE_URL` names; `npm test` starts one.

use paperclip_environment_service::database::Settings;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row};
use uuid::Uuid;

/// A database, and a connection beside those of what is tested.
pub struct Fixture {
    pub admin: PgConnection,
    #[allow(dead_code, reason = "not every test asks for it")]
    pub company: Uuid,
    settings: Value,
}

impl Fixture {
    pub async fn new() -> Self {
        let url = std::env::var("TEST_DATABASE_URL")
            .expect("TEST_DATABASE_URL names a PostgreSQL; `npm test` starts one");
        let server: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
        let name = format!("rust_{}", Uuid::new_v4().simple());
        let mut maintenance = server.connect().await.unwrap();
        let create = AssertSqlSafe(format!("create database {name}"));
        sqlx::raw_sql(create)
            .execute(&mut maintenance)
            .await
            .unwrap();
        maintenance.close().await.unwrap();

        let mut admin = server.clone().database(&name).connect().await.unwrap();
        let schema = include_str!("../../support/schema.sql");
        sqlx::raw_sql(schema).execute(&mut admin).await.unwrap();
        let company = Uuid::new_v4();
        sqlx::query("insert into companies (id, name) values ($1, 'Company')")
            .bind(company)
            .execute(&mut admin)
            .await
            .unwrap();

        let password = url.split(['/', ':', '@']).nth(4).unwrap();
        let settings = json!({
            "hosts": [{ "host": server.get_host(), "port": server.get_port() }],
            "user": server.get_username(),
            "password": password,
            "database": name,
            "tls": { "mode": "disable" },
            "parameters": {},
            "applicationName": "rust-tests",
            "prepare": true,
            "targetSessionAttrs": null,
            "maxConnections": 2,
            "connectTimeout": 5_000,
            "idleTimeout": null,
            "maxLifetime": null,
        });
        Self {
            admin,
            company,
            settings,
        }
    }

    /// The settings of a pool on the database.
    pub fn settings(&self, adapt: impl FnOnce(&mut Value)) -> Settings {
        let mut settings = self.settings.clone();
        adapt(&mut settings);
        serde_json::from_value(settings).unwrap()
    }

    pub async fn count(&mut self, table: &str) -> i64 {
        let sql = AssertSqlSafe(format!("select count(*) from {table}"));
        sqlx::query(sql)
            .fetch_one(&mut self.admin)
            .await
            .unwrap()
            .get(0)
    }
}
