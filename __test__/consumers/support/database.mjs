/** A database for one consumer: Paperclip's schema, one company and a run of it. */

import { randomBytes, randomUUID } from "node:crypto";

import postgres from "postgres";

import { TABLES } from "../../support/tables.mjs";

/**
 * @param {string} serverUrl
 * @returns {Promise<Record<string, string>>} what the consumer is told by its environment
 */
export async function createDatabase(serverUrl) {
  const name = `consumer_${randomBytes(6).toString("hex")}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const [companyId, runId] = [randomUUID(), randomUUID()];

  await run(serverUrl, `create database "${name}"`);
  await run(url.href, TABLES);
  await run(
    url.href,
    `insert into companies (id) values ('${companyId}');
     insert into heartbeat_runs (id, company_id) values ('${runId}', '${companyId}');`,
  );
  return { TEST_DATABASE_URL: url.href, TEST_COMPANY_ID: companyId, TEST_RUN_ID: runId };
}

/** @param {string} url @param {string} statements */
async function run(url, statements) {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(statements);
  } finally {
    await sql.end();
  }
}
