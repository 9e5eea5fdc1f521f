//! A lease that has ended, while its sandbox has still to be cleaned up.

use uuid::Uuid;

use crate::batch::{Attempt, Effect, Operation, Run};
use crate::database::Database;
use crate::database::executor::Executor;
use crate::database::statement::{Form, Statement};
use crate::error::Ids;
use crate::paperclip::argument::Argument;
use crate::paperclip::keyed::{self, Keyed};
use crate::paperclip::leases::calls::Acquire;
use crate::paperclip::leases::{ITEMS, LEASES_OF_2026_916 as LEASES, columns, item};
use crate::paperclip::rows::{Rows, RowsById};

pub(super) static STATEMENTS: [&Statement; 2] = [&INSERT, &INSERT_AGAIN];

static INSERT: Statement = Statement::new("insert pending clean-ups", |form| insert(form, ""));
static INSERT_AGAIN: Statement = Statement::new("insert pending clean-ups again", |form| {
    insert(form, "on conflict (id) do nothing ")
});

/// Locks the environment against its removal. If it has been removed, the lease refers to none.
fn insert(form: &Form, unless_there: &str) -> String {
    let (columns, guard, is_wanted) = (columns(), &form.guard, form.is_among(4));
    let items = form.items(2, &[&ITEMS[..], &[("failure_reason", "text")]].concat());
    format!(
        "with environment as (select t.id from environments t where t.id {is_wanted} \
         order by t.id for update) \
         insert into environment_leases as r (id, company_id, environment_id, \
         execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, provider, \
         provider_lease_id, acquired_at, last_used_at, released_at, failure_reason, cleanup_status, \
         metadata, created_at, updated_at) \
         select i.id, i.company_id, environment.id, i.execution_workspace_id, i.issue_id, \
         i.heartbeat_run_id, 'pending_cleanup', 'ephemeral', i.provider, i.provider_lease_id, i.now, \
         i.now, i.now, i.failure_reason, 'failed', i.metadata::jsonb, i.now, i.now \
         from {items} left join environment on environment.id = i.environment_id \
         where {guard} {unless_there}returning {columns}"
    )
}

/// Inserts such leases.
pub struct InsertPendingCleanup;

impl Operation for InsertPendingCleanup {
    type Call = Acquire;
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = Effect::Insert;

    fn arguments<'c>(&self, call: &'c mut Acquire) -> Vec<Argument<'c>> {
        call.arguments(true)
    }

    async fn run(&self, database: &Database, new: &[Acquire], attempt: Attempt) -> Run {
        let new: Vec<&Acquire> = new.iter().collect();
        keyed::insert(self, database, &new, attempt).await
    }

    fn ids(new: &Acquire) -> Ids {
        Ids::lease(new.id)
    }
}

impl Keyed for InsertPendingCleanup {
    type New = Acquire;
    const FAILED: &'static str = "Failed to record pending sandbox cleanup lease";

    fn id(new: &Acquire) -> Uuid {
        new.id
    }

    fn in_question(id: Uuid) -> Ids {
        Ids::lease(id)
    }

    async fn by_id(&self, on: Executor<'_>, ids: &[Uuid]) -> Rows<RowsById> {
        LEASES.by_id(on, ids).await
    }

    async fn insert(&self, mut on: Executor<'_>, new: &[&Acquire], attempt: Attempt) -> Rows {
        let statement = match attempt {
            Attempt::First => &INSERT,
            Attempt::Repeat => &INSERT_AGAIN,
        };
        let make = || {
            let insert = item(statement.about(new), |lease| lease);
            insert
                .column(|lease| lease.failure_reason.as_deref())
                .bound()
        };
        on.rows(LEASES.table, make).await
    }
}
