import { randomBytes } from "node:crypto";

import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { inject } from "vitest";

import { generation, type Generation } from "./generation.js";
import { loadSchema } from "./original.mjs";
import type * as schema from "./schema.mjs";
import { seeding, type Seed } from "./seed.js";
import { withDatabase } from "./url.js";

/** The database that Paperclip passes to the service. */
export type Db = PostgresJsDatabase<typeof schema> & { $client: postgres.Sql };

export interface TestDatabase {
  url: string;
  /** For reading and writing the tables without the service. Times come as text. */
  sql: postgres.Sql;
  /** Created as Paperclip creates it. */
  db: Db;
  seed: Seed;
  /** Every column of every row of both tables as text, to assert that nothing was written. */
  snapshot(): Promise<Snapshot>;
  /** Drops the database. */
  close(): Promise<void>;
}

export interface Snapshot {
  environments: string[];
  leases: string[];
}

/** Creates a database with the schema and no rows. */
export async function openDatabase(of: Generation = generation): Promise<TestDatabase> {
  const serverUrl = inject("serverUrl");
  const name = `test_${randomBytes(6).toString("hex")}`;
  await onServer(serverUrl, `create database "${name}" template "${inject("templates")[of]}"`);

  const url = withDatabase(serverUrl, name);
  const sql = plainClient(url);
  const { drizzle, schema } = await loadSchema(of);
  const db = drizzle(postgres(url), { schema }) as Db;

  return {
    url,
    sql,
    db,
    seed: seeding(sql, of),
    snapshot: async () => ({
      environments: await wholeTable(sql, "environments"),
      leases: await wholeTable(sql, "environment_leases"),
    }),
    close: async () => {
      await Promise.all([sql.end({ timeout: 5 }), db.$client.end({ timeout: 5 })]);
      await onServer(serverUrl, `drop database if exists "${name}" with (force)`);
    },
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const sql = plainClient(url);
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function wholeTable(sql: postgres.Sql, table: string): Promise<string[]> {
  const rows = await sql.unsafe<{ row: string }[]>(`select t::text as row from ${table} t order by id`);
  return rows.map(({ row }) => row);
}

const TYPES_WITH_TEXT_OF_THEIR_OWN = [114, 3802, 1082, 1083, 1114, 1184];

/** A client that passes times and JSON as text in both directions. */
function plainClient(url: string): postgres.Sql {
  const sql = postgres(url, { max: 2, onnotice: () => {} });
  for (const type of TYPES_WITH_TEXT_OF_THEIR_OWN) {
    sql.options.parsers[type] = (text: string) => text;
    sql.options.serializers[type] = (text: string) => text;
  }
  return sql;
}
