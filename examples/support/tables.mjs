/** Rows that the service refers to, which Paperclip's server writes, and a look at the tables behind its back. */

/** @typedef {import("./stage.mjs").Side} Side */

/**
 * @param {Side} side
 * @param {number} count
 * @returns {Promise<string[]>} the ids of the new runs
 */
export async function addRuns({ sql, companyId }, count) {
  const rows = await sql`
    insert into heartbeat_runs (company_id)
    select ${companyId} from generate_series(1, ${count})
    returning id`;
  return rows.map(({ id }) => id);
}

/**
 * The run has been over for an hour, and nothing has been written about its leases since.
 *
 * @param {Side} side
 * @param {string} run
 */
export async function finishRun({ sql }, run) {
  await sql`
    update heartbeat_runs
    set status = 'succeeded', finished_at = now() - interval '1 hour'
    where id = ${run}`;
  await sql`
    update environment_leases
    set updated_at = now() - interval '1 hour', released_at = released_at - interval '1 hour'
    where heartbeat_run_id = ${run}`;
}

/**
 * @param {Side} side
 * @param {string} name
 * @returns {Promise<number>}
 */
export async function countEnvironments({ sql }, name) {
  const [row] = await sql`select count(*)::int as count from environments where name = ${name}`;
  return row?.count;
}

/**
 * The beginning of an id, enough to recognise it.
 *
 * @param {string} id
 */
export function short(id) {
  return id.slice(0, 8);
}
