//! Removes environments that nothing refers to.

use uuid::Uuid;

use super::find::REUSABLE;
use super::table::{ENVIRONMENTS, THERE};
use crate::batch::{Attempt, Effect, Operation, Run};
use crate::database::Database;
use crate::database::executor::Executor;
use crate::database::statement::Statement;
use crate::error::Ids;
use crate::paperclip::argument::{Argument, Id};
use crate::paperclip::rows::RowsById;

pub(super) static STATEMENTS: [&Statement; 2] = [&LOCK, &DELETE];

/// Locks environments against new leases that refer to them.
pub(super) static LOCK: Statement = Statement::new("lock environments", |form| {
    let (guard, is_wanted) = (&form.guard, form.is_among(2));
    format!(
        "select from environments r where {guard} and r.id {is_wanted} order by r.id for update"
    )
});

static DELETE: Statement = Statement::new("delete environments if deletable", |form| {
    let (columns, guard, is_wanted) = (form.select_list(), &form.guard, form.is_among(2));
    format!(
        "delete from environments as r where {guard} and r.id {is_wanted} and r.driver <> 'local' \
         and not exists (select from instance_settings s where s.default_environment_id = r.id) \
         and not exists (select from environment_leases l where l.environment_id = r.id \
         and (l.status = 'pending_cleanup' or {REUSABLE})) returning {columns}"
    )
})
.of(&ENVIRONMENTS);

/// Removes an environment if nothing refers to it.
pub struct RemoveIfDeletable;

impl Operation for RemoveIfDeletable {
    type Call = Id;
    type Argument<'c> = Argument<'c>;
    /// A repeat would find no environment, and answer null.
    const EFFECT: Effect = Effect::Once;
    const ROW: Option<fn(&Id) -> Uuid> = Some(Id::uuid);

    fn arguments<'c>(&self, id: &'c mut Id) -> Vec<Argument<'c>> {
        vec![Argument::Id(Some(id))]
    }

    /// Locks the rows first. A statement that waits for a lock continues with its earlier snapshot, so only
    /// the next statement sees a lease that was being inserted.
    async fn run(&self, database: &Database, ids: &[Id], _: Attempt) -> Run {
        let ids: Vec<Uuid> = ids.iter().map(Id::uuid).collect();
        let mut work = database.begin().await?;
        let lock = || LOCK.about(&ids).column(|id| *id).bound();
        Executor::from(&mut work).rows(&THERE, lock).await?;
        let delete = || DELETE.about(&ids).column(|id| *id).bound();
        let deleted = Executor::from(&mut work)
            .rows(&ENVIRONMENTS, delete)
            .await?;
        work.commit().await?;
        Ok(RowsById::by("id", deleted).answers(&ids))
    }

    fn ids(id: &Id) -> Ids {
        Ids::environment(id.uuid())
    }
}
