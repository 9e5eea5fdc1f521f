//! Deletes old leases.

use super::asked::{Asked, call};
use super::evidence::{ENDED, ago, has_known_words, is_idle};
use super::places::{PLACES, RUN};
use super::table::FACTS;
use crate::database::statement::{Form, Statement};

pub(super) static STATEMENTS: [&Statement; 3] = [&KEPT, &PRUNABLE, &PRUNE];

// The last lease that each environment keeps. An environment may have leases of several companies: the newest
// leases of each company contain it, and an index finds them.
static KEPT: Statement = Statement::about_one("the last leases that are kept", |form| {
    let (call, guard) = (call("keep int, company_id uuid"), &form.guard);
    let newest = "last_used_at desc, {t}.created_at desc, {t}.id desc";
    let (of_place, of_all) = (newest.replace("{t}", "l"), newest.replace("{t}", "t"));
    format!(
        "with {call}, own as (select place.environment_id from a cross join {PLACES} \
         where c.id = a.company_id) select jsonb_build_object('environment_id', k.environment_id, \
         'last_used_at', k.last_used_at, 'created_at', k.created_at, 'id', k.id) \
         from (select t.*, row_number() over (partition by t.environment_id order by t.{of_all}) as number \
         from a cross join {PLACES} cross join lateral \
         (select l.environment_id, l.last_used_at, l.created_at, l.id from environment_leases l \
         where l.company_id = c.id and l.environment_id = place.environment_id \
         order by l.{of_place} limit a.keep) t where {guard} and (a.company_id is null \
         or place.environment_id in (select o.environment_id from own o))) k where k.number = (select keep from a)"
    )
});

static PRUNABLE: Statement = Statement::about_one("count prunable leases", |form| {
    let batch = batch(form);
    format!("with {batch} select jsonb_build_object('count', (select count(*) from found), {LAST})")
});

static PRUNE: Statement = Statement::about_one("prune leases", |form| {
    let batch = batch(form);
    let still = format!("l.status in {ENDED} and l.last_used_at = f.last_used_at");
    format!(
        "with {batch}, locked as (select l.id from found f join environment_leases l on l.id = f.id \
         where {still} for update of l skip locked), \
         pruned as (delete from environment_leases l using locked where l.id = locked.id returning l.id) \
         select jsonb_build_object('count', (select count(*) from pruned), {LAST})"
    )
});

/// How many leases the batch found, and the last of them.
const LAST: &str = "'found', (select count(*) from found), 'after', (select jsonb_build_object(\
     'after_company', f.company_id, 'after_use', f.last_used_at, 'after_id', f.id) from found f \
     order by f.company_id desc, f.last_used_at desc, f.id desc limit 1)";

/// The next leases `found` that may be deleted, company by company, the oldest first.
fn batch(form: &Form) -> String {
    let guard = &form.guard;
    let call = call(
        "older_than float8, company_id uuid, keep int, kept jsonb, most int, \
         after_company uuid, after_use timestamptz, after_id uuid",
    );
    let (cutoff, idle, has_known_words) = (ago("a.older_than"), is_idle(), has_known_words());
    format!(
        "{call}, kept as (select k.* from a cross join lateral jsonb_to_recordset(a.kept) \
         as k(environment_id uuid, last_used_at timestamptz, created_at timestamptz, id uuid)), \
         found as materialized (select f.id, f.company_id, f.last_used_at from a \
         join companies c on (a.company_id is null or c.id = a.company_id) \
         and (a.after_company is null or c.id >= a.after_company) cross join lateral \
         (select * from (select l.id, l.company_id, l.last_used_at from environment_leases l \
         {RUN} left join kept k on k.environment_id = l.environment_id \
         where l.company_id = c.id and l.last_used_at < {cutoff} \
         and l.last_used_at >= case c.id when a.after_company then a.after_use else '-infinity' end \
         and (c.id is distinct from a.after_company or (l.last_used_at, l.id) > (a.after_use, a.after_id)) \
         and l.status in {ENDED} and {idle} \
         and {has_known_words} and (l.cleanup_status is null or l.cleanup_status not in ('pending', 'failed')) \
         and (a.keep = 0 or l.environment_id is null \
         or (l.last_used_at, l.created_at, l.id) < (k.last_used_at, k.created_at, k.id)) \
         and (l.provider_lease_id is null or exists (select from environment_leases n \
         where n.provider_lease_id = l.provider_lease_id \
         and (n.last_used_at, n.created_at, n.id) > (l.last_used_at, l.created_at, l.id))) \
         order by l.last_used_at, l.id limit 10001) l limit a.most) f where {guard} \
         order by f.company_id, f.last_used_at, f.id limit (select most from a))"
    )
}

pub(super) static KEEPERS: Asked<false> = Asked {
    statement: &KEPT,
    table: &FACTS,
};

pub(super) static COUNT: Asked<false> = Asked {
    statement: &PRUNABLE,
    table: &FACTS,
};

pub(super) static DELETE: Asked<true> = Asked {
    statement: &PRUNE,
    table: &FACTS,
};
