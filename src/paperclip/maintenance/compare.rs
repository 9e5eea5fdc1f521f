//! Compares what a provider runs with the leases.

use super::asked::{Asked, call};
use super::evidence::is_finished;
use super::places::leases_in;
use super::table::{FACTS, LEASES, lease_and};
use crate::database::statement::Statement;

pub(super) static STATEMENTS: [&Statement; 3] = [&CLOCK, &NEWEST, &NOT_AMONG];

static CLOCK: Statement = Statement::about_one("the time", |form| {
    let (call, guard) = (call("nothing bool"), &form.guard);
    format!("with {call} select jsonb_build_object('now', clock_timestamp()) from a where {guard}")
});

// A lease of this provider goes before those of others, whose ids may be the same.
static NEWEST: Statement = Statement::about_one("newest leases of sandboxes", |form| {
    let (call, guard) = (call("provider text, ids text[]"), &form.guard);
    let finished = is_finished("run");
    let columns = lease_and("jsonb_build_object('inUse', r.in_use)");
    format!(
        "with {call} select {columns} from a cross join lateral \
         (select distinct i.id from unnest(a.ids) as i(id) offset 0) i cross join lateral \
         (select l.*, exists (select from environment_leases o \
         left join heartbeat_runs run on run.id = o.heartbeat_run_id \
         where o.provider_lease_id = i.id and o.status = 'active' \
         and o.heartbeat_run_id is not null and not {finished}) as in_use \
         from environment_leases l where l.provider_lease_id = i.id \
         order by (l.provider = a.provider) is not true, \
         l.last_used_at desc, l.created_at desc, l.id desc limit 1) r where {guard}"
    )
});

static NOT_AMONG: Statement = Statement::about_one("lost leases", |form| {
    let (call, guard) = (call("provider text, ids text[]"), &form.guard);
    let leases = leases_in("array['active', 'retained']", "");
    let columns = lease_and("null::jsonb");
    format!(
        "with {call} select {columns} from (select l.* from a cross join {leases} \
         where {guard} and l.provider = a.provider and l.provider_lease_id is not null \
         and not exists (select from unnest(a.ids) as i(id) where i.id = l.provider_lease_id)) r \
         order by r.last_used_at desc, r.created_at desc, r.id desc"
    )
});

pub(super) static NOW: Asked<false> = Asked {
    statement: &CLOCK,
    table: &FACTS,
};

pub(super) static NEWEST_OF_SANDBOXES: Asked<false> = Asked {
    statement: &NEWEST,
    table: &LEASES,
};

pub(super) static LOST: Asked<false> = Asked {
    statement: &NOT_AMONG,
    table: &LEASES,
};
