// Makes a million calls of all kinds, and measures the memory of the process before and after.

import { once } from "node:events";
import { createRequire } from "node:module";
import { setTimeout as pause } from "node:timers/promises";

import { CALLS_OF_A_ROUND, goRound } from "../support/round.mjs";

const CALLS = 1_000_000;
/** By then everything has been made that is made once. */
const WARM_AFTER = 100_000;
const GROWTH_ALLOWED = 5;

const { environmentService } = /** @type {typeof import("../../index.js")} */ (
  createRequire(import.meta.url)("../../index.js")
);

/** @typedef {import("../support/round.mjs").Caller} Caller */

const [{ url, callers }] = /** @type {[{ url: string, callers: Caller[] }]} */ (
  await once(process, "message")
);
process.disconnect();
const service = environmentService(url);
let made = 0;

/** A round, and a call that is refused; the tables are as before. @param {Caller} caller */
async function roundAndRefusal(caller) {
  await goRound(service, caller);
  await service.getById("no id").catch(() => {});
  made += CALLS_OF_A_ROUND + 1;
}

/** @param {number} total */
async function callUntil(total) {
  await Promise.all(
    callers.map(async (caller) => {
      while (made < total) await roundAndRefusal(caller);
    }),
  );
}

/** Megabytes that the process holds when it has let go of what it can. */
async function held() {
  for (let n = 0; n < 5; n++) {
    globalThis.gc?.();
    await pause(50);
  }
  return process.memoryUsage().rss / 2 ** 20;
}

const start = performance.now();
await callUntil(WARM_AFTER);
const warm = await held();
console.log(`${warm.toFixed(1)} MB after ${made} calls`);
let growth = 0;
for (let total = WARM_AFTER * 2; total <= CALLS; total += WARM_AFTER) {
  await callUntil(total);
  const now = await held();
  growth = now - warm;
  console.log(`${now.toFixed(1)} MB after ${made} calls`);
}
const seconds = (performance.now() - start) / 1000;
console.log(
  `${made} calls in ${seconds.toFixed(0)} s; grown by ${growth.toFixed(1)} MB, allowed are ${GROWTH_ALLOWED}`,
);
await service.close();
process.exit(growth < GROWTH_ALLOWED ? 0 : 1);
