//! The service in Rust: many calls at once, each with its own outcome.
//!
//! Each test has a database of its own. The contract's tests, in JavaScript, cover single calls. These cover how
//! calls that are made together affect each other.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use paperclip_environment_service::batch::{Answer, Outcome, Outcomes};
use paperclip_environment_service::database::row::{Cell, Row};
use paperclip_environment_service::error::Error;
use paperclip_environment_service::paperclip::Service;
use serde_json::{Value, json};
use support::Fixture as Database;
use uuid::Uuid;

const NOW: &str = "2026-04-01T12:00:00.000Z";

/// A database, and the service on it.
struct Fixture {
    database: Database,
    company: Uuid,
    service: Service,
}

impl Fixture {
    async fn new() -> Self {
        Self::with(|_| ()).await
    }

    async fn with(adapt: impl FnOnce(&mut Value)) -> Self {
        let database = Database::new().await;
        Self {
            service: Service::new(database.settings(adapt), None).unwrap(),
            company: database.company,
            database,
        }
    }

    /// Calls as JavaScript writes them.
    async fn perform(&self, method: &str, calls: Vec<Value>) -> Outcomes {
        let calls = Value::from(calls).to_string();
        let outcomes = self.service.perform("2026.427", method, calls);
        outcomes.await.unwrap()
    }

    async fn environment(&self) -> Uuid {
        let call = json!({ "companyId": self.company, "name": "SSH", "driver": "ssh", "now": NOW });
        id(&self.perform("create", vec![call]).await[0]).unwrap()
    }

    async fn leases(&self, environment: Uuid, count: usize) -> Vec<Uuid> {
        let call = json!({ "companyId": self.company, "environmentId": environment, "now": NOW });
        let outcomes = self.perform("acquireLease", vec![call; count]).await;
        outcomes
            .iter()
            .map(|outcome| id(outcome).unwrap())
            .collect()
    }

    async fn count(&mut self, table: &str) -> i64 {
        self.database.count(table).await
    }
}

fn rows(outcome: &Outcome) -> &[Row] {
    outcome.as_ref().map(Answer::rows).unwrap()
}

fn id(outcome: &Outcome) -> Option<Uuid> {
    rows(outcome).first()?.uuid("id")
}

/// A column of the one row that a call was answered with.
fn cell<'o>(outcome: &'o Outcome, column: &str) -> Cell<'o> {
    rows(outcome)[0].get(column)
}

fn code(outcome: &Outcome) -> &str {
    match outcome {
        Err(Error::Database(error)) => &error.code,
        Err(error) => panic!("not a database error: {error:?}"),
        Ok(_) => panic!("not an error"),
    }
}

fn message(outcome: &Outcome) -> String {
    outcome.as_ref().err().unwrap().to_string()
}

#[tokio::test]
async fn outcomes_are_in_the_order_of_the_calls() {
    let fixture = Fixture::new().await;
    let calls = (0..100)
        .map(|number| {
            json!({ "companyId": fixture.company, "name": format!("{number}"), "now": NOW })
        })
        .collect();
    let created = fixture.perform("create", calls).await;
    let mut ids = Vec::new();
    for (number, outcome) in created.iter().enumerate() {
        // Only the first can be local; a driver that is left out is the local one.
        if outcome.is_ok() {
            assert_eq!(cell(outcome, "name"), Cell::Text(&number.to_string()));
            assert_eq!(cell(outcome, "driver"), Cell::Text("local"));
            ids.extend(id(outcome));
        } else {
            assert_eq!(code(outcome), "23505");
        }
    }
    assert_eq!(ids.len(), 1);

    let (first, missing) = (fixture.environment().await, Uuid::new_v4());
    let asked = [missing, ids[0], first, ids[0]];
    let found = fixture
        .perform("getById", asked.iter().map(|id| json!(id)).collect())
        .await;
    let found: Vec<_> = found.iter().map(id).collect();
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
        .perform(
            "acquireLease",
            vec![
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
            ],
        )
        .await;
    assert!(outcomes[0].is_ok());
    assert_eq!(code(&outcomes[1]), "23503");
    assert_eq!(
        message(&outcomes[2]),
        "Unexpected environment lease policy value: forever"
    );
    assert_eq!(code(&outcomes[3]), "22P02");
    assert_eq!(code(&outcomes[4]), "23503");
    assert_eq!(
        cell(&outcomes[5], "environment_id"),
        Cell::Uuid(environment)
    );
    assert_eq!(fixture.count("environment_leases").await, 2);
}

#[tokio::test]
async fn calls_on_one_row_keep_their_order() {
    let fixture = Fixture::new().await;
    let environment = fixture.environment().await;
    let patches =
        ["a", "b", "c"].map(|name| json!({ "id": environment, "name": name, "now": NOW }));
    let updated = fixture.perform("update", patches.to_vec()).await;
    let names: Vec<_> = updated.iter().map(|o| cell(o, "name")).collect();
    assert_eq!(names, ["a", "b", "c"].map(Cell::Text));

    let lease = fixture.leases(environment, 1).await[0];
    let ends = ["failed", "retained"].map(|s| json!({ "id": lease, "status": s, "now": NOW }));
    let ended = fixture.perform("releaseLease", ends.to_vec()).await;
    assert_eq!(cell(&ended[0], "status"), Cell::Text("failed"));
    assert_ne!(cell(&ended[0], "released_at"), Cell::Null);
    assert_eq!(cell(&ended[1], "status"), Cell::Text("retained"));
    assert_eq!(cell(&ended[1], "released_at"), Cell::Null);

    let metadata = [json!([{ "n": 1 }]), Value::Null, json!([{ "n": 2 }])]
        .map(|metadata| json!({ "id": lease, "metadata": metadata, "now": NOW }));
    let changed = fixture
        .perform("updateLeaseMetadata", metadata.to_vec())
        .await;
    let texts: Vec<_> = changed
        .iter()
        .map(|o| match cell(o, "metadata") {
            Cell::Object(object) => Some(object.text().to_owned()),
            _ => None,
        })
        .collect();
    assert_eq!(
        texts.iter().map(Option::as_deref).collect::<Vec<_>>(),
        [Some(r#"{"n": 1}"#), None, Some(r#"{"n": 2}"#)]
    );

    let removed = fixture
        .perform("remove", vec![json!(environment), json!(environment)])
        .await;
    assert_eq!(
        removed.iter().map(id).collect::<Vec<_>>(),
        [Some(environment), None]
    );
    let lease = fixture
        .perform("getLeaseById", vec![json!(lease)])
        .await
        .remove(0);
    assert_eq!(id(&lease), None);
}

#[tokio::test]
async fn a_batch_ensures_one_local_environment_per_company() {
    let mut fixture = Fixture::new().await;
    let call = |company: Value| json!({ "companyId": company, "now": NOW });
    let (known, unknown) = (json!(fixture.company), json!(Uuid::new_v4()));
    let outcomes = fixture
        .perform(
            "ensureLocalEnvironment",
            vec![
                call(known.clone()),
                call(unknown),
                call(Value::Null),
                call(known),
            ],
        )
        .await;
    assert_eq!(cell(&outcomes[0], "status"), Cell::Text("active"));
    assert_eq!(code(&outcomes[1]), "23503");
    assert_eq!(code(&outcomes[2]), "23502");
    assert_eq!(id(&outcomes[3]), id(&outcomes[0]));
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
            .execute(&mut fixture.database.admin)
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
    fixture.perform("acquireLease", held.to_vec()).await;
    let end = |run: Uuid| json!({ "heartbeatRunId": run, "status": "expired", "now": NOW });
    let asked = [runs[2], runs[1], runs[0], runs[0]].map(end);
    let ended = fixture.perform("releaseLeasesForRun", asked.to_vec()).await;
    let counts: Vec<_> = ended.iter().map(|o| rows(o).len()).collect();
    assert_eq!(counts, [0, 1, 2, 0]);
    for lease in ended.iter().flat_map(rows) {
        assert_eq!(lease.get("status"), Cell::Text("expired"));
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_fails_only_who_meets_it() {
    let mut fixture = Fixture::new().await;
    let environment = fixture.environment().await;
    let leases = fixture.leases(environment, 3).await;
    sqlx::query("update environment_leases set cleanup_status = 'maybe' where id = $1")
        .bind(leases[1])
        .execute(&mut fixture.database.admin)
        .await
        .unwrap();
    let found = fixture
        .perform("getLeaseById", leases.iter().map(|id| json!(id)).collect())
        .await;
    assert!(found[0].is_ok() && found[2].is_ok());
    let unexpected = "Unexpected environment lease cleanup status value: maybe";
    assert_eq!(message(&found[1]), unexpected);

    let call = |filter: Value| {
        let mut call = json!({ "environmentId": environment });
        call.as_object_mut()
            .unwrap()
            .extend(filter.as_object().unwrap().clone());
        call
    };
    let failed = json!({ "status": "failed" });
    let lists = fixture
        .perform(
            "listLeases",
            vec![
                call(failed),
                call(json!({ "status": null })),
                call(json!({})),
            ],
        )
        .await;
    assert_eq!([&lists[0], &lists[1]].map(|list| rows(list).len()), [0, 0]);
    assert_eq!(message(&lists[2]), unexpected);
}

#[tokio::test]
async fn an_error_about_the_tables_is_every_call_s() {
    let mut fixture = Fixture::new().await;
    sqlx::raw_sql("drop table environments cascade")
        .execute(&mut fixture.database.admin)
        .await
        .unwrap();
    let outcomes = fixture
        .perform("getById", vec![json!(Uuid::new_v4()); 3])
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
    assert!(fixture.perform("getById", call.clone()).await[0].is_ok());
    let alter = "alter table environments alter column name type varchar(200)";
    sqlx::raw_sql(alter)
        .execute(&mut fixture.database.admin)
        .await
        .unwrap();
    let found = fixture.perform("getById", call).await.remove(0);
    assert_eq!(cell(&found, "name"), Cell::Text("SSH"));
}

#[tokio::test]
async fn without_prepared_statements_everything_works_as_well() {
    let fixture = Fixture::with(|settings| settings["prepare"] = json!(false)).await;
    let environment = fixture.environment().await;
    let lease = fixture.leases(environment, 2).await[0];
    let call = json!({ "id": lease, "now": NOW, "failureReason": "x", "cleanupStatus": null });
    let released = fixture.perform("releaseLease", vec![call]).await.remove(0);
    assert_eq!(cell(&released, "failure_reason"), Cell::Text("x"));
    let list = json!({ "companyId": fixture.company, "status": "active", "driver": "ssh" });
    assert_eq!(rows(&fixture.perform("list", vec![list]).await[0]).len(), 1);
}
