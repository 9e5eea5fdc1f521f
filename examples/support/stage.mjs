/** Where a play takes place: a database of its own with a generation's tables, and clients of it. */

import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";

import { TABLES, TABLES_OF_2026_916 } from "../../__test__/support/tables.mjs";

/** @typedef {import("./arguments.mjs").Generation} Generation */

/**
 * @typedef {object} Stage what every step works on
 * @property {import("./report.mjs").Report} report
 * @property {ReturnType<typeof drizzle>} db what a Paperclip server has, and gives to the service
 * @property {postgres.Sql} sql looks at the tables, and makes the rows that the service refers to
 * @property {string} url
 */

/** @type {Record<Generation, string>} */
const TABLES_OF = { 2026.427: TABLES, 2026.916: TABLES_OF_2026_916 };

/**
 * @param {import("./report.mjs").Report} report
 * @param {string} serverUrl
 * @param {Generation} generation
 * @returns {Promise<Stage>}
 */
export async function setStage(report, serverUrl, generation) {
  const name = `paperclip_${generation.replace(".", "_")}`;
  const server = postgres(serverUrl, { max: 1 });
  await server.unsafe(`create database ${name}`);
  await server.end();

  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  // A client of its own for looking: drizzle makes the one that it is given read times as text.
  const sql = postgres(url.href, {
    max: 1,
    connection: { application_name: "the tables' reader" },
    onnotice: () => {},
  });
  await sql.unsafe(TABLES_OF[generation]);
  return { report, db: drizzle(postgres(url.href)), sql, url: url.href };
}

/** @param {Stage} stage */
export async function clearStage({ db, sql }) {
  await Promise.all([db.$client.end({ timeout: 5 }), sql.end({ timeout: 5 })]);
}
