//! A lease for what is left of a sandbox: it has ended, and what it held is still to be given back.

use serde::Deserialize;
use uuid::Uuid;

use crate::batch::{Attempt, Effect, Operation, Run};
use crate::database::Database;
use crate::database::executor::Executor;
use crate::database::statement::{Form, Statement};
use crate::error::Ids;
use crate::paperclip::argument::{Argument, Document, Id, Moment};
use crate::paperclip::keyed::{self, Keyed};
use crate::paperclip::leases::{LEASES_OF_2026_916 as LEASES, columns};
use crate::paperclip::rows::{Rows, RowsById};

/// The statements of this file.
pub(super) static STATEMENTS: [&Statement; 2] = [&INSERT, &INSERT_AGAIN];

static INSERT: Statement = Statement::new("insert pending clean-ups", |form| insert(form, ""));
static INSERT_AGAIN: Statement = Statement::new("insert pending clean-ups again", |form| {
    insert(form, "on conflict (id) do nothing ")
});

/// The environment is locked against its removal; without it, the lease refers to none.
fn insert(form: &Form, unless_there: &str) -> String {
    let (columns, guard, is_wanted) = (columns(), &form.guard, form.is_among(4));
    let items = form.items(
        2,
        &[
            ("id", "uuid"),
            ("company_id", "uuid"),
            ("environment_id", "uuid"),
            ("execution_workspace_id", "uuid"),
            ("issue_id", "uuid"),
            ("heartbeat_run_id", "uuid"),
            ("provider", "text"),
            ("provider_lease_id", "text"),
            ("failure_reason", "text"),
            ("metadata", "text"),
            ("now", "timestamptz"),
        ],
    );
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

/// What is left.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PendingCleanup {
    /// Chosen here, so that a lost connection leaves no doubt about which row was meant.
    #[serde(skip, default = "Uuid::new_v4")]
    id: Uuid,
    company_id: Option<Id>,
    environment_id: Option<Id>,
    execution_workspace_id: Option<Id>,
    issue_id: Option<Id>,
    heartbeat_run_id: Option<Id>,
    provider: Option<String>,
    provider_lease_id: Option<String>,
    failure_reason: Option<String>,
    metadata: Option<Document>,
    now: Moment,
}

/// The operation that inserts such leases.
pub struct InsertPendingCleanup;

impl Operation for InsertPendingCleanup {
    type Call = PendingCleanup;
    type Argument<'c> = Argument<'c>;
    const EFFECT: Effect = Effect::Insert;

    fn arguments<'c>(&self, call: &'c mut PendingCleanup) -> Vec<Argument<'c>> {
        vec![
            Argument::Id(call.environment_id.as_mut()),
            Argument::Id(call.company_id.as_mut()),
            Argument::Id(call.execution_workspace_id.as_mut()),
            Argument::Id(call.issue_id.as_mut()),
            Argument::Id(call.heartbeat_run_id.as_mut()),
            Argument::Text(call.provider.as_deref()),
            Argument::Text(call.provider_lease_id.as_deref()),
            Argument::Moment(Some(&mut call.now)),
            Argument::Text(call.failure_reason.as_deref()),
            Argument::Document(call.metadata.as_ref()),
        ]
    }

    async fn run(&self, database: &Database, new: &[PendingCleanup], attempt: Attempt) -> Run {
        let new: Vec<&PendingCleanup> = new.iter().collect();
        keyed::insert(self, database, &new, attempt).await
    }

    fn ids(new: &PendingCleanup) -> Ids {
        Ids::lease(new.id)
    }
}

impl Keyed for InsertPendingCleanup {
    type New = PendingCleanup;
    const FAILED: &'static str = "Failed to record pending sandbox cleanup lease";

    fn id(new: &PendingCleanup) -> Uuid {
        new.id
    }

    fn in_question(id: Uuid) -> Ids {
        Ids::lease(id)
    }

    async fn by_id(&self, on: Executor<'_>, ids: &[Uuid]) -> Rows<RowsById> {
        LEASES.by_id(on, ids).await
    }

    async fn insert(
        &self,
        mut on: Executor<'_>,
        new: &[&PendingCleanup],
        attempt: Attempt,
    ) -> Rows {
        let statement = match attempt {
            Attempt::First => &INSERT,
            Attempt::Repeat => &INSERT_AGAIN,
        };
        let uuid = |id: &Option<Id>| id.as_ref().map(Id::uuid);
        let make = || {
            statement
                .about(new)
                .column(|new| new.id)
                .column(|new| uuid(&new.company_id))
                .column(|new| uuid(&new.environment_id))
                .column(|new| uuid(&new.execution_workspace_id))
                .column(|new| uuid(&new.issue_id))
                .column(|new| uuid(&new.heartbeat_run_id))
                .column(|new| new.provider.as_deref())
                .column(|new| new.provider_lease_id.as_deref())
                .column(|new| new.failure_reason.as_deref())
                .column(|new| new.metadata.as_ref().map(Document::text))
                .column(|new| new.now.time())
                .bound()
        };
        on.rows(LEASES.table, make).await
    }
}
