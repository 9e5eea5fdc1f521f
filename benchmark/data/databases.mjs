/** One template, filled once, and a copy of it for each provider: so all have the same data, and keep it. */

import postgres from "postgres";

import { tablesOf } from "../../__test__/support/original.mjs";
import { seedStatements } from "./seed.mjs";

/** @typedef {import("../providers/provider.mjs").Generation} Generation */

/** Work in the background would come upon one provider and spare another. Vacuuming is done between rows. */
const QUIET = { autovacuum: "off", checkpoint_timeout: "1h", max_wal_size: "16GB" };

/** What the figures depend on, to be printed beside them. */
const TOLD = [
  "server_version",
  "fsync",
  "synchronous_commit",
  "full_page_writes",
  "shared_buffers",
  "autovacuum",
];

/**
 * @typedef {object} Databases
 * @property {(name: string) => string} urlOf
 * @property {(name: string, statements: string[]) => Promise<void>} restore runs what brings a copy back to how it
 *   was; foreign keys are not followed
 * @property {(name: string) => Promise<void>} vacuum
 * @property {(applicationName: string) => Promise<number>} connections how many are open under that name
 * @property {Record<string, string>} settings
 * @property {() => Promise<void>} close
 */

/**
 * @param {string} serverUrl
 * @param {Generation} generation whose tables they have
 * @param {readonly string[]} names of the copies
 * @returns {Promise<Databases>}
 */
export async function createDatabases(serverUrl, generation, names) {
  const nameOf = (/** @type {string} */ name) => `bench_${name}_${generation}`;
  const server = client(serverUrl);
  for (const [name, value] of Object.entries(QUIET)) {
    await server.unsafe(`alter system set ${name} = '${value}'`);
  }
  await server`select pg_reload_conf()`;

  const template = nameOf("template");
  await server.unsafe(`create database "${template}"`);
  await fill(urlOn(serverUrl, template), generation);
  for (const name of names) {
    await server.unsafe(`create database "${nameOf(name)}" template "${template}" strategy file_copy`);
  }
  const urlOf = (/** @type {string} */ name) => urlOn(serverUrl, nameOf(name));
  const clients = new Map(names.map((name) => [name, client(urlOf(name))]));
  const clientOf = (/** @type {string} */ name) => {
    const found = clients.get(name);
    if (!found) throw new Error(`There is no database for ${name}.`);
    return found;
  };

  return {
    urlOf,
    restore: async (name, statements) => {
      const sql = clientOf(name);
      await sql`set session_replication_role = replica`;
      for (const statement of statements) await sql.unsafe(statement);
    },
    vacuum: async (name) => {
      await clientOf(name).unsafe("vacuum environments, environment_leases");
    },
    connections: async (applicationName) => {
      const [row] = await server`
        select count(*)::int as count from pg_stat_activity where application_name = ${applicationName}`;
      return row?.["count"];
    },
    settings: await settingsOf(server),
    close: async () => {
      await Promise.all([server, ...clients.values()].map((sql) => sql.end({ timeout: 5 })));
    },
  };
}

/** @param {string} url @param {Generation} generation */
async function fill(url, generation) {
  const sql = client(url);
  try {
    await sql.unsafe((await tablesOf(generation)).join(";\n"));
    for (const statement of seedStatements(generation)) await sql.unsafe(statement);
    // Rows whose commit is not on the disk yet cannot be marked as visible to all.
    await sql.unsafe("checkpoint");
    // Of every row: by a sample, the plans might differ from run to run.
    await sql.unsafe("set default_statistics_target = 1000");
    await sql.unsafe("vacuum (freeze, analyze)");
    // Else the copies would each have to write it.
    await sql.unsafe("checkpoint");
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** @param {postgres.Sql} sql */
async function settingsOf(sql) {
  const rows =
    await sql`select name, current_setting(name) as value from pg_settings where name in ${sql(TOLD)}`;
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

/** @param {string} url */
function client(url) {
  return postgres(url, { max: 1, onnotice: () => {} });
}

/** @param {string} url @param {string} database */
function urlOn(url, database) {
  const result = new URL(url);
  result.pathname = `/${database}`;
  return result.href;
}
