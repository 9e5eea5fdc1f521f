//! Finds leases in a few states among all leases.
//!
//! No index begins with the status. So the environments of each company's leases are found one by one in the
//! index on (company, environment, status), with one probe each, and then the leases of each environment in
//! these states. Both steps are subqueries with `offset 0`, so that the planner does not prefer a scan of the
//! whole table.

/// The environments of each company's leases, and null. The companies are `c`, the environments are
/// `place.environment_id`.
pub(super) const PLACES: &str = "companies c cross join lateral (with recursive walk as (\
     (select l.environment_id from environment_leases l where l.company_id = c.id \
     order by l.environment_id limit 1) \
     union all select (select l.environment_id from environment_leases l \
     where l.company_id = c.id and l.environment_id > w.environment_id \
     order by l.environment_id limit 1) from walk w where w.environment_id is not null) \
     select w.environment_id from walk w offset 0) place";

/// The leases `l` of these places whose status is in an array, on a further condition.
pub(super) fn leases_in(statuses: &str, and: &str) -> String {
    format!(
        "{PLACES} cross join lateral (select l.* from environment_leases l \
         where l.company_id = c.id and l.environment_id = place.environment_id \
         and l.status = any({statuses}) {and}\
         union all select l.* from environment_leases l where place.environment_id is null \
         and l.company_id = c.id and l.environment_id is null and l.status = any({statuses}) {and}\
         offset 0) l"
    )
}

/// The run `run` of a lease, or nulls.
pub(super) const RUN: &str = "left join lateral (select t.status, t.finished_at, t.updated_at \
     from heartbeat_runs t where t.id = l.heartbeat_run_id offset 0) run on true";
