//! The statements about environments: one a function, each for many rows.

use uuid::Uuid;

use super::calls::{ListFilter, Local, New, Patch};
use super::table::ENVIRONMENTS;
use crate::batch::Attempt;
use crate::database::executor::Executor;
use crate::database::statement::{Form, Statement};
use crate::error::Ids;
use crate::paperclip::argument::{Document, Id};
use crate::paperclip::field::Field;
use crate::paperclip::keyed::Keyed;
use crate::paperclip::rows::{Rows, RowsById};

/// The statements of this file.
pub(crate) static STATEMENTS: [&Statement; 11] = [
    &LIST,
    &LIST_BY_STATUS,
    &LIST_BY_DRIVER,
    &LIST_BY_BOTH,
    &BY_ID,
    &LOCAL,
    &INSERT,
    &INSERT_AGAIN,
    &INSERT_LOCAL,
    &UPDATE,
    &DELETE,
];

// One statement for each combination of filters, so that each gets the plan its index offers.
static LIST: Statement = Statement::about_one("list environments", |form| list(form, ""));
static LIST_BY_STATUS: Statement = Statement::about_one("list environments by status", |form| {
    list(form, "and r.status = $3 ")
});
static LIST_BY_DRIVER: Statement = Statement::about_one("list environments by driver", |form| {
    list(form, "and r.driver = $3 ")
});
static LIST_BY_BOTH: Statement = Statement::about_one("list environments by both", |form| {
    list(form, "and r.status = $3 and r.driver = $4 ")
});

static BY_ID: Statement = Statement::new("environments", |form| {
    let (columns, guard, is_wanted) = (columns(), &form.guard, form.is_among(2));
    format!("select {columns} from environments r where {guard} and r.id {is_wanted}")
});

static LOCAL: Statement = Statement::new("local environments", |form| {
    let (columns, guard, is_wanted) = (columns(), &form.guard, form.is_among(2));
    format!(
        "select {columns} from environments r \
         where {guard} and r.company_id {is_wanted} and r.driver = 'local'"
    )
});

static INSERT: Statement = Statement::new("insert environments", |form| insert(form, ""));
static INSERT_AGAIN: Statement = Statement::new("insert environments again", |form| {
    insert(form, "on conflict (id) do nothing ")
});

static INSERT_LOCAL: Statement = Statement::new("insert local environments", |form| {
    let (columns, guard) = (columns(), &form.guard);
    let items = form.items(
        2,
        &[
            ("id", "uuid"),
            ("company_id", "uuid"),
            ("now", "timestamptz"),
        ],
    );
    format!(
        "insert into environments as r (id, company_id, name, description, driver, status, config, \
         metadata, created_at, updated_at) \
         select i.id, i.company_id, 'Local', \
         'Default execution environment for Paperclip runs on this machine.', 'local', 'active', '{{}}', \
         '{{\"managedByPaperclip\": true, \"defaultForCompany\": true}}', i.now, i.now \
         from {items} where {guard} \
         on conflict (company_id, driver) where driver = 'local' do nothing returning {columns}"
    )
});

static UPDATE: Statement = Statement::new("update environments", |form| {
    form.update_by_id(
        "environments",
        "name = case when i.set_name then i.name else r.name end, \
         description = case when i.set_description then i.description else r.description end, \
         driver = case when i.set_driver then i.driver else r.driver end, \
         status = case when i.set_status then i.status else r.status end, \
         config = case when i.set_config then i.config::jsonb else r.config end, \
         metadata = case when i.set_metadata then i.metadata::jsonb else r.metadata end, \
         updated_at = i.now",
        &[
            ("id", "uuid"),
            ("set_name", "bool"),
            ("name", "text"),
            ("set_description", "bool"),
            ("description", "text"),
            ("set_driver", "bool"),
            ("driver", "text"),
            ("set_status", "bool"),
            ("status", "text"),
            ("set_config", "bool"),
            ("config", "text"),
            ("set_metadata", "bool"),
            ("metadata", "text"),
            ("now", "timestamptz"),
        ],
        &columns(),
    )
});

static DELETE: Statement = Statement::new("delete environments", |form| {
    let (columns, guard, is_wanted) = (columns(), &form.guard, form.is_among(2));
    format!("delete from environments as r where {guard} and r.id {is_wanted} returning {columns}")
});

fn columns() -> String {
    ENVIRONMENTS.select_list()
}

fn list(form: &Form, filter: &str) -> String {
    let (columns, guard) = (columns(), &form.guard);
    format!(
        "select {columns} from environments r where {guard} and r.company_id = $2 {filter}\
         order by r.updated_at desc, r.created_at desc"
    )
}

fn insert(form: &Form, unless_there: &str) -> String {
    let (columns, guard) = (columns(), &form.guard);
    let items = form.items(
        2,
        &[
            ("id", "uuid"),
            ("company_id", "uuid"),
            ("name", "text"),
            ("description", "text"),
            ("driver", "text"),
            ("status", "text"),
            ("config", "text"),
            ("metadata", "text"),
            ("now", "timestamptz"),
        ],
    );
    format!(
        "insert into environments as r (id, company_id, name, description, driver, status, config, \
         metadata, created_at, updated_at) \
         select i.id, i.company_id, i.name, i.description, i.driver, i.status, i.config::jsonb, \
         i.metadata::jsonb, i.now, i.now from {items} where {guard} {unless_there}returning {columns}"
    )
}

/// A company's environments, the last changed first.
pub(super) async fn listed(mut on: Executor<'_>, filter: &ListFilter) -> Rows {
    let (status, driver) = (&filter.status, &filter.driver);
    let statement = match (status, driver) {
        (Field::Absent, Field::Absent) => &LIST,
        (_, Field::Absent) => &LIST_BY_STATUS,
        (Field::Absent, _) => &LIST_BY_DRIVER,
        (_, _) => &LIST_BY_BOTH,
    };
    let company = filter.company_id.uuid();
    let make = || {
        let list = statement.about(&[()]).value(company);
        let words = [status, driver].into_iter().filter(|word| word.is_given());
        words
            .fold(list, |list, word| list.value(word.as_text()))
            .bound()
    };
    on.rows(&ENVIRONMENTS, make).await
}

/// The local environments of these companies, as far as they exist, by company.
pub(super) async fn local(mut on: Executor<'_>, companies: &[Uuid]) -> Rows<RowsById> {
    let make = || LOCAL.about(companies).column(|id| *id).bound();
    Ok(RowsById::by(
        "company_id",
        on.rows(&ENVIRONMENTS, make).await?,
    ))
}

/// Inserts local environments; one whose company has a local environment already is passed over, and not
/// among the result, which is by company.
pub(super) async fn insert_local(mut on: Executor<'_>, environments: &[&Local]) -> Rows<RowsById> {
    let make = || {
        INSERT_LOCAL
            .about(environments)
            .column(|local| local.id)
            .column(|local| local.company())
            .column(|local| local.now.time())
            .bound()
    };
    Ok(RowsById::by(
        "company_id",
        on.rows(&ENVIRONMENTS, make).await?,
    ))
}

/// Changes environments; ids must not repeat.
pub(super) async fn update(
    mut on: Executor<'_>,
    patches: &[Patch],
    attempt: Attempt,
) -> Rows<RowsById> {
    let make = || {
        UPDATE
            .about(patches)
            .value(attempt == Attempt::Repeat)
            .column(|patch| patch.id.uuid())
            .column(|patch| patch.name.is_given())
            .column(|patch| patch.name.as_text())
            .column(|patch| patch.description.is_given())
            .column(|patch| patch.description.as_text())
            .column(|patch| patch.driver.is_given())
            .column(|patch| patch.driver.as_text())
            .column(|patch| patch.status.is_given())
            .column(|patch| patch.status.as_text())
            .column(|patch| patch.config.is_given())
            .column(|patch| patch.config.as_value().map(Document::text))
            .column(|patch| patch.metadata.is_given())
            .column(|patch| patch.metadata.as_value().map(Document::text))
            .column(|patch| patch.now.time())
            .bound()
    };
    Ok(RowsById::by("id", on.rows(&ENVIRONMENTS, make).await?))
}

/// Deletes environments, and their leases with them.
pub(super) async fn delete(mut on: Executor<'_>, ids: &[Uuid]) -> Rows<RowsById> {
    let make = || DELETE.about(ids).column(|id| *id).bound();
    Ok(RowsById::by("id", on.rows(&ENVIRONMENTS, make).await?))
}

/// The table into which environments are inserted.
pub(super) struct Environments;

impl Keyed for Environments {
    type New = New;
    const FAILED: &'static str = "Failed to create environment";

    fn id(environment: &New) -> Uuid {
        environment.id
    }

    fn in_question(id: Uuid) -> Ids {
        Ids::environment(id)
    }

    async fn by_id(&self, mut on: Executor<'_>, ids: &[Uuid]) -> Rows<RowsById> {
        if ids.is_empty() {
            return Ok(RowsById::default());
        }
        let make = || BY_ID.about(ids).column(|id| *id).bound();
        Ok(RowsById::by("id", on.rows(&ENVIRONMENTS, make).await?))
    }

    async fn insert(&self, mut on: Executor<'_>, environments: &[&New], attempt: Attempt) -> Rows {
        let statement = match attempt {
            Attempt::First => &INSERT,
            Attempt::Repeat => &INSERT_AGAIN,
        };
        let make = || {
            statement
                .about(environments)
                .column(|new| new.id)
                .column(|new| new.company_id.as_ref().map(Id::uuid))
                .column(|new| new.name.as_deref())
                .column(|new| new.description.as_deref())
                .column(|new| new.driver())
                .column(|new| new.status())
                .column(|new| new.config())
                .column(|new| new.metadata.as_ref().map(Document::text))
                .column(|new| new.now.time())
                .bound()
        };
        on.rows(&ENVIRONMENTS, make).await
    }
}
