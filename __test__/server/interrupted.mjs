// A server is killed between the end of an agent's run and the release of its lease, so the lease leaks. The command finds
// and ends it, and the server continues.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { finish } from "../../scripts/command.mjs";
import { finished, hire, invoke } from "./agent.mjs";
import { Client } from "./client.mjs";
import { PaperclipServer } from "./paperclip-server.mjs";
import { inDatabase } from "./rows.mjs";
import { until } from "./wait.mjs";

const { name, bin } = createRequire(import.meta.url)("../../package.json");

/** What `npx paperclip-environment-service` runs. */
const COMMAND = fileURLToPath(new URL(`../../${bin[name]}`, import.meta.url));

const RUN_LIMIT = 60_000;
const TERMINATION_LIMIT = 10_000;

/** @typedef {import("postgres").Sql} Sql */
/** @typedef {{ companyId: string, agentId: string, runId: string, go: string }} Started */

/**
 * @param {string} release the folder whose `node_modules` hold the server
 * @param {string} home does not exist yet
 * @param {(what: string) => void} say
 */
export async function interruptRelease(release, home, say) {
  const server = new PaperclipServer(release, home);
  try {
    await server.start();
    const started = await startAgent(server);
    await killBeforeRelease(server, started);
    const { databaseUrl } = server;
    const lease = await inDatabase(databaseUrl, (sql) => leftBy(sql, started.runId));
    say("it was killed when the run had ended, and left its lease active");

    await inDatabase(databaseUrl, (sql) => putBack(sql, started.runId));
    await findsAndEnds(databaseUrl, lease.id);
    say("doctor found the lease, reap --yes ended it, doctor finds no stale lease any more");

    await server.start();
    await goesOn(server, started, lease);
    say("the server was started again, and the agent ran to its end");
  } catch (cause) {
    throw new Error(`The server's last words:\n${server.lastWords}`, { cause });
  } finally {
    await server.remove();
  }
}

/**
 * An agent that runs until there is a file.
 *
 * @param {PaperclipServer} server
 * @returns {Promise<Started>}
 */
async function startAgent(server) {
  const client = new Client(server);
  const company = await client.ask(201, "POST /companies", { name: "Patient" });
  const [note, go] = ["agent.pid", "agent.go"].map((file) => path.join(server.home, file));
  // It survives the server, but not the server's home.
  const script = `echo $$ > ${note}; until [ -e ${go} ] || [ ! -e ${note} ]; do sleep 0.1; done`;
  const agentId = await hire(client, company.id, {
    name: "Waiter",
    command: "/bin/sh",
    args: ["-c", script],
  });
  const runId = await invoke(client, agentId);
  await until("the agent runs", RUN_LIMIT, () => isWritten(String(note)));
  return { companyId: company.id, agentId, runId, go: String(go) };
}

/**
 * Holds the row of the lease while the run ends. The server records the run's end first, and waits for the row as soon
 * as it releases the lease: there it is killed.
 *
 * @param {PaperclipServer} server
 * @param {Started} started
 */
async function killBeforeRelease(server, { runId, go }) {
  await inDatabase(server.databaseUrl, (sql) =>
    sql.begin(async (holder) => {
      await holder`select from environment_leases where heartbeat_run_id = ${runId} for update`;
      writeFileSync(go, "");
      await until("the server releases the lease", RUN_LIMIT, async () => {
        const [run] = await holder`
          select from heartbeat_runs where id = ${runId} and status = 'succeeded' and finished_at is not null`;
        return run && (await waiting(holder)).length > 0;
      });
      await server.kill();
      // PostgreSQL would do what these sessions wait for, although nobody waits for its answer any more.
      for (const pid of await waiting(holder)) {
        await holder`select pg_terminate_backend(${pid}, ${TERMINATION_LIMIT})`;
      }
    }),
  );
}

/** The sessions that wait for this one. @param {import("postgres").TransactionSql} sql @returns {Promise<number[]>} */
async function waiting(sql) {
  const rows = await sql`
    select distinct pid from pg_locks where not granted and pg_backend_pid() = any (pg_blocking_pids(pid))`;
  return rows.map(({ pid }) => pid);
}

/** @param {Sql} sql @param {string} runId @returns {Promise<Record<string, any>>} the run's one lease, which is active */
async function leftBy(sql, runId) {
  const [run] = await sql`select * from heartbeat_runs where id = ${runId}`;
  const leases = await sql`select * from environment_leases where heartbeat_run_id = ${runId}`;
  const [lease] = leases;
  if (run?.["status"] !== "succeeded" || lease?.["status"] !== "active" || leases.length > 1) {
    throw new Error(
      `A run that ended and one active lease were expected: ${JSON.stringify({ run, leases })}`,
    );
  }
  return lease;
}

/** By an hour, which saves waiting for the time that the command allows for a release. @param {Sql} sql @param {string} runId */
async function putBack(sql, runId) {
  await sql`
    update heartbeat_runs
    set finished_at = finished_at - interval '1 hour', updated_at = updated_at - interval '1 hour'
    where id = ${runId}`;
}

/** @param {string} databaseUrl @param {string} leaseId */
async function findsAndEnds(databaseUrl, leaseId) {
  const before = await staleLeases(databaseUrl);
  if (before.status !== 1 || before.examples.join() !== leaseId) {
    throw new Error(`doctor should have found ${leaseId}, not ${JSON.stringify(before)}`);
  }
  const { status, output } = await command("reap", "--yes", "--json", "--database-url", databaseUrl);
  if (status !== 0 || !output.includes(leaseId)) {
    throw new Error(`reap ended with ${status}, and should have ended ${leaseId}:\n${output}`);
  }
  const after = await staleLeases(databaseUrl);
  if (after.examples.length > 0) throw new Error(`doctor still finds ${JSON.stringify(after)}`);
}

/** What doctor says of stale leases. @param {string} databaseUrl */
async function staleLeases(databaseUrl) {
  const { status, stdout, output } = await command("doctor", "--json", "--database-url", databaseUrl);
  if (status !== 0 && status !== 1) throw new Error(`doctor ended with ${status}:\n${output}`);
  /** @type {{ findings: import("../../maintenance.js").Finding[] }} */
  const { findings } = JSON.parse(stdout);
  const { examples = [] } = findings.find(({ code }) => code === "stale_leases") ?? {};
  return { status, examples };
}

/** @param {string[]} args */
function command(...args) {
  return finish(process.execPath, [COMMAND, ...args]);
}

/**
 * @param {PaperclipServer} server
 * @param {Started} started
 * @param {Record<string, any>} lease
 */
async function goesOn(server, { agentId }, lease) {
  const client = new Client(server);
  // The agent's file is there already, so it is done at once.
  const run = await finished(client, await invoke(client, agentId), lease["environment_id"]);
  if (run.status !== "succeeded") throw new Error(`The run after the restart ${run.status}: ${run.error}`);
  const { status, failureReason } = await client.look(`/environment-leases/${lease["id"]}`);
  if (status !== "expired" || !String(failureReason).startsWith("Reaped: ")) {
    throw new Error(`The lease that was ended is ${status}, because of ${failureReason}`);
  }
}

/** @param {string} file */
function isWritten(file) {
  try {
    return readFileSync(file, "utf8") !== "";
  } catch {
    return false;
  }
}
