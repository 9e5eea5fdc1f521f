// Databases with the tables of any Paperclip: from 2026.427 to 2026.609 (T1), of 2026.618 (T2), from 2026.626 to
// 2026.817 (T3), from 2026.824 on (T4).

import { openDatabase, type TestDatabase } from "../../support/database.js";
import { tablesOf } from "../../support/original.mjs";

export type Tables = "T1" | "T2" | "T3" | "T4";

/** With T1 as much of the tables as is needed; with T4 all that Paperclip's migrations make. */
export function openTables(tables: "T1" | "T4"): Promise<TestDatabase> {
  return openDatabase(tables === "T1" ? "2026.427" : "2026.916");
}

/** What stands in the first statement that makes the tables those that come next, by their migration. */
const NEXT = {
  /** 0102 */
  T1: "environments_company_managed_sandbox_idx",
  /** 0105 */
  T2: 'ALTER TABLE "environments" ADD COLUMN "env_vars"',
  /** 0125: the tables of 2026.626, which has no images of its own. */
  "T3 without images": "environment_custom_image_templates",
  /** 0222 */
  T3: 'ALTER TABLE "environment_leases" DROP CONSTRAINT "environment_leases_environment_id_environments_id_fk"',
};

/** All tables of that Paperclip, made by its own migrations. */
export async function openMigrated(tables: Tables | "T3 without images"): Promise<TestDatabase> {
  if (tables === "T4") return openDatabase("2026.916");
  const all = await tablesOf("2026.916");
  const end = all.findIndex((statement) => statement.includes(NEXT[tables]));
  if (end < 0) throw new Error(`no migration ends the tables ${tables}`);
  const database = await openDatabase("2026.427");
  await database.sql.unsafe("drop schema public cascade; create schema public");
  await database.sql.unsafe(all.slice(0, end).join(";\n"));
  return database;
}
