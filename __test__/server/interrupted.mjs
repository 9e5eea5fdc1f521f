// A server that is killed while an agent runs, and the lease that nobody releases any more.

import { readFileSync } from "node:fs";
import path from "node:path";

import { hire, invoke } from "./agent.mjs";
import { Client } from "./client.mjs";
import { PaperclipServer } from "./paperclip-server.mjs";
import { inDatabase } from "./rows.mjs";
import { until } from "./wait.mjs";

const RUN_LIMIT = 60_000;
/** It ends by itself some time after all limits, should everything else fail to end it. */
const SLEEP_SECONDS = 600;

/**
 * @typedef {object} Interrupted
 * @property {string} databaseUrl the killed server's PostgreSQL, which is there until `use` is done
 * @property {string} companyId
 * @property {string} runId
 * @property {Record<string, any>[]} leases what the run has left behind
 */

/**
 * Kills a new server between the start of a run and its end.
 *
 * @param {string} release the folder whose `node_modules` hold the server
 * @param {string} home does not exist yet
 * @param {(left: Interrupted) => Promise<void>} use
 */
export async function interruptRun(release, home, use) {
  const server = new PaperclipServer(release, home);
  try {
    await server.start();
    const { companyId, runId } = await startSleeper(server);
    await server.kill();
    const databaseUrl = server.databaseUrl;
    const leases = await inDatabase(databaseUrl, async (sql) => [
      ...(await sql`select * from environment_leases where heartbeat_run_id = ${runId}`),
    ]);
    await use({ databaseUrl, companyId, runId, leases });
  } finally {
    await server.remove();
  }
}

/** @param {PaperclipServer} server */
async function startSleeper(server) {
  const client = new Client(server);
  const company = await client.ask(201, "POST /companies", { name: "Sleepy" });
  const note = path.join(server.home, "sleeper.pid");
  const script = `echo $$ > ${note}; exec sleep ${SLEEP_SECONDS}`;
  const agent = await hire(client, company.id, { name: "Sleeper", command: "/bin/sh", args: ["-c", script] });
  const runId = await invoke(client, agent);
  server.adopt(await until("the agent sleeps", RUN_LIMIT, () => pidIn(note)));
  return { companyId: company.id, runId };
}

/** @param {string} file @returns {number | null} */
function pidIn(file) {
  try {
    return Number(readFileSync(file, "utf8")) || null;
  } catch {
    return null;
  }
}
