/** One provider in a process of its own, so that its memory and its processor time are its own. */

import { providerOf } from "../providers/index.mjs";
import { workOf } from "../work/index.mjs";
import { slice } from "./slice.mjs";

/**
 * @typedef {object} CheckJob makes the first calls at once and gives their answers
 * @property {"check"} job
 * @property {string} work
 * @property {number} calls
 */

/**
 * @typedef {object} MeasureJob
 * @property {"measure"} job
 * @property {string} work
 * @property {number} callers
 * @property {number} milliseconds
 * @property {number} warmUp milliseconds before, not measured
 */

/**
 * @typedef {object} WarmUpJob
 * @property {"warm up"} job
 * @property {number} milliseconds for each kind of work
 */

/** @typedef {CheckJob | MeasureJob | WarmUpJob} Job */
/** @typedef {{ answer: unknown } | { error: string }} Reply */

/** What most of the others have in common, in that order: at first, all JavaScript is interpreted. */
const WARMING = {
  2026.427: ["getById", "acquireLease", "releaseLease", "list of 100"],
  2026.916: ["agent run"],
};
const WARMING_CALLERS = 16;

/** Of a stock that is used up, no more than this goes into the warm-up. */
const WARM_UP_SHARE = 0.2;

const [provider = "", given = "", url = "", applicationName = ""] = process.argv.slice(2);
const generation = /** @type {import("../providers/provider.mjs").Generation} */ (given);
const { load } = await providerOf(provider);
const open = await load(generation);
const service = open({ url, applicationName });

// What nobody waits for any more must not keep this process.
process.once("disconnect", () => process.exit());
process.on("message", async (/** @type {Job} */ job) => {
  /** @type {Reply} */
  let reply;
  try {
    reply = { answer: await perform(job) };
  } catch (error) {
    reply = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  process.send?.(reply);
});
process.send?.({ answer: "ready" });

/** @param {Job} job */
async function perform(job) {
  if (job.job === "warm up") return warmUp(job.milliseconds);
  const work = workOf(job.work);
  if (job.job === "check") {
    return Promise.all(Array.from({ length: job.calls }, (_, number) => work.call(service, number)));
  }
  const { callers, milliseconds } = job;
  const all = work.stock ?? Infinity;
  const warm = work.stock ? Math.floor(work.stock * WARM_UP_SHARE) : Infinity;
  const { calls } = await slice(work, service, { callers, milliseconds: job.warmUp, first: 0, last: warm });
  const first = work.stock ? calls : 0;
  return slice(work, service, { callers, milliseconds, first, last: all });
}

/** @param {number} milliseconds */
async function warmUp(milliseconds) {
  for (const work of WARMING[generation].map(workOf)) {
    await slice(work, service, { callers: WARMING_CALLERS, milliseconds, first: 0, last: Infinity });
  }
}
