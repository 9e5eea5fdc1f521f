//! The service as Rust sees it: calls in bulk, each with its own outcome.
//!
//! These tests need a PostgreSQL whose superuser `TEST_DATABASE_URL` names; `npm test` starts one.
//! Each test has a database of its own. What a single call does is the subject of the contract's
//! tests, in JavaScript; here it is what calls made together do to each other.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

use paperclip_environment_service::database::Settings;
use paperclip_environment_service::error::Error;
use paperclip_environment_service::model::{EnvironmentDriver, EnvironmentStatus, LeaseStatus};
use paperclip_environment_service::service::EnvironmentService;
use paperclip_environment_service::service::environments::{
    Create, EnsureLocal, GetById, List, Remove, Update,
};
use paperclip_environment_service::service::leases::{
    AcquireLease, GetLeaseById, ListLeases, ReleaseLease, ReleaseLeasesForRun, UpdateLeaseMetadata,
};
use paperclip_environment_service::service::operation::{Operation, Outcomes};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row};
use uuid::Uuid;

const NOW: &str = "2026-04-01T12:00:00.000Z";

/// A database with the schema and one company, and the service on it.
struct Fixture {
    service: EnvironmentService,
    admin: PgConnection,
    company: Uuid,
}

impl Fixture {
    async fn new() -> Self {
        Self::with(|_| ()).await
    }

    async fn with(adapt: impl FnOnce(&mut Value)) -> Self {
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
        let schema = include_str!("../support/schema.sql");
        sqlx::raw_sql(schema).execute(&mut admin).await.unwrap();
        let company = Uuid::new_v4();
        sqlx::query("insert into companies (id, name) values ($1, 'Company')")
            .bind(company)
            .execute(&mut admin)
            .await
            .unwrap();

        let password = url.split(['/', ':', '@']).nth(4).unwrap();
        let mut settings = json!({
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
        adapt(&mut settings);
        let settings: Settings = serde_json::from_value(settings).unwrap();
        Self {
            service: EnvironmentService::new(settings, None).unwrap(),
            admin,
            company,
        }
    }

    /// Calls as JavaScript writes them.
    async fn perform<O>(&self, calls: Vec<Value>) -> Outcomes<O::Answer>
    where
        O: Operation,
        O::Call: DeserializeOwned,
    {
        let calls = Value::from(calls).to_string();
        self.service
            .perform::<O>(serde_json::from_str(&calls).unwrap())
            .await
    }

    async fn environment(&self) -> Uuid {
        let call = json!({ "companyId": self.company, "name": "SSH", "driver": "ssh", "now": NOW });
        self.perform::<Create>(vec![call])
            .await
            .remove(0)
            .unwrap()
            .id
    }

    async fn leases(&self, environment: Uuid, count: usize) -> Vec<Uuid> {
        let call = json!({ "companyId": self.company, "environmentId": environment, "now": NOW });
        let outcomes = self.perform::<AcquireLease>(vec![call; count]).await;
        outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap().id)
            .collect()
    }

    async fn count(&mut self, table: &str) -> i64 {
        let sql = AssertSqlSafe(format!("select count(*) from {table}"));
        sqlx::query(sql)
            .fetch_one(&mut self.admin)
            .await
            .unwrap()
            .get(0)
    }
}

fn code<T: std::fmt::Debug>(outcome: &Result<T, Error>) -> &str {
    match outcome {
        Err(Error::Database(error)) => &error.code,
        other => panic!("not a database error: {other:?}"),
    }
}

#[tokio::test]
async fn outcomes_are_in_the_order_of_the_calls() {
    let fixture = Fixture::new().await;
    let calls = (0..100)
        .map(|number| {
            json!({ "companyId": fixture.company, "name": format!("{number}"), "now": NOW })
        })
        .collect();
    let created = fixture.perform::<Create>(calls).await;
    let mut ids = Vec::new();
    for (number, outcome) in created.into_iter().enumerate() {
        // Only the first can be local; a driver that is left out is the local one.
        match outcome {
            Ok(environment) => {
                assert_eq!(environment.name, number.to_string());
                assert_eq!(environment.driver, EnvironmentDriver::Local);
                ids.push(environment.id);
            }
            error => assert_eq!(code(&error), "23505"),
        }
    }
    assert_eq!(ids.len(), 1);

    let (first, missing) = (fixture.environment().await, Uuid::new_v4());
    let asked = [missing, ids[0], first, ids[0]];
    let found = fixture
        .perform::<GetById>(asked.iter().map(|id| json!(id)).collect())
        .await;
    let found: Vec<_> = found
        .into_iter()
        .map(|o| o.unwrap().map(|e| e.id))
        .collect();
    assert_eq!(found, [None, Some(ids[0]), Some(first), Some(ids[0])]);
}

#[tokio::test]
async fn one_call_s_failure_is_that_call_s_alone() {
    let mut fixture = Fixture::new().await;
    let environment = fixture.environment().await;
    let lease = |environment: Value, policy: &str, run: Value| {
        json!({
            "companyId": fixture.company, "environmentId": environment, "leasePolicy": policy,
            "heartbeatRunId": run, "now": NOW,
        })
    };
    let outcomes = fixture
        .perform::<AcquireLease>(vec![
            lease(json!(environment), "ephemeral", Value::Null),
            lease(json!(Uuid::new_v4()), "ephemeral", Value::Null),
            lease(json!(environment), "forever", Value::Null),
            lease(json!("not a uuid"), "ephemeral", Value::Null),
            lease(json!(environment), "ephemeral", json!(Uuid::new_v4())),
            lease(
                json!(format!("{{{environment}}}")),
                "retain_on_failure",
                Value::Null,
            ),
        ])
        .await;
    assert!(outcomes[0].is_ok());
    assert_eq!(code(&outcomes[1]), "23503");
    let unexpected = outcomes[2].as_ref().unwrap_err().to_string();
    assert_eq!(
        unexpected,
        "Unexpected environment lease policy value: forever"
    );
    assert_eq!(code(&outcomes[3]), "22P02");
    assert_eq!(code(&outcomes[4]), "23503");
    assert_eq!(outcomes[5].as_ref().unwrap().environment_id, environment);
    assert_eq!(fixture.count("environment_leases").await, 2);
}

#[tokio::test]
async fn calls_on_one_row_keep_their_order() {
    let fixture = Fixture::new().await;
    let environment = fixture.environment().await;
    let patches =
        ["a", "b", "c"].map(|name| json!({ "id": environment, "name": name, "now": NOW }));
    let updated = fixture.perform::<Update>(patches.to_vec()).await;
    let names: Vec<_> = updated
        .into_iter()
        .map(|o| o.unwrap().unwrap().name.clone())
        .collect();
    assert_eq!(names, ["a", "b", "c"]);

    let lease = fixture.leases(environment, 1).await[0];
    let ends = ["failed", "retained"].map(|s| json!({ "id": lease, "status": s, "now": NOW }));
    let ended = fixture.perform::<ReleaseLease>(ends.to_vec()).await;
    let states: Vec<_> = ended
        .iter()
        .map(|o| o.as_ref().unwrap().as_ref().unwrap())
        .collect();
    assert_eq!(states[0].status, LeaseStatus::Failed);
    assert!(states[0].released_at.is_some());
    assert_eq!(states[1].status, LeaseStatus::Retained);
    assert!(states[1].released_at.is_none());

    let metadata = [json!([{ "n": 1 }]), Value::Null, json!([{ "n": 2 }])]
        .map(|metadata| json!({ "id": lease, "metadata": metadata, "now": NOW }));
    let changed = fixture
        .perform::<UpdateLeaseMetadata>(metadata.to_vec())
        .await;
    let texts: Vec<_> = changed
        .into_iter()
        .map(|o| {
            let lease = o.unwrap().unwrap();
            lease
                .metadata
                .as_ref()
                .map(|metadata| metadata.text().to_owned())
        })
        .collect();
    assert_eq!(
        texts,
        [
            Some(r#"{"n": 1}"#.to_owned()),
            None,
            Some(r#"{"n": 2}"#.to_owned())
        ]
    );

    let removed = fixture
        .perform::<Remove>(vec![json!(environment), json!(environment)])
        .await;
    assert!(removed[0].as_ref().unwrap().is_some());
    assert!(removed[1].as_ref().unwrap().is_none());
    let lease = fixture
        .perform::<GetLeaseById>(vec![json!(lease)])
        .await
        .remove(0);
    assert!(lease.unwrap().is_none());
}

#[tokio::test]
async fn a_batch_ensures_one_local_environment_per_company() {
    let mut fixture = Fixture::new().await;
    let call = |company: Value| json!({ "companyId": company, "now": NOW });
    let (known, unknown) = (json!(fixture.company), json!(Uuid::new_v4()));
    let outcomes = fixture
        .perform::<EnsureLocal>(vec![
            call(known.clone()),
            call(unknown),
            call(Value::Null),
            call(known),
        ])
        .await;
    let first = outcomes[0].as_ref().unwrap();
    assert_eq!(first.status, EnvironmentStatus::Active);
    assert_eq!(code(&outcomes[1]), "23503");
    assert_eq!(code(&outcomes[2]), "23502");
    assert_eq!(outcomes[3].as_ref().unwrap(), first);
    assert_eq!(fixture.count("environments").await, 1);
}

#[tokio::test]
async fn each_run_s_leases_go_to_its_own_call() {
    let mut fixture = Fixture::new().await;
    let environment = fixture.environment().await;
    let runs = [Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()];
    for run in &runs {
        sqlx::query("insert into heartbeat_runs (id, company_id) values ($1, $2)")
            .bind(run)
            .bind(fixture.company)
            .execute(&mut fixture.admin)
            .await
            .unwrap();
    }
    let lease = |run: Uuid| {
        json!({
            "companyId": fixture.company, "environmentId": environment, "heartbeatRunId": run,
            "now": NOW,
        })
    };
    let held = [runs[0], runs[0], runs[1]].map(lease);
    fixture.perform::<AcquireLease>(held.to_vec()).await;
    let end = |run: Uuid| json!({ "heartbeatRunId": run, "status": "expired", "now": NOW });
    let asked = [runs[2], runs[1], runs[0], runs[0]].map(end);
    let ended = fixture.perform::<ReleaseLeasesForRun>(asked.to_vec()).await;
    let counts: Vec<_> = ended.iter().map(|o| o.as_ref().unwrap().len()).collect();
    assert_eq!(counts, [0, 1, 2, 0]);
    for lease in ended.into_iter().flat_map(Result::unwrap) {
        assert_eq!(lease.status, LeaseStatus::Expired);
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_fails_only_who_meets_it() {
    let mut fixture = Fixture::new().await;
    let environment = fixture.environment().await;
    let leases = fixture.leases(environment, 3).await;
    sqlx::query("update environment_leases set cleanup_status = 'maybe' where id = $1")
        .bind(leases[1])
        .execute(&mut fixture.admin)
        .await
        .unwrap();
    let found = fixture
        .perform::<GetLeaseById>(leases.iter().map(|id| json!(id)).collect())
        .await;
    assert!(found[0].is_ok() && found[2].is_ok());
    let message = "Unexpected environment lease cleanup status value: maybe";
    assert_eq!(found[1].as_ref().unwrap_err().to_string(), message);

    let call = |status: Value| json!({ "environmentId": environment, "status": status });
    let lists = fixture
        .perform::<ListLeases>(vec![call(json!("failed")), call(Value::Null)])
        .await;
    assert_eq!(lists[0].as_ref().unwrap().len(), 0);
    assert_eq!(lists[1].as_ref().unwrap_err().to_string(), message);
}

#[tokio::test]
async fn an_error_about_the_tables_is_every_call_s() {
    let mut fixture = Fixture::new().await;
    sqlx::raw_sql("drop table environments cascade")
        .execute(&mut fixture.admin)
        .await
        .unwrap();
    let outcomes = fixture
        .perform::<GetById>(vec![json!(Uuid::new_v4()); 3])
        .await;
    for outcome in &outcomes {
        assert_eq!(code(outcome), "42P01");
    }
}

#[tokio::test]
async fn statements_outlive_a_change_of_the_tables() {
    let mut fixture = Fixture::new().await;
    let environment = fixture.environment().await;
    let call = vec![json!(environment)];
    assert!(fixture.perform::<GetById>(call.clone()).await[0].is_ok());
    let alter = "alter table environments alter column name type varchar(200)";
    sqlx::raw_sql(alter)
        .execute(&mut fixture.admin)
        .await
        .unwrap();
    let found = fixture.perform::<GetById>(call).await.remove(0);
    assert_eq!(found.unwrap().unwrap().name, "SSH");
}

#[tokio::test]
async fn without_prepared_statements_everything_works_as_well() {
    let fixture = Fixture::with(|settings| settings["prepare"] = json!(false)).await;
    let environment = fixture.environment().await;
    let lease = fixture.leases(environment, 2).await[0];
    let call = json!({ "id": lease, "now": NOW, "failureReason": "x", "cleanupStatus": null });
    let released = fixture
        .perform::<ReleaseLease>(vec![call])
        .await
        .remove(0)
        .unwrap()
        .unwrap();
    assert_eq!(released.failure_reason.as_deref(), Some("x"));
    let list = json!({ "companyId": fixture.company, "status": "active", "driver": "ssh" });
    assert_eq!(
        fixture
            .perform::<List>(vec![list])
            .await
            .remove(0)
            .unwrap()
            .len(),
        1
    );
}
