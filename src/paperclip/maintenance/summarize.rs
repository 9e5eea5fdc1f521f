//! Counts leases.

use super::asked::{Asked, call};
use super::places::leases_in;
use super::table::FACTS;
use crate::database::statement::{Form, Statement};

pub(super) static STATEMENTS: [&Statement; 2] = [&LIVE, &HISTORY];

static LIVE: Statement = Statement::about_one("a summary of live leases", |form| {
    let leases = leases_in("array['active', 'retained', 'pending_cleanup']", "");
    summary(form, &format!("a cross join {leases}"))
});

static HISTORY: Statement = Statement::about_one("a summary of all leases", |form| {
    summary(form, "a cross join environment_leases l")
});

fn summary(form: &Form, from: &str) -> String {
    let (call, guard) = (call("company_id uuid"), &form.guard);
    format!(
        "with {call} select jsonb_build_object('companyId', l.company_id, \
         'environmentId', l.environment_id, 'provider', l.provider, 'status', l.status, \
         'count', count(*), 'oldestAcquiredAt', min(l.acquired_at), \
         'expired', count(*) filter (where l.expires_at < now()), \
         'cleanupFailed', count(*) filter (where l.cleanup_status = 'failed')) \
         from {from} where {guard} and (a.company_id is null or l.company_id = a.company_id) \
         group by l.company_id, l.environment_id, l.provider, l.status \
         order by l.company_id, l.environment_id, l.provider, l.status"
    )
}

pub(super) static SUMMARIZE: Asked<false> = Asked {
    statement: &LIVE,
    table: &FACTS,
};

pub(super) static SUMMARIZE_HISTORY: Asked<false> = Asked {
    statement: &HISTORY,
    table: &FACTS,
};
