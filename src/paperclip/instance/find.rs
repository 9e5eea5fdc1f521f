//! Reads: managed environments, the companies of an environment, and what refers to one.

use serde::Deserialize;

use super::table::{BOUND_COMPANIES, ENVIRONMENTS, THERE, USES};
use crate::database::statement::Statement;
use crate::paperclip::argument::{Argument, Id};
use crate::paperclip::lookup::Lookup;

pub(super) static STATEMENTS: [&Statement; 4] = [&MARKED, &BOUND, &PENDING_CLEANUP, &BLAST_RADIUS];

static MARKED: Statement = Statement::about_one("a marked sandbox environment", |form| {
    let (columns, guard) = (form.select_list(), &form.guard);
    format!(
        "select {columns} from environments r where {guard} and r.driver = 'sandbox' \
         and (r.status = 'active' or $2) and r.metadata -> $3 = 'true' \
         order by r.updated_at desc limit 1"
    )
})
.of(&ENVIRONMENTS);

/// The companies that an environment is bound to.
pub(super) static BOUND: Statement = Statement::about_one("bound companies", |form| {
    let (columns, guard) = (form.select_list(), &form.guard);
    format!(
        "select distinct {columns} from built_in_managed_resources r \
         where {guard} and r.resource_kind = 'environment' and r.resource_id = $2"
    )
})
.of(&BOUND_COMPANIES);

static PENDING_CLEANUP: Statement = Statement::about_one("pending clean-up", |form| {
    format!(
        "select where {} and exists (select from environment_leases l \
         where l.environment_id = $2 and l.status = 'pending_cleanup')",
        form.guard
    )
});

// References in JSON are compared as text, in the caller's spelling of the id.
static BLAST_RADIUS: Statement = Statement::about_one("what hangs on an environment", |form| {
    let guard = &form.guard;
    format!(
        "select jsonb_build_object('environmentId', $3::text, 'isLocal', r.driver = 'local', \
         'instanceDefaults', (select count(*) from instance_settings t \
         where t.default_environment_id = r.id), \
         'agentDefaults', (select count(*) from agents t where t.default_environment_id = r.id), \
         'executionWorkspaces', (select count(*) from execution_workspaces t \
         where t.metadata -> 'config' ->> 'environmentId' = $3), \
         'issues', (select count(*) from issues t \
         where t.execution_workspace_settings ->> 'environmentId' = $3), \
         'projects', (select count(*) from projects t \
         where t.execution_workspace_policy ->> 'environmentId' = $3), \
         'secretBindings', (select count(*) from company_secret_bindings t \
         where t.target_type = 'environment' and t.target_id = $3), \
         'setupSessions', (select count(*) from environment_custom_image_setup_sessions t \
         where t.environment_id = r.id and t.status in ('starting', 'waiting_for_user', 'capturing')), \
         'activeLeases', l.active, 'pendingCleanups', l.pending, 'holders', l.holders) as uses \
         from environments r, lateral (select count(*) filter (where l.status = 'active') as active, \
         count(*) filter (where l.status = 'pending_cleanup') as pending, \
         coalesce(jsonb_agg(jsonb_build_array(l.id, l.execution_workspace_id, w.name, l.issue_id, \
         i.identifier, i.title)) filter (where {REUSABLE}), '[]') as holders \
         from environment_leases l \
         left join execution_workspaces w on w.id = l.execution_workspace_id and {REUSABLE} \
         left join issues i on i.id = l.issue_id and {REUSABLE} where l.environment_id = r.id) l \
         where {guard} and r.id = $2"
    )
});

/// The condition that a lease `l` holds a reusable sandbox.
pub(super) const REUSABLE: &str =
    "l.lease_policy = 'reuse_by_environment' and l.status in ('active', 'released', 'retained')";

/// The mark of an environment, and whether an archived one counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Marked {
    marker: String,
    include_archived: bool,
}

/// Finds the environment that the platform manages, or that has another mark.
pub(super) static FIND_MARKED: Lookup<Marked> = Lookup {
    table: &ENVIRONMENTS,
    arguments: |_| Vec::new(),
    query: |call| {
        let query = MARKED.about(&[()]).value(call.include_archived);
        query.value(call.marker.as_str()).bound()
    },
};

/// Lists the companies that an environment is bound to.
pub(super) static LIST_BOUND_COMPANIES: Lookup<Id> = Lookup {
    table: &BOUND_COMPANIES,
    arguments: |id| vec![Argument::Id(Some(id))],
    query: |id| BOUND.about(&[()]).value(id.uuid()).bound(),
};

/// Whether an environment has leases whose clean-up is pending: one row or none.
pub(super) static HAS_PENDING_CLEANUP: Lookup<Id> = Lookup {
    table: &THERE,
    arguments: |id| vec![Argument::Id(Some(id))],
    query: |id| PENDING_CLEANUP.about(&[()]).value(id.uuid()).bound(),
};

/// An environment's id, and the caller's spelling of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spelled {
    id: Id,
    spelling: String,
}

/// Counts what refers to an environment.
pub(super) static GET_BLAST_RADIUS: Lookup<Spelled> = Lookup {
    table: &USES,
    arguments: |call| vec![Argument::Id(Some(&mut call.id))],
    query: |call| {
        let query = BLAST_RADIUS.about(&[()]).value(call.id.uuid());
        query.value(call.spelling.as_str()).bound()
    },
};
