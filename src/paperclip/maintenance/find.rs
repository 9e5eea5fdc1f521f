//! Finds pages of leases.

use super::asked::{Asked, call};
use super::places::leases_in;
use super::table::{LEASES, lease_and};
use crate::database::statement::{Form, Statement};

pub(super) static STATEMENTS: [&Statement; 6] = [
    &PAGE,
    &PAGE_OF_ENVIRONMENT,
    &PAGE_OF_WORKSPACE,
    &PAGE_OF_RUN,
    &PAGE_OF_PROVIDER_LEASE,
    &PAGE_OF_LIVE,
];

// The index on each company's leases has them in the order of their use.
static PAGE: Statement = Statement::about_one("a page of leases", |form| by_company(form, ""));

static PAGE_OF_ENVIRONMENT: Statement = Statement::about_one("a page of an environment", |form| {
    by_company(form, " and l.environment_id = a.environment_id")
});

static PAGE_OF_WORKSPACE: Statement = Statement::about_one("a page of a workspace", |form| {
    by_company(
        form,
        " and l.execution_workspace_id = a.execution_workspace_id",
    )
});

static PAGE_OF_RUN: Statement = Statement::about_one("a page of a run", |form| {
    page(
        form,
        "a",
        &ordered("l.heartbeat_run_id = a.heartbeat_run_id"),
    )
});

static PAGE_OF_PROVIDER_LEASE: Statement =
    Statement::about_one("a page of a provider lease", |form| {
        page(
            form,
            "a",
            &ordered("l.provider_lease_id = a.provider_lease_id"),
        )
    });

// For states that few leases are in.
static PAGE_OF_LIVE: Statement = Statement::about_one("a page of live leases", |form| {
    let leases = leases_in("a.status", "");
    let live = format!("select l.*, {PLACE} from {leases} where {}", filters());
    page(form, "a", &live)
});

/// The position after a lease, where the next page begins.
const PLACE: &str =
    "jsonb_build_object('after', jsonb_build_array(l.last_used_at, l.created_at, l.id)) as about";

fn by_company(form: &Form, and: &str) -> String {
    let companies = "a join companies c on a.company_id is null or c.id = a.company_id";
    page(
        form,
        companies,
        &ordered(&format!("l.company_id = c.id{and}")),
    )
}

/// Leases on a condition that an index serves. The constant limit tells the planner that few rows are wanted,
/// for which it uses the order of an index.
fn ordered(condition: &str) -> String {
    format!(
        "select * from (select l.*, {PLACE} from environment_leases l where {condition} \
         and l.last_used_at <= least(a.after_use, a.used_before, 'infinity') and {} \
         order by l.last_used_at desc, l.created_at desc, l.id desc limit 1001) l limit a.most",
        filters()
    )
}

/// All filters as one expression, for which the planner assumes a selectivity of one half. For separate
/// conditions, it would expect almost no rows, and scan the whole table.
fn filters() -> String {
    let equal: String = [
        "company_id",
        "environment_id",
        "provider",
        "heartbeat_run_id",
        "execution_workspace_id",
        "provider_lease_id",
        "cleanup_status",
    ]
    .map(|name| format!("(a.{name} is null or l.{name} = a.{name}) and "))
    .concat();
    format!(
        "case when {equal}(a.status is null or l.status = any(a.status)) \
         and (a.used_before is null or l.last_used_at < a.used_before) and (a.after_use is null \
         or (l.last_used_at, l.created_at, l.id) < (a.after_use, a.after_creation, a.after_id)) \
         then true else false end"
    )
}

/// The first page of some leases of each row of `from`.
fn page(form: &Form, from: &str, leases: &str) -> String {
    let (columns, guard) = (lease_and("r.about"), &form.guard);
    let call = call(
        "company_id uuid, environment_id uuid, status text[], provider text, heartbeat_run_id uuid, \
         execution_workspace_id uuid, provider_lease_id text, cleanup_status text, \
         used_before timestamptz, most int, after_use timestamptz, after_creation timestamptz, \
         after_id uuid",
    );
    format!(
        "with {call} select {columns} from {from} cross join lateral ({leases}) r where {guard} \
         order by r.last_used_at desc, r.created_at desc, r.id desc limit (select most from a)"
    )
}

pub(super) static FIND_OF_ENVIRONMENT: Asked<false> = asked(&PAGE_OF_ENVIRONMENT);
pub(super) static FIND_OF_LIVE: Asked<false> = asked(&PAGE_OF_LIVE);
pub(super) static FIND: Asked<false> = asked(&PAGE);
pub(super) static FIND_OF_RUN: Asked<false> = asked(&PAGE_OF_RUN);
pub(super) static FIND_OF_WORKSPACE: Asked<false> = asked(&PAGE_OF_WORKSPACE);
pub(super) static FIND_OF_PROVIDER_LEASE: Asked<false> = asked(&PAGE_OF_PROVIDER_LEASE);

const fn asked(statement: &'static Statement) -> Asked<false> {
    Asked {
        statement,
        table: &LEASES,
    }
}
