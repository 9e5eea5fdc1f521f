// Reads a server's rows about environments.

import postgres from "postgres";

/** Each as JSON, in the order in which they came to be. */
const QUERIES = {
  environments: "select to_jsonb(e) as row from environments e order by e.created_at, e.id",
  environment_leases: "select to_jsonb(l) as row from environment_leases l order by l.created_at, l.id",
  activity_log: `
    select to_jsonb(a) as row from activity_log a join companies c on c.id = a.company_id
    where a.entity_type = 'environment' or a.action like 'environment%'
    order by c.created_at, a.created_at, a.id`,
  company_secret_bindings: `
    select to_jsonb(b) as row from company_secret_bindings b
    where b.target_type = 'environment' order by b.created_at, b.id`,
};

/** @typedef {Record<keyof typeof QUERIES, unknown[]>} Rows */

/** @param {string} databaseUrl @returns {Promise<Rows>} */
export async function readRows(databaseUrl) {
  return inDatabase(databaseUrl, async (sql) => {
    /** @type {Partial<Rows>} */
    const rows = {};
    for (const table of /** @type {(keyof typeof QUERIES)[]} */ (Object.keys(QUERIES))) {
      rows[table] = (await sql.unsafe(QUERIES[table])).map(({ row }) => row);
    }
    return /** @type {Rows} */ (rows);
  });
}

/**
 * @template T
 * @param {string} databaseUrl
 * @param {(sql: import("postgres").Sql) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function inDatabase(databaseUrl, use) {
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: 10, onnotice: () => {} });
  try {
    return await use(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
