/** Looks into the tables with a client of its own, behind the service's back. */

/** @typedef {import("postgres").Sql} Sql */

/**
 * @param {Sql} sql
 * @param {string} companyId
 */
export async function environmentsIn(sql, companyId) {
  const rows = await sql`
    select id, name, driver, status, config
    from environments
    where company_id = ${companyId}
    order by created_at, driver`;
  return rows.map((row) => ({ ...row, id: short(row.id) }));
}

/**
 * All leases of a company with the names of what they belong to, in the order of its runs.
 *
 * @param {Sql} sql
 * @param {string} companyId
 * @param {string[]} runs the ids of the runs; a run is shown by its place among them
 * @returns {Promise<Record<string, any>[]>}
 */
export async function leasesIn(sql, companyId, runs) {
  const rows = await sql`
    select l.*, e.name as environment
    from environment_leases l
    join environments e on e.id = l.environment_id
    where l.company_id = ${companyId}
    order by array_position(${runs}::uuid[], l.heartbeat_run_id), e.created_at, e.driver`;
  return rows.map((row) => ({ ...row, run: `run ${runs.indexOf(row.heartbeat_run_id) + 1}` }));
}

/**
 * @param {Sql} sql
 * @param {string} companyId
 * @returns {Promise<number>}
 */
export async function countLocal(sql, companyId) {
  const [row] = await sql`
    select count(*)::int as count
    from environments
    where company_id = ${companyId} and driver = 'local'`;
  return row?.count;
}

/**
 * How many leases there are of each status.
 *
 * @param {Sql} sql
 * @param {string} companyId
 */
export async function leaseCounts(sql, companyId) {
  const rows = await sql`
    select status, count(*)::int as leases, count(distinct heartbeat_run_id)::int as runs
    from environment_leases
    where company_id = ${companyId}
    group by status
    order by status`;
  return rows.map((row) => ({ ...row }));
}

/**
 * What tells whether anything in the two tables has changed: every column of every row.
 *
 * @param {Sql} sql
 */
export async function fingerprints(sql) {
  const rows = await sql`
    select 'environments' as table, count(*)::int as rows, left(md5(string_agg(e::text, ',' order by id)), 16) as md5
    from environments e
    union all
    select 'environment_leases', count(*)::int, left(md5(string_agg(l::text, ',' order by id)), 16)
    from environment_leases l`;
  return rows.map(({ table, rows, md5 }) => ({ table, rows, fingerprint: md5 }));
}

/**
 * How many connections to this database each client holds, under the name that it gives itself.
 *
 * @param {Sql} sql
 * @returns {Promise<Map<string, number>>}
 */
export async function connections(sql) {
  const rows = await sql`
    select application_name as name, count(*)::int as count
    from pg_stat_activity
    where backend_type = 'client backend' and datname = current_database()
    group by application_name`;
  return new Map(rows.map(({ name, count }) => [name, count]));
}

/**
 * The beginning of an id, enough to recognise it.
 *
 * @param {string} id
 */
export function short(id) {
  return id.slice(0, 8);
}

/**
 * @param {Date | null} date
 */
export function clock(date) {
  return date === null ? null : date.toISOString().slice(11, 19);
}
