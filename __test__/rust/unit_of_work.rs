//! A unit of work whose connection breaks before, during and after its commit.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use paperclip_environment_service::batch::{
    Answer, Argument, Attempt, Effect, Operation, Outcome, Readiness, Run, perform,
};
use paperclip_environment_service::database::Database;
use paperclip_environment_service::database::executor::Executor;
use paperclip_environment_service::database::fault::{Failure, Reach};
use paperclip_environment_service::database::statement::Statement;
use paperclip_environment_service::database::table::{Column, Kind, Table};
use paperclip_environment_service::error::{Error, Ids};
use support::Fixture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

static IDS: Table = Table::new("company", "companies", &[Column::new("id", Kind::Uuid)]);

static INSERT: Statement = Statement::new("insert companies", |form| {
    let items = form.items(2, &[("id", "uuid"), ("name", "text")]);
    let guard = &form.guard;
    format!(
        "insert into companies as r (id, name) select i.id, i.name from {items} where {guard} \
         on conflict (id) do nothing returning r.id"
    )
});

static BY_ID: Statement = Statement::new("companies", |form| {
    let (guard, is_wanted) = (&form.guard, form.is_among(2));
    format!("select r.id from companies r where {guard} and r.id {is_wanted}")
});

async fn insert(mut on: Executor<'_>, id: Uuid, name: &str) -> Result<(), Failure> {
    let item = [(id, name.to_owned())];
    let make = || {
        let insert = INSERT.about(&item).column(|(id, _)| *id);
        insert.column(|(_, name)| name.as_str()).bound()
    };
    on.rows(&IDS, make).await.map(drop)
}

async fn exists(mut on: Executor<'_>, id: Uuid) -> Result<bool, Failure> {
    let ids = [id];
    let rows = on.rows(&IDS, || BY_ID.about(&ids).column(|id| *id).bound());
    Ok(!rows.await?.is_empty())
}

struct NoArgument;

impl Argument for NoArgument {
    fn check(&self) -> Result<Readiness, Error> {
        Ok(Readiness::Ready)
    }

    async fn judge(self, _: &Database) -> Result<(), Failure> {
        Ok(())
    }
}

fn other(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128().wrapping_add(1))
}

/// An operation that makes two companies in one unit of work: the ids are the call's and the one behind it.
macro_rules! create_two {
    ($name:ident, $effect:expr) => {
        struct $name;

        impl Operation for $name {
            type Call = Uuid;
            type Argument<'c> = NoArgument;
            const EFFECT: Effect = $effect;

            fn arguments(&self, _: &mut Uuid) -> Vec<NoArgument> {
                Vec::new()
            }

            async fn run(&self, database: &Database, calls: &[Uuid], _: Attempt) -> Run {
                let mut work = database.begin().await?;
                for id in calls {
                    insert((&mut work).into(), *id, "one").await?;
                    insert((&mut work).into(), other(*id), "two").await?;
                }
                work.commit().await?;
                Ok(calls.iter().map(|_| Ok(Answer::Row(None))).collect())
            }

            fn ids(id: &Uuid) -> Ids {
                Ids::environment(*id)
            }
        }
    };
}

create_two!(Repeatable, Effect::Insert);
create_two!(Once, Effect::Once);

/// Where the proxy cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Never,
    /// The statement does not reach the server.
    Before(&'static str),
    /// The server has carried it out, and its answer does not come back.
    After(&'static str),
}

/// Lies between the pool and the server.
#[derive(Clone)]
struct Proxy {
    port: u16,
    cut: Arc<Mutex<(Cut, usize)>>,
    cuts: Arc<AtomicUsize>,
}

impl Proxy {
    async fn start(host: String, port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            cut: Arc::new(Mutex::new((Cut::Never, 0))),
            cuts: Arc::default(),
        };
        let serving = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect((host.as_str(), port)).await.unwrap();
                tokio::spawn(serving.clone().serve(client, server));
            }
        });
        proxy
    }

    fn cut(&self, cut: Cut, times: usize) {
        *self.cut.lock().unwrap() = (cut, times);
    }

    /// What is to be done about bytes from the client.
    fn planned(&self, bytes: &[u8]) -> Cut {
        let mut planned = self.cut.lock().unwrap();
        let (Cut::Before(text) | Cut::After(text)) = planned.0 else {
            return Cut::Never;
        };
        let is_it = bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes());
        if !is_it || planned.1 == 0 {
            return Cut::Never;
        }
        planned.1 -= 1;
        self.cuts.fetch_add(1, Ordering::Relaxed);
        planned.0
    }

    async fn serve(self, mut client: TcpStream, mut server: TcpStream) {
        let (mut asked, mut answered) = ([0; 8192], [0; 8192]);
        loop {
            tokio::select! {
                read = client.read(&mut asked) => {
                    let Ok(length @ 1..) = read else { return };
                    let bytes = &asked[..length];
                    let cut = self.planned(bytes);
                    if matches!(cut, Cut::Before(_)) {
                        return;
                    }
                    server.write_all(bytes).await.unwrap();
                    if matches!(cut, Cut::After(_)) {
                        // The answer says that it is done.
                        let _ = server.read(&mut answered).await;
                        return;
                    }
                }
                read = server.read(&mut answered) => {
                    let Ok(length @ 1..) = read else { return };
                    if client.write_all(&answered[..length]).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

async fn through_proxy() -> (Fixture, Proxy, Database) {
    through_proxy_with(true).await
}

async fn through_proxy_with(prepare: bool) -> (Fixture, Proxy, Database) {
    let fixture = Fixture::new().await;
    let direct = fixture.settings(|_| ());
    let host = &direct.hosts[0];
    let proxy = Proxy::start(host.address().to_owned(), host.port()).await;
    let settings = fixture.settings(|settings| {
        settings["hosts"][0]["host"] = "127.0.0.1".into();
        settings["hosts"][0]["port"] = proxy.port.into();
        settings["prepare"] = prepare.into();
    });
    let database = Database::new(settings, None).unwrap();
    (fixture, proxy, database)
}

/// Inserts two rows in a unit of work.
async fn two_rows(database: &Database, id: Uuid) -> Result<(), Failure> {
    let mut work = database.begin().await?;
    insert((&mut work).into(), id, "one").await?;
    insert((&mut work).into(), other(id), "two").await?;
    work.commit().await
}

fn reach(result: Result<(), Failure>) -> Option<Reach> {
    result.err().map(|failure| failure.reach)
}

#[tokio::test]
async fn its_statements_take_effect_together_or_not_at_all() {
    let (mut fixture, _, database) = through_proxy().await;
    let (kept, given_up, dropped) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
    two_rows(&database, kept).await.unwrap();

    let mut work = database.begin().await.unwrap();
    insert((&mut work).into(), given_up, "one").await.unwrap();
    assert!(exists((&mut work).into(), given_up).await.unwrap());
    assert!(!exists((&database).into(), given_up).await.unwrap());
    work.rollback().await;

    let mut work = database.begin().await.unwrap();
    insert((&mut work).into(), dropped, "one").await.unwrap();
    drop(work);

    // The company of the fixture and the two.
    assert_eq!(fixture.count("companies").await, 3);
    // What was rolled back has given its connection back, what was dropped has not.
    assert_eq!(database.statistics().opened, 2);
}

#[tokio::test]
async fn a_refused_statement_ends_it_and_the_connection_lives() {
    let (mut fixture, _, database) = through_proxy().await;
    sqlx::raw_sql("alter table companies add check (name <> 'refused')")
        .execute(&mut fixture.admin)
        .await
        .unwrap();
    let mut work = database.begin().await.unwrap();
    insert((&mut work).into(), Uuid::new_v4(), "one")
        .await
        .unwrap();
    let refused = insert((&mut work).into(), Uuid::new_v4(), "refused").await;
    assert_eq!(reach(refused), Some(Reach::Refused));
    assert_eq!(reach(work.commit().await), Some(Reach::Refused));
    assert_eq!(fixture.count("companies").await, 1);
    two_rows(&database, Uuid::new_v4()).await.unwrap();
    assert_eq!(database.statistics().opened, 1);
}

#[tokio::test]
async fn a_constraint_that_is_checked_at_commit_refuses_all_of_it() {
    let (mut fixture, _, database) = through_proxy().await;
    sqlx::raw_sql(
        "alter table companies add constraint alone unique (name) deferrable initially deferred; \
         insert into companies (name) values ('two')",
    )
    .execute(&mut fixture.admin)
    .await
    .unwrap();
    let result = two_rows(&database, Uuid::new_v4()).await;
    assert_eq!(reach(result), Some(Reach::Refused));
    assert_eq!(fixture.count("companies").await, 2);
}

#[tokio::test]
async fn how_far_it_had_come_is_told_by_where_the_connection_broke() {
    for (cut, expected, rows) in [
        (Cut::Before("begin"), Reach::Ended, 1),
        (Cut::After("begin"), Reach::Ended, 1),
        (Cut::Before("insert into companies"), Reach::Ended, 1),
        (Cut::After("insert into companies"), Reach::Ended, 1),
        (Cut::Before("commit"), Reach::Lost, 1),
        (Cut::After("commit"), Reach::Lost, 3),
    ] {
        let (mut fixture, proxy, database) = through_proxy().await;
        proxy.cut(cut, 1);
        let result = two_rows(&database, Uuid::new_v4()).await;
        assert_eq!(reach(result), Some(expected), "{cut:?}");
        assert_eq!(proxy.cuts.load(Ordering::Relaxed), 1, "{cut:?}");
        assert_eq!(fixture.count("companies").await, rows, "{cut:?}");
    }
}

async fn outcome<O: Operation<Call = Uuid>>(operation: &O, database: &Database) -> (Uuid, Outcome) {
    let id = Uuid::new_v4();
    let performing = Box::pin(perform(operation, database, vec![id]));
    (id, performing.await.remove(0))
}

#[tokio::test]
async fn it_is_settled_like_a_single_statement() {
    for cut in [
        Cut::Before("begin"),
        Cut::Before("insert into companies"),
        Cut::After("insert into companies"),
        Cut::Before("commit"),
        Cut::After("commit"),
    ] {
        for prepare in [true, false] {
            let (mut fixture, proxy, database) = through_proxy_with(prepare).await;
            proxy.cut(cut, 1);
            let (id, outcome) = outcome(&Repeatable, &database).await;
            assert!(outcome.is_ok(), "{cut:?}");
            assert!(
                exists((&database).into(), other(id)).await.unwrap(),
                "{cut:?}"
            );
            assert_eq!(fixture.count("companies").await, 3, "{cut:?}");
            assert_eq!(database.statistics().repeated, 1, "{cut:?}");
        }
    }
}

#[tokio::test]
async fn its_outcome_is_unknown_only_where_it_cannot_be_found_out() {
    for (cut, is_unknown) in [
        (Cut::Before("insert into companies"), false),
        (Cut::After("insert into companies"), false),
        (Cut::Before("commit"), true),
        (Cut::After("commit"), true),
    ] {
        let (mut fixture, proxy, database) = through_proxy().await;
        proxy.cut(cut, 1);
        let (id, outcome) = outcome(&Once, &database).await;
        let rows = fixture.count("companies").await;
        match outcome {
            Err(Error::OutcomeUnknown(error)) => {
                assert!(is_unknown, "{cut:?}");
                assert_eq!(error.ids.environment_id, Some(id));
            }
            Ok(_) => assert_eq!((is_unknown, rows), (false, 3), "{cut:?}"),
            Err(error) => panic!("{cut:?}: {error:?}"),
        }
    }
}
