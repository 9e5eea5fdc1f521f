// A process that reaps until nothing is left, and takes down each call of its hook in a file.
//
//   fork("reaper.mjs", [url, file, JSON of the options of reap, "through" or "hang"])

import { appendFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as pause } from "node:timers/promises";

const require = createRequire(import.meta.url);
/** @type {typeof import("../../../maintenance.js")} */
const { leaseMaintenance } = require("../../../maintenance.js");

const [, , url = "", file = "", what = "{}", how] = process.argv;

/** @param {import("../../../maintenance.js").EnvironmentLease} lease @returns {Promise<void>} */
async function release({ id, providerLeaseId }) {
  // One small write that appends: those of several processes do not mix.
  appendFileSync(file, `${JSON.stringify({ id, providerLeaseId, pid: process.pid })}\n`);
  if (how === "hang") {
    process.send?.("in the hook");
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  }
  await pause(Math.random() * 4);
}

const maintenance = leaseMaintenance(url, { applicationName: "reaper", maxConnections: 2 });
process.send?.("ready");
await new Promise((resolve) => process.once("message", resolve));

/** @type {{ id: string, why: string }[]} */
const outcomes = [];
let rounds = 0;
for (;;) {
  const { ended, left, failed } = await maintenance.reap({ ...JSON.parse(what), release });
  outcomes.push(...ended.map(({ lease }) => ({ id: lease.id, why: "ended" })));
  outcomes.push(...failed.map(({ lease }) => ({ id: lease.id, why: "failed" })));
  rounds += 1;
  if (ended.length + left.length + failed.length === 0) break;
  // Others are at what is left.
  if (ended.length === 0) await pause(5);
}
const { reaped } = maintenance.stats();
await maintenance.close();
process.send?.({ outcomes, rounds, reaped });
process.disconnect?.();
