//! The statements about leases. The columns have the same names in all generations, and so the texts are the
//! same.

use uuid::Uuid;

use super::calls::{Acquire, ListFilter, Release, ReleaseRun, SetMetadata};
use super::table::{LEASES_OF_2026_427, Leases};
use crate::batch::Attempt;
use crate::database::executor::Executor;
use crate::database::fault::Failure;
use crate::database::statement::{Binding, Form, Statement};
use crate::error::{Error, Ids};
use crate::paperclip::argument::{Document, Id, Moment};
use crate::paperclip::field::Field;
use crate::paperclip::keyed::Keyed;
use crate::paperclip::lookup::Lookup;
use crate::paperclip::rows::{Rows, RowsById};
use crate::paperclip::words::LEASE_POLICY;

pub(crate) static STATEMENTS: [&Statement; 10] = [
    &LIST,
    &LIST_BY_STATUS,
    &BY_ID,
    &INSERT,
    &INSERT_SOON,
    &INSERT_AGAIN,
    &RELEASE,
    &RELEASE_WITH_RECEIPT,
    &SET_METADATA,
    &RELEASE_RUNS,
];

static LIST: Statement = Statement::about_one("list leases", |form| list(form, ""));
static LIST_BY_STATUS: Statement = Statement::about_one("list leases by status", |form| {
    list(form, "and r.status = $3 ")
});

static BY_ID: Statement = Statement::new("leases", |form| {
    let (columns, guard, is_wanted) = (columns(), &form.guard, form.is_among(2));
    format!("select {columns} from environment_leases r where {guard} and r.id {is_wanted}")
});

static INSERT: Statement = Statement::new("insert leases", |form| insert(form, "", ""));
// A foreign key waits for any session that locks the environment. The limit holds for this statement alone.
static INSERT_SOON: Statement = Statement::new("insert leases soon", |form| {
    let limit = "and (select set_config('lock_timeout', '100ms', true)) is not null ";
    insert(form, limit, "")
});
static INSERT_AGAIN: Statement = Statement::new("insert leases again", |form| {
    insert(form, "", "on conflict (id) do nothing ")
});

static RELEASE: Statement = Statement::new("release leases", |form| release(form, false));
static RELEASE_WITH_RECEIPT: Statement =
    Statement::new("release leases with receipts", |form| release(form, true));

fn release(form: &Form, keeps_receipts: bool) -> String {
    let mut set = String::from(
        "status = i.status, released_at = i.released_at, last_used_at = i.now, updated_at = i.now, \
         failure_reason = \
         case when i.set_failure_reason then i.failure_reason else r.failure_reason end, \
         cleanup_status = \
         case when i.set_cleanup_status then i.cleanup_status else r.cleanup_status end",
    );
    let mut items = vec![
        ("id", "uuid"),
        ("status", "text"),
        ("released_at", "timestamptz"),
        ("set_failure_reason", "bool"),
        ("failure_reason", "text"),
        ("set_cleanup_status", "bool"),
        ("cleanup_status", "text"),
        ("now", "timestamptz"),
    ];
    if keeps_receipts {
        // A scalar has no members to remove.
        set += ", metadata = case \
                when i.receipt is not null then coalesce(r.metadata, '{}') || i.receipt::jsonb \
                when jsonb_typeof(r.metadata) in ('object', 'array') \
                then r.metadata - 'remoteExecutionTermination' else r.metadata end";
        items.push(("receipt", "text"));
    }
    form.update_by_id("environment_leases", &set, &items, &columns())
}

static SET_METADATA: Statement = Statement::new("update lease metadata", |form| {
    form.update_by_id(
        "environment_leases",
        "metadata = case when i.set_metadata then i.metadata::jsonb else r.metadata end, \
         last_used_at = i.now, updated_at = i.now",
        &[
            ("id", "uuid"),
            ("set_metadata", "bool"),
            ("metadata", "text"),
            ("now", "timestamptz"),
        ],
        &columns(),
    )
});

static RELEASE_RUNS: Statement = Statement::new("release runs", |form| {
    let (columns, guard, is_wanted) = (columns(), &form.guard, form.is_among(2));
    let items = form.items(
        2,
        &[
            ("heartbeat_run_id", "uuid"),
            ("status", "text"),
            ("now", "timestamptz"),
        ],
    );
    // A single run may also have several leases, which are locked in the order of their ids.
    format!(
        "with locked as (select t.id from environment_leases t \
         where t.heartbeat_run_id {is_wanted} and t.status = 'active' \
         order by t.id for no key update) \
         update environment_leases as r set status = i.status, released_at = i.now, \
         last_used_at = i.now, updated_at = i.now from {items}, locked \
         where {guard} and r.heartbeat_run_id = i.heartbeat_run_id \
         and r.status = 'active' and r.id = locked.id \
         returning {columns}, i.heartbeat_run_id"
    )
});

pub(in crate::paperclip) fn columns() -> String {
    LEASES_OF_2026_427.table.select_list()
}

fn list(form: &Form, filter: &str) -> String {
    let (columns, guard) = (columns(), &form.guard);
    format!(
        "select {columns} from environment_leases r where {guard} and r.environment_id = $2 {filter}\
         order by r.last_used_at desc, r.created_at desc"
    )
}

/// The values of a lease to insert, as [`item`] binds them.
pub(in crate::paperclip) const ITEMS: [(&str, &str); 12] = [
    ("id", "uuid"),
    ("company_id", "uuid"),
    ("environment_id", "uuid"),
    ("execution_workspace_id", "uuid"),
    ("issue_id", "uuid"),
    ("heartbeat_run_id", "uuid"),
    ("lease_policy", "text"),
    ("provider", "text"),
    ("provider_lease_id", "text"),
    ("expires_at", "timestamptz"),
    ("metadata", "text"),
    ("now", "timestamptz"),
];

/// Binds a lease to insert.
pub(in crate::paperclip) fn item<'q, T>(
    insert: Binding<'q, T>,
    lease: fn(&T) -> &Acquire,
) -> Binding<'q, T> {
    let uuid = |id: &Option<Id>| id.as_ref().map(Id::uuid);
    let policy = |lease: &'q Acquire| lease.lease_policy.as_deref();
    insert
        .column(move |item| lease(item).id)
        .column(move |item| uuid(&lease(item).company_id))
        .column(move |item| uuid(&lease(item).environment_id))
        .column(move |item| uuid(&lease(item).execution_workspace_id))
        .column(move |item| uuid(&lease(item).issue_id))
        .column(move |item| uuid(&lease(item).heartbeat_run_id))
        .column(move |item| policy(lease(item)).unwrap_or(LEASE_POLICY.default_word()))
        .column(move |item| lease(item).provider.as_deref())
        .column(move |item| lease(item).provider_lease_id.as_deref())
        .column(move |item| lease(item).expires_at.as_ref().map(Moment::time))
        .column(move |item| lease(item).metadata.as_ref().map(Document::text))
        .column(move |item| lease(item).now.time())
}

fn insert(form: &Form, limit: &str, unless_there: &str) -> String {
    let (columns, guard, items) = (columns(), &form.guard, form.items(2, &ITEMS));
    format!(
        "{} from {items} where {guard} {limit}{unless_there}returning {columns}",
        inserting()
    )
}

/// The beginning of a statement that inserts the items `i` as leases.
pub(in crate::paperclip) const fn inserting() -> &'static str {
    "insert into environment_leases as r (id, company_id, environment_id, \
     execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, provider, \
     provider_lease_id, acquired_at, last_used_at, expires_at, metadata, created_at, updated_at) \
     select i.id, i.company_id, i.environment_id, i.execution_workspace_id, i.issue_id, \
     i.heartbeat_run_id, 'active', i.lease_policy, i.provider, i.provider_lease_id, i.now, i.now, \
     i.expires_at, i.metadata::jsonb, i.now, i.now"
}

impl Leases {
    /// Lists an environment's leases, the last used first.
    pub(in crate::paperclip) const fn list(&self) -> Lookup<ListFilter> {
        Lookup {
            table: self.table,
            arguments: ListFilter::arguments,
            query: |filter| {
                let environment = filter.environment_id.uuid();
                match &filter.status {
                    Field::Absent => LIST.about(&[()]).value(environment).bound(),
                    status => {
                        let list = LIST_BY_STATUS.about(&[()]).value(environment);
                        list.value(status.as_text()).bound()
                    }
                }
            },
        }
    }

    /// Whether a first attempt to insert leases ran out of time for a lock, so that none was inserted.
    pub(super) fn is_held_up(&self, failure: &Failure, attempt: Attempt) -> bool {
        !self.waits
            && attempt == Attempt::First
            && matches!(&failure.error, Error::Database(error) if error.code == "55P03")
    }

    /// Ends leases in any state. Ids must not repeat.
    pub(super) async fn release(
        &self,
        mut on: Executor<'_>,
        releases: &[Release],
        attempt: Attempt,
    ) -> Rows<RowsById> {
        let make = || {
            let statement = if self.keeps_receipts {
                &RELEASE_WITH_RECEIPT
            } else {
                &RELEASE
            };
            let release = statement.about(releases);
            let release = release
                .value(attempt == Attempt::Repeat)
                .column(|release| release.id.uuid())
                .column(Release::status)
                .column(Release::released_at)
                .column(|release| release.failure_reason.is_given())
                .column(|release| release.failure_reason.as_text())
                .column(|release| release.cleanup_status.is_given())
                .column(|release| release.cleanup_status.as_text())
                .column(|release| release.now.time());
            if !self.keeps_receipts {
                return release.bound();
            }
            let receipt = release.column(|release| {
                release
                    .remote_execution_termination
                    .as_ref()
                    .map(Document::text)
            });
            receipt.bound()
        };
        Ok(RowsById::by("id", on.rows(self.table, make).await?))
    }

    /// Replaces the metadata of leases and marks them as used. Ids must not repeat.
    pub(super) async fn set_metadata(
        &self,
        mut on: Executor<'_>,
        changes: &[SetMetadata],
        attempt: Attempt,
    ) -> Rows<RowsById> {
        let make = || {
            SET_METADATA
                .about(changes)
                .value(attempt == Attempt::Repeat)
                .column(|change| change.id.uuid())
                .column(|change| change.metadata.is_given())
                .column(|change| change.metadata.as_value().map(Document::text))
                .column(|change| change.now.time())
                .bound()
        };
        Ok(RowsById::by("id", on.rows(self.table, make).await?))
    }

    /// Ends the active leases of runs. Runs must not repeat. The extra column of each row is its run.
    pub(super) async fn release_runs(&self, mut on: Executor<'_>, runs: &[ReleaseRun]) -> Rows {
        let make = || {
            RELEASE_RUNS
                .about(runs)
                .column(|run| run.heartbeat_run_id.uuid())
                .column(ReleaseRun::status)
                .column(|run| run.now.time())
                .bound()
        };
        on.rows(self.table, make).await
    }
}

impl Keyed for Leases {
    type New = Acquire;
    const FAILED: &'static str = "Failed to acquire environment lease";

    fn id(lease: &Acquire) -> Uuid {
        lease.id
    }

    fn in_question(id: Uuid) -> Ids {
        Ids::lease(id)
    }

    async fn by_id(&self, mut on: Executor<'_>, ids: &[Uuid]) -> Rows<RowsById> {
        if ids.is_empty() {
            return Ok(RowsById::default());
        }
        let make = || BY_ID.about(ids).column(|id| *id).bound();
        Ok(RowsById::by("id", on.rows(self.table, make).await?))
    }

    async fn insert(&self, mut on: Executor<'_>, leases: &[&Acquire], attempt: Attempt) -> Rows {
        let statement = match attempt {
            Attempt::First if self.waits => &INSERT,
            Attempt::First => &INSERT_SOON,
            Attempt::Repeat => &INSERT_AGAIN,
        };
        let make = || item(statement.about(leases), |lease| lease).bound();
        on.rows(self.table, make).await
    }
}
