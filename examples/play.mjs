/**
 * The story of `npm start`: what a Paperclip server does around agent runs, in each generation of Paperclip, with
 * Paperclip's own service (the original) and with this package. What does not come out as told ends it with an error.
 */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { assertSame, errorOf, inFull, inShort } from "./support/answers.mjs";
import { DIFFERENCES } from "./support/generations.mjs";
import { inShort as saidBy, runMaintenance } from "./support/maintenance.mjs";
import { measure } from "./support/measure.mjs";
import { startProvider } from "./support/sandboxes.mjs";
import { onStages } from "./support/stage.mjs";
import { addRuns, countEnvironments, finishRun } from "./support/tables.mjs";

/** @typedef {import("./support/answers.mjs").Answer} Answer */
/** @typedef {import("./support/report.mjs").Report} Report */
/** @typedef {import("./support/stage.mjs").Side} Side */
/** @typedef {import("./support/stage.mjs").Stage} Stage */

const MANY = 100;

/**
 * @param {readonly import("./support/arguments.mjs").Generation[]} generations
 * @param {Report} report
 * @param {AbortSignal} interruption
 */
export async function play(generations, report, interruption) {
  report.heading("Starting a PostgreSQL for this run. It is removed at the end.");
  await onStages(generations, interruption, async (stages) => {
    for (const chapter of [oneRun, manyRuns, mistakes, leak]) await chapter(stages, report);
  });
  report.heading("What next");
  report.list([
    "Use it in a Paperclip server: docs/swap.md",
    "Run its tests: npm test",
    "Measure it, built for speed: npm run bench",
    "See each answer in full: npm start -- --verbose. The program is examples/play.mjs.",
  ]);
}

/**
 * All that Paperclip's server asks of the service for a run on its own machine.
 *
 * @param {Side} side
 * @param {string} heartbeatRunId
 * @returns {Promise<[call: string, answer: Answer][]>}
 */
async function agentRun({ service, companyId }, heartbeatRunId) {
  const local = await service.ensureLocalEnvironment(companyId);
  // Another part of the server asks as well.
  const again = await service.ensureLocalEnvironment(companyId);
  const lease = await service.acquireLease({ companyId, environmentId: local.id, heartbeatRunId });
  const noted = await service.updateLeaseMetadata(lease.id, { pid: 7 });
  const read = await service.getById(local.id);
  const ended = await service.releaseLease(lease.id);
  return [
    ["ensureLocalEnvironment", local],
    ["ensureLocalEnvironment", again],
    ["acquireLease", lease],
    ["updateLeaseMetadata", noted],
    ["getById", read],
    ["releaseLease", ended],
  ];
}

/** @param {Side} side @param {number} count */
async function runsAtOnce(side, count) {
  const runs = await addRuns(side, count);
  return measure(side, async () => (await Promise.all(runs.map((run) => agentRun(side, run)))).flat());
}

/** @param {Stage[]} stages @param {Report} report */
async function oneRun(stages, report) {
  report.heading("An agent run, with Paperclip's own service (the original) and with this package");
  /** @type {Record<string, string>[]} */
  const rows = [];
  for (const { generation, original, ours } of stages) {
    const { answers } = await runsAtOnce(ours, 1);
    assertSame((await runsAtOnce(original, 1)).answers, answers);
    for (const [index, [call, answer]] of answers.entries()) {
      rows[index] = { call, ...rows[index], [`answer in Paperclip ${generation}`]: inShort(answer) };
      report.detail(`${call}, Paperclip ${generation}`, inFull(answer, 90));
    }
  }
  report.table(rows);
  report.finding(`${rows.length} calls. Both services gave the same answers.`);
}

/** @param {Stage[]} stages @param {Report} report */
async function manyRuns(stages, report) {
  report.heading(`${MANY} agent runs at once: the original → this package`);
  const rows = [];
  let calls = 0;
  for (const { generation, original, ours } of stages) {
    // Not counted, since JavaScript is slow at first.
    for (const side of [original, ours]) await runsAtOnce(side, MANY / 4);
    const theirs = await runsAtOnce(original, MANY);
    const own = await runsAtOnce(ours, MANY);
    assertSame(theirs.answers, own.answers);
    const faster = own.perSecond / theirs.perSecond;
    const lighter = theirs.loopMicros / own.loopMicros;
    assert(faster > 1 && lighter > 1, "The original was faster.");
    rows.push({
      Paperclip: generation,
      "calls per second": `${whole(theirs.perSecond)} → ${whole(own.perSecond)}: ${faster.toFixed(1)} times`,
      "event loop per call": `${whole(theirs.loopMicros)} → ${whole(own.loopMicros)} µs: 1/${whole(lighter)}`,
      "this package sent": `${own.batches} batches`,
    });
    calls = own.answers.length;
  }
  report.table(rows);
  report.finding(`${whole(calls)} calls each. Both services gave the same answers.`);
}

/** @param {Stage[]} stages @param {Report} report */
async function mistakes(stages, report) {
  report.heading("What goes wrong, and the error that the caller gets");
  const name = "Containers";
  /** @type {Set<string>} */
  const errors = new Set();
  const rows = { original: 0, ours: 0 };
  for (const { generation, original, ours } of stages) {
    const { create, openWrongly } = DIFFERENCES[generation];
    const errorsOf = async (/** @type {Side} */ { service, companyId }) => [
      `Unknown driver → ${await errorOf(create(service, companyId, { name, driver: "docker" }))}`,
      `Unknown environment → ${await errorOf(service.acquireLease({ companyId, environmentId: randomUUID() }))}`,
    ];
    const common = await errorsOf(ours);
    assert.deepEqual(await errorsOf(original), common);
    const other = openWrongly(ours.db);
    const own = `Wrong entry of the package → ${await errorOf(other.getById(randomUUID()))}`;
    await other.close();
    assert.match(own, /WRONG_GENERATION/);
    // Most are the same in each generation.
    for (const error of [...common, own]) errors.add(error);
    rows.original += await countEnvironments(original, name);
    rows.ours += await countEnvironments(ours, name);
  }
  assert.deepEqual(rows, { original: stages.length, ours: 0 });
  report.list([...errors]);
  report.finding(
    "The original gives the first two errors, too. Rows stored with the unknown driver: " +
      `the original ${rows.original}, this package ${rows.ours}.`,
  );
}

const PROVIDER = "daytona";

/** What an operator types, and the exit status: 1 where something is wrong. */
const MAINTENANCE = /** @type {const} */ ([
  ["doctor", 1],
  [`inventory --provider ${PROVIDER}`, 1],
  ["reap --reason run_finished --reason cleanup_failed --release sandboxes.mjs --yes", 0],
  ["doctor", 0],
]);

/** @param {Stage[]} stages @param {Report} report */
async function leak(stages, report) {
  report.heading("The server was killed before it released a lease, and a sandbox was not destroyed");
  // The same in each generation.
  /** @type {Set<string>} */
  const said = new Set();
  for (const { generation, ours } of stages) {
    const provider = await startProvider(["sbx-1"]);
    const leases = await leakedLeases(ours, "sbx-1");
    for (const [command, expected] of MAINTENANCE) {
      const { status, output } = await runMaintenance(ours.url, command.split(" "), provider.file);
      assert.equal(status, expected, output);
      report.detail(`${command}, Paperclip ${generation}`, output);
      for (const says of saidBy(output)) said.add(`${command} → ${says}`);
    }
    const ended = await Promise.all(leases.map((id) => ours.service.getLeaseById(id)));
    assert.deepEqual(
      ended.map((lease) => [lease?.status, lease?.cleanupStatus]),
      [
        ["expired", null],
        ["failed", "success"],
      ],
    );
    assert.deepEqual(await provider.running(), []);
    await provider.close();
  }
  report.list([...said]);
  report.finding("These are commands of npx paperclip-environment-service: see docs/maintenance.md.");
}

/**
 * A lease that was not released, and one whose sandbox was not destroyed.
 *
 * @param {Side} side
 * @param {string} sandbox
 */
async function leakedLeases(side, sandbox) {
  const { service, companyId } = side;
  const [heartbeatRunId = ""] = await addRuns(side, 1);
  const { id: environmentId } = await service.ensureLocalEnvironment(companyId);
  const wanted = { companyId, environmentId, heartbeatRunId };
  const local = await service.acquireLease(wanted);
  const held = await service.acquireLease({ ...wanted, provider: PROVIDER, providerLeaseId: sandbox });
  await service.releaseLease(held.id, "failed", { cleanupStatus: "failed" });
  // Here the server is killed. All that it has written besides is the end of the run.
  await finishRun(side, heartbeatRunId);
  return [local.id, held.id];
}

/** @param {number} number */
function whole(number) {
  return Math.round(number).toLocaleString("en");
}
