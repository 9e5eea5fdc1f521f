//! Ends stale leases.

use super::asked::{Asked, call};
use super::evidence::{ENDED, IS_CLAIMED, IS_NOTE, clock_is_off, in_words, is_shared, reason};
use super::places::{RUN, leases_in};
use super::table::{FACTS, LEASES, lease_and};
use crate::database::statement::Statement;
use crate::paperclip::found;

pub(super) static STATEMENTS: [&Statement; 5] =
    [&HAS_SESSIONS, &OF_SESSIONS, &STALE, &ACT, &FINISH];

// Sessions that build images exist since 2026.707.
static HAS_SESSIONS: Statement = Statement::about_one("whether there are sessions", |form| {
    let (call, guard) = (call("nothing bool"), &form.guard);
    format!(
        "with {call} select '{{}}'::jsonb from a where {guard} and exists (select from pg_attribute \
         where attrelid = to_regclass('environment_custom_image_setup_sessions') \
         and attname = 'environment_lease_id' and not attisdropped)"
    )
});

static OF_SESSIONS: Statement = Statement::about_one("leases of sessions", |form| {
    let (call, guard) = (call("nothing bool"), &form.guard);
    format!(
        "with {call} select jsonb_build_object('id', s.environment_lease_id) \
         from a, environment_custom_image_setup_sessions s \
         where {guard} and s.environment_lease_id is not null"
    )
});

/// What decides which leases are stale. `has_hook` says whether there is a function that gives back what a
/// lease holds.
const CRITERIA: &str = "reasons text[], statuses text[], grace float8, older_than float8, \
     sessions uuid[], has_hook bool, company_id uuid, environment_id uuid, most int, ids uuid[]";

/// What to do about a stale lease, or null if nothing can be done. A server of 2026.824 or later tears down
/// the sandboxes of leases whose clean-up is pending.
fn action() -> String {
    let sweeps = format!("(select {} = 'T4')", found::name());
    format!(
        "case when {IS_NOTE} then 'end' when a.has_hook then 'claim' \
         when {sweeps} and (l.environment_id is null or exists (select from environments e \
         where e.id = l.environment_id and e.driver = 'sandbox')) then 'hand over' end"
    )
}

// Leases about which something can be done come first, the least recently changed ones at the top.
static STALE: Statement = Statement::about_one("stale leases", |form| {
    let failed =
        format!("and (l.status not in {ENDED} or l.cleanup_status in ('failed', 'pending')) ");
    let (call, leases, guard) = (
        call(CRITERIA),
        leases_in("a.statuses", &failed),
        &form.guard,
    );
    let (reason, action, clock_is_off, is_shared) =
        (reason(), action(), clock_is_off(), is_shared());
    let columns = lease_and(
        "jsonb_build_object('reason', coalesce(r.reason, 'run_finished'), 'action', r.action, 'why', r.why)",
    );
    format!(
        "with {call}, stale as materialized (select l.*, e.reason, e.action, \
         case when e.reason is null then 'clock' when {IS_CLAIMED} then 'claimed' \
         when {is_shared} then 'shared' when e.action is null then 'provider' end as why \
         from a cross join {leases} {RUN} cross join lateral \
         (select {reason} as reason, {action} as action, {clock_is_off} as clock_is_off offset 0) e \
         where {guard} and (a.company_id is null or c.id = a.company_id) \
         and (a.environment_id is null or place.environment_id = a.environment_id) \
         and (e.reason is not null or e.clock_is_off)) \
         select {columns} from (select s.*, \
         row_number() over (partition by s.why is null order by s.updated_at, s.id) as place \
         from stale s) r where r.place <= (select most from a) + (r.why is null)::int \
         order by r.why is not null, r.place"
    )
});

// Locks both a lease and its run, so that neither changes before the end. Rows that are locked already are
// skipped, because they are being changed. A row that changed before it was locked is judged again.
static ACT: Statement = Statement::about_one("act on stale leases", |form| {
    let (call, guard) = (call(CRITERIA), &form.guard);
    let (reason, action, is_shared) = (reason(), action(), is_shared());
    let found = format!(
        "select l.id, {action} as action, {reason} as reason from a \
         join environment_leases l on l.id = any(a.ids)"
    );
    let is_stale = format!(
        "{guard} and {reason} is not null and {action} is not null \
         and not {IS_CLAIMED} and not {is_shared}"
    );
    let columns = lease_and(
        "jsonb_build_object('reason', t.reason, 'action', t.action, 'claimedAt', r.updated_at)",
    );
    let words = in_words("t.reason");
    format!(
        "with {call}, of_runs as ({found} join heartbeat_runs run on run.id = l.heartbeat_run_id \
         where {is_stale} order by l.id for update of l skip locked for share of run skip locked), \
         of_none as ({found} cross join (values (null::text, null::timestamptz, null::timestamptz)) \
         as run(status, finished_at, updated_at) \
         where l.heartbeat_run_id is null and {is_stale} order by l.id for update of l skip locked) \
         update environment_leases as r set \
         status = case t.action when 'end' then 'expired' when 'hand over' then 'pending_cleanup' \
         else r.status end, \
         cleanup_status = case t.action when 'claim' then 'pending' when 'hand over' then 'failed' \
         else r.cleanup_status end, \
         released_at = case when t.action = 'claim' then r.released_at \
         when r.status in {ENDED} then coalesce(r.released_at, now()) else now() end, \
         last_used_at = case when t.action = 'claim' or r.status in {ENDED} then r.last_used_at \
         else now() end, \
         updated_at = now(), \
         failure_reason = case when t.action = 'claim' then r.failure_reason \
         else coalesce(r.failure_reason, {words}) end \
         from (select * from of_runs union all select * from of_none) t \
         where r.id = t.id returning {columns}"
    )
});

// If somebody else has written the lease since it was claimed, it is returned unchanged.
static FINISH: Statement = Statement::about_one("finish a claim", |form| {
    let (call, guard) = (
        call("id uuid, claimed_at timestamptz, success bool, reason text"),
        &form.guard,
    );
    let words = in_words("a.reason");
    let columns = lease_and("null::jsonb");
    format!(
        "with {call}, finished as (update environment_leases as r set \
         status = case when not a.success or r.status in {ENDED} then r.status \
         when r.lease_policy = 'reuse_by_environment' then 'released' else 'expired' end, \
         cleanup_status = case when a.success then 'success' else 'failed' end, \
         released_at = case when not a.success then r.released_at \
         when r.status in {ENDED} then coalesce(r.released_at, now()) else now() end, \
         last_used_at = case when not a.success or r.status in {ENDED} then r.last_used_at \
         else now() end, \
         updated_at = now(), \
         failure_reason = case when a.success then coalesce(r.failure_reason, {words}) \
         else r.failure_reason end \
         from a where {guard} and r.id = a.id and r.cleanup_status = 'pending' \
         and r.updated_at = a.claimed_at returning r.*) \
         select {columns} from (select * from finished \
         union all select l.* from environment_leases l, a \
         where l.id = a.id and not exists (select from finished)) r"
    )
});

pub(super) static SESSIONS: Asked<false> = Asked {
    statement: &HAS_SESSIONS,
    table: &FACTS,
};

pub(super) static LEASES_OF_SESSIONS: Asked<false> = Asked {
    statement: &OF_SESSIONS,
    table: &FACTS,
};

pub(super) static FIND_STALE: Asked<false> = Asked {
    statement: &STALE,
    table: &LEASES,
};

pub(super) static ACT_ON_STALE: Asked<true> = Asked {
    statement: &ACT,
    table: &LEASES,
};

/// It can be repeated: it returns the row that the first attempt wrote.
pub(super) static FINISH_CLAIM: Asked<false> = Asked {
    statement: &FINISH,
    table: &LEASES,
};
