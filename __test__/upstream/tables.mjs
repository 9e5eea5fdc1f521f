// The tables of a release, read from the catalog of a database after its migrations.

import { randomBytes } from "node:crypto";

import postgres from "postgres";

const MIGRATIONS = "dist/migrations/";
const JOURNAL = `${MIGRATIONS}meta/_journal.json`;

/** @typedef {import("./service.mjs").Files} Files */

/**
 * Which files matter: the migrations, and the list of them.
 *
 * @param {Files} files all of the package @paperclipai/db
 */
export function tableFiles(files) {
  const isMigration = (/** @type {string} */ file) => file.startsWith(MIGRATIONS) && file.endsWith(".sql");
  return [JOURNAL, ...[...files.keys()].filter(isMigration)];
}

/** Those that the service writes, of which everything counts. */
const WRITTEN = ["environments", "environment_leases", "built_in_managed_resources"];

/**
 * Columns of others that it reads, or that its foreign keys lead to.
 *
 * @type {Record<string, string[]>}
 */
const READ = {
  agents: ["default_environment_id"],
  companies: ["id"],
  company_secret_bindings: ["target_type", "target_id"],
  environment_custom_image_setup_sessions: ["environment_id", "status"],
  execution_workspaces: ["id", "name", "metadata"],
  heartbeat_runs: ["id"],
  instance_settings: ["default_environment_id"],
  issues: ["id", "identifier", "title", "execution_workspace_settings"],
  projects: ["execution_workspace_policy"],
};

/**
 * Each part by its name, with its definition.
 *
 * @typedef {object} TableFacts
 * @property {Record<string, string>} columns
 * @property {Record<string, string>} [constraints]
 * @property {Record<string, string>} [indexes] without those that belong to a constraint
 * @property {Record<string, string>} [references] foreign keys of other tables to this one
 * @property {Record<string, string>} [triggers]
 */

/**
 * @param {Files} files the migrations
 * @param {string} server the URL of a PostgreSQL server's superuser
 * @returns {Promise<Record<string, TableFacts>>}
 */
export async function readTables(files, server) {
  const name = `upstream_${randomBytes(6).toString("hex")}`;
  const maintenance = postgres(server, { max: 1, onnotice: () => {} });
  try {
    await maintenance.unsafe(`create database ${name}`);
    const sql = postgres(server, { database: name, max: 1, onnotice: () => {} });
    try {
      await migrate(sql, files);
      return await factsIn(sql);
    } finally {
      await sql.end();
    }
  } finally {
    await maintenance.unsafe(`drop database if exists ${name} with (force)`);
    await maintenance.end();
  }
}

/**
 * Each file in a transaction of its own, as Paperclip runs them.
 *
 * @param {postgres.Sql} sql
 * @param {Files} files
 */
async function migrate(sql, files) {
  /** @type {{ entries: { tag: string }[] }} */
  const { entries } = JSON.parse(String(files.get(JOURNAL)));
  for (const { tag } of entries) {
    const text = String(files.get(`${MIGRATIONS}${tag}.sql`));
    try {
      await sql.begin(async (transaction) => {
        for (const statement of text.split("--> statement-breakpoint")) await transaction.unsafe(statement);
      });
    } catch (cause) {
      throw new Error(`${tag}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
}

/**
 * @param {postgres.Sql} sql
 * @returns {Promise<Record<string, TableFacts>>}
 */
async function factsIn(sql) {
  const there = await sql`
    select relname::text as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
      and relname in ${sql([...WRITTEN, ...Object.keys(READ)])}`;
  /** @type {Record<string, TableFacts>} */
  const tables = {};
  for (const table of [...WRITTEN, ...Object.keys(READ)]) {
    if (!there.some(({ name }) => name === table)) continue;
    const columns = await columnsOf(sql, table);
    if (WRITTEN.includes(table)) tables[table] = { columns, ...(await restOf(sql, table)) };
    else {
      const read = Object.entries(columns).filter(([name]) => READ[table]?.includes(name));
      tables[table] = { columns: Object.fromEntries(read) };
    }
  }
  return tables;
}

/**
 * @param {postgres.Sql} sql
 * @param {string} table
 */
async function columnsOf(sql, table) {
  const rows = await sql`
    select attname as name,
      concat_ws(' ', format_type(atttypid, atttypmod), case when attnotnull then 'not null' end,
        case attidentity when '' then null else 'identity' end,
        case attgenerated when '' then 'default' else 'generated' end || ' ' || pg_get_expr(adbin, adrelid)
      ) as definition
    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attrelid = ${`public.${table}`}::regclass and attnum > 0 and not attisdropped
    order by attnum`;
  return byName(rows);
}

/**
 * @param {postgres.Sql} sql
 * @param {string} table
 */
async function restOf(sql, table) {
  const id = sql`${`public.${table}`}::regclass`;
  // Newer servers list `not null` among the constraints, too.
  const constraints = await sql`
    select conname as name, pg_get_constraintdef(oid) as definition
    from pg_constraint where conrelid = ${id} and contype <> 'n' order by conname collate "C"`;
  const indexes = await sql`
    select relname as name, pg_get_indexdef(indexrelid) as definition
    from pg_index join pg_class on pg_class.oid = indexrelid
    where indrelid = ${id}
      and not exists (select from pg_constraint where conindid = indexrelid and conrelid = indrelid)
    order by relname collate "C"`;
  const references = await sql`
    select relname || '.' || conname as name, pg_get_constraintdef(pg_constraint.oid) as definition
    from pg_constraint join pg_class on pg_class.oid = conrelid
    where confrelid = ${id} and conrelid <> confrelid and relname not in ${sql(WRITTEN)}
    order by relname collate "C", conname collate "C"`;
  const triggers = await sql`
    select tgname as name, pg_get_triggerdef(oid) as definition
    from pg_trigger where tgrelid = ${id} and not tgisinternal order by tgname collate "C"`;
  return {
    constraints: byName(constraints),
    indexes: byName(indexes),
    references: byName(references),
    triggers: byName(triggers),
  };
}

/** @param {Iterable<postgres.Row>} rows @returns {Record<string, string>} */
function byName(rows) {
  return Object.fromEntries(
    [...rows].map((row) => [row["name"], row["definition"].replaceAll("public.", "")]),
  );
}
