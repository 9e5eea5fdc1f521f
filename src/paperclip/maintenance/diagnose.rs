//! Diagnoses a database: one statement for each check, in a read-only transaction with limits of its own.
//! Each returns one document with a `count` and `examples`.

use serde::Deserialize;

use super::evidence::{ENDED, FINISH, IS_NOTE, ago, is_finished, is_idle};
use super::places::{RUN, leases_in};
use super::table::FACTS;
use crate::batch::{Attempt, Effect, Operation, Run};
use crate::database::Database;
use crate::database::executor::Executor;
use crate::database::statement::{Form, Statement};
use crate::database::table::Table;
use crate::error::Error;
use crate::paperclip::argument::Argument;
use crate::paperclip::words::{
    ENVIRONMENT_DRIVER, ENVIRONMENT_STATUS, LEASE_CLEANUP_STATUS, LEASE_POLICY, LEASE_STATUS,
    LEASE_STATUS_OF_2026_916,
};
use crate::paperclip::{found, rows};

/// The statements of this file: the limits of a check, and then each check by its code.
pub(super) static STATEMENTS: [&Statement; 13] = [
    &LIMITS,
    &TABLES,
    &STALE_LEASES,
    &EXPIRED_LEASES,
    &CLEANUP_FAILED,
    &RETAINED_LEASES,
    &SHARED_PLACE,
    &UNKNOWN_WORDS,
    &ARCHIVED_IN_USE,
    &INCONSISTENT_ROWS,
    &HISTORY,
    &MISSING_INDEXES,
    &CONNECTIONS,
];

static NOTHING: Table = Table::new("nothing", "", &[]);

static LIMITS: Statement = Statement::about_one("limits of a look", |form| {
    format!(
        "select where {} and (select set_config('transaction_read_only', 'on', true) || \
         set_config('statement_timeout', '10s', true) || set_config('lock_timeout', '1s', true)) is not null",
        form.guard
    )
});

static TABLES: Statement = Statement::about_one("look at tables", |form| {
    let (name, releases) = (found::name(), found::releases("t.name"));
    format!(
        "select jsonb_build_object('count', (t.name is not null)::int, 'examples', '[]'::jsonb, \
         'releases', {releases}) from (select {name} as name) t where {}",
        form.guard
    )
});

/// The time in milliseconds after which a lease counts as stale once its run has ended, or once it has
/// expired. It is the default of `reap`.
const GRACE: &str = "600000";

static STALE_LEASES: Statement = Statement::about_one("look at stale_leases", |form| {
    let (finished, grace) = (is_finished("run"), ago(GRACE));
    active(form, &format!("{finished} and {FINISH} < {grace}"))
});

static EXPIRED_LEASES: Statement = Statement::about_one("look at expired_leases", |form| {
    let (idle, grace) = (is_idle(), ago(GRACE));
    active(form, &format!("l.expires_at < {grace} and {idle}"))
});

/// Active leases with their runs, on a condition.
fn active(form: &Form, condition: &str) -> String {
    let leases = leases_in("array['active']", "");
    let each = format!(
        "select l.id, coalesce(l.provider, 'local') as kind from {leases} {RUN} \
         where {} and {condition}",
        form.guard
    );
    document(&each, KINDS)
}

/// The number of leases of each provider.
const KINDS: &str = ", 'kinds', (select jsonb_object_agg(k.kind, k.number) from \
     (select kind, count(*) as number from found group by kind) k)";

static CLEANUP_FAILED: Statement = Statement::about_one("look at cleanup_failed", |form| {
    let each = format!(
        "select l.id, l.provider_lease_id as held, coalesce(l.provider, 'local') as kind \
         from environment_leases l where {} and l.status in {ENDED} and l.cleanup_status = 'failed' \
         and l.provider_lease_id is not null and not {IS_NOTE}",
        form.guard
    );
    let held = ", 'held', (select jsonb_agg(held) from (select held from found limit 10) h)";
    document(&each, &format!("{KINDS}{held}"))
});

static RETAINED_LEASES: Statement = Statement::about_one("look at retained_leases", |form| {
    let leases = leases_in("array['retained']", "");
    let each = format!(
        "select l.id, coalesce(l.provider, 'local') as kind from {leases} where {}",
        form.guard
    );
    document(&each, KINDS)
});

// Several leases of one run may share a place.
static SHARED_PLACE: Statement = Statement::about_one("look at shared_place", |form| {
    let (leases, finished) = (leases_in("array['active']", ""), is_finished("run"));
    let each = format!(
        "with live as materialized (select l.id, l.heartbeat_run_id as run_id, w.cwd, \
         case when l.provider = 'ssh' then l.provider_lease_id end as host from {leases} {RUN} \
         left join execution_workspaces w on w.id = l.execution_workspace_id \
         where {} and run.status is not null and not {finished}) \
         select l.id from live l where exists (select from live o where o.run_id <> l.run_id \
         and (o.host = l.host or o.cwd = l.cwd))",
        form.guard
    );
    document(&each, "")
});

// Servers before 2026.626 do not know the newest status.
static UNKNOWN_WORDS: Statement = Statement::about_one("look at unknown_words", |form| {
    let guard = &form.guard;
    let (old, new) = (LEASE_STATUS.list(), LEASE_STATUS_OF_2026_916.list());
    let (policies, cleanups) = (LEASE_POLICY.list(), LEASE_CLEANUP_STATUS.list());
    let (drivers, statuses) = (ENVIRONMENT_DRIVER.list(), ENVIRONMENT_STATUS.list());
    let is_newer = format!("(select {} in ('T3', 'T4'))", found::name());
    let each = format!(
        "select r.id, w.word from environment_leases r cross join lateral (values \
         (case when r.status in {new} and (r.status in {old} or {is_newer}) then null else r.status end), \
         (case when r.lease_policy not in {policies} then r.lease_policy end), \
         (case when r.cleanup_status not in {cleanups} then r.cleanup_status end)) w(word) \
         where {guard} and w.word is not null \
         union all select r.id, w.word from environments r cross join lateral (values \
         (case when r.driver not in {drivers} then r.driver end), \
         (case when r.status not in {statuses} then r.status end)) w(word) \
         where {guard} and w.word is not null"
    );
    let words =
        ", 'words', (select jsonb_agg(word) from (select distinct word from found limit 10) w)";
    document(&each, words)
});

static ARCHIVED_IN_USE: Statement = Statement::about_one("look at archived_in_use", |form| {
    let leases = leases_in("array['active']", "");
    let each = format!(
        "select distinct e.id from {leases} join environments e on e.id = l.environment_id \
         where {} and e.status = 'archived'",
        form.guard
    );
    document(&each, "")
});

static INCONSISTENT_ROWS: Statement = Statement::about_one("look at inconsistent_rows", |form| {
    let each = format!(
        "select l.id from environment_leases l where {} \
         and (l.status = 'active' and l.released_at is not null \
         or l.status in {ENDED} and l.released_at is null)",
        form.guard
    );
    document(&each, "")
});

// For a large table, the count of the last `analyze` is enough.
static HISTORY: Statement = Statement::about_one("look at history", |form| {
    let guard = &form.guard;
    format!(
        "select jsonb_build_object('count', case when t.reltuples >= 100000 then t.reltuples::bigint \
         else (select count(*) from environment_leases) end, 'examples', '[]'::jsonb, \
         'bytes', pg_total_relation_size(t.oid), 'oldest', (select min(f.last_used_at) \
         from companies c cross join lateral (select l.last_used_at from environment_leases l \
         where l.company_id = c.id order by l.last_used_at limit 1) f)) \
         from pg_class t where {guard} and t.oid = 'environment_leases'::regclass"
    )
});

/// The indexes that Paperclip's migrations make, which are the same in all releases.
const INDEXES: [(&str, &str); 6] = [
    (
        "company_environment_status",
        "{company_id,environment_id,status}",
    ),
    (
        "company_execution_workspace",
        "{company_id,execution_workspace_id}",
    ),
    ("company_issue", "{company_id,issue_id}"),
    ("heartbeat_run", "{heartbeat_run_id}"),
    ("company_last_used", "{company_id,last_used_at}"),
    ("provider_lease", "{provider_lease_id}"),
];

// Another index that begins with the same columns will do.
static MISSING_INDEXES: Statement = Statement::about_one("look at missing_indexes", |form| {
    let wanted = INDEXES
        .map(|(name, columns)| format!("('environment_leases_{name}_idx', '{columns}'::text[])"));
    let each = format!(
        "select w.name as id from (values {}) as w(name, columns) where {} \
         and not exists (select from pg_index i where i.indrelid = 'environment_leases'::regclass \
         and i.indisvalid and i.indpred is null and w.columns = (select \
         array_agg(t.attname::text order by k.place) from unnest(i.indkey::int2[]) \
         with ordinality as k(number, place) join pg_attribute t on t.attrelid = i.indrelid \
         and t.attnum = k.number where k.place <= cardinality(w.columns)))",
        wanted.join(", "),
        form.guard
    );
    document(&each, "")
});

// Only privileged roles see the `backend_type` of another role's process. A client has a database.
static CONNECTIONS: Statement = Statement::about_one("look at connections", |form| {
    let each = format!(
        "select t.pid as id, coalesce(t.application_name, '') as kind from pg_stat_activity t \
         where {} and t.datid is not null and coalesce(t.backend_type, 'client backend') = 'client backend'",
        form.guard
    );
    let most = ", 'most', current_setting('max_connections')::int \
         - current_setting('superuser_reserved_connections')::int";
    document(&each, &format!("{KINDS}{most}"))
});

/// The number of rows, the ids of some, and `more`.
fn document(rows: &str, more: &str) -> String {
    format!(
        "with found as materialized ({rows}) select jsonb_build_object(\
         'count', (select count(*) from found), 'examples', (select coalesce(jsonb_agg(e.id::text), '[]') \
         from (select distinct id from (select id from found limit 10) f) e){more})"
    )
}

/// A check, by its code.
#[derive(Deserialize)]
pub struct Look {
    code: String,
}

/// Runs a check.
pub struct Diagnose;

impl Operation for Diagnose {
    /// In an array, as documents are.
    type Call = [Look; 1];
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = Effect::Read;

    fn arguments<'c>(&self, _: &'c mut [Look; 1]) -> Vec<Argument<'c>> {
        Vec::new()
    }

    async fn run(&self, database: &Database, looks: &[[Look; 1]], _: Attempt) -> Run {
        let mut outcomes = Vec::with_capacity(looks.len());
        for [Look { code }] in looks {
            let mut statements = STATEMENTS.iter();
            let Some(statement) =
                statements.find(|one| one.name().strip_prefix("look at ") == Some(code))
            else {
                outcomes.push(Err(Error::Bug(format!("nothing is known of {code}"))));
                continue;
            };
            let mut work = database.begin().await?;
            let limits = || LIMITS.about(&[()]).bound();
            Executor::from(&mut work).rows(&NOTHING, limits).await?;
            let look = || statement.about(&[()]).bound();
            let found = Executor::from(&mut work).rows(&FACTS, look).await?;
            work.rollback().await;
            outcomes.push(rows::many(found));
        }
        Ok(outcomes)
    }
}
