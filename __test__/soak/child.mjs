// A process with a service of its own and many callers, which run until the parent process stops them.

import { createWriteStream } from "node:fs";
import { createRequire } from "node:module";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";

import { live } from "./caller.mjs";
import { randomOf } from "./random.mjs";

/**
 * @typedef {object} Order
 * @property {string} url
 * @property {string} history the file for the record
 * @property {number} seed
 * @property {import("../../index.js").EnvironmentServiceOptions} options
 * @property {import("./caller.mjs").Home[]} homes one for each caller
 */

/** @typedef {{ memory: number } | { unanswered: number }} Report megabytes; what was open when it had to end */

/** How long a call may take after everything is well again. */
const PATIENCE = 30_000;
const SAMPLE_EVERY = 5_000;

const { environmentService } = /** @type {typeof import("../../index.js")} */ (
  createRequire(import.meta.url)("../../index.js")
);

/** @param {Report} report */
const tell = (report) => process.send?.(report);

const [order] = /** @type {[Order]} */ (await once(process, "message"));
const service = environmentService(order.url, order.options);
const history = createWriteStream(order.history);

let goesOn = true;
let living = order.homes.length;
const callers = order.homes.map((home, n) =>
  live(
    service,
    home,
    randomOf(order.seed + n),
    (call) => history.write(`${JSON.stringify(call)}\n`),
    () => goesOn,
  ).finally(() => (living -= 1)),
);

const sampler = setInterval(() => {
  globalThis.gc?.();
  tell({ memory: process.memoryUsage().rss / 2 ** 20 });
}, SAMPLE_EVERY);

await once(process, "message");
goesOn = false;
await Promise.race([Promise.all(callers), pause(PATIENCE, undefined, { ref: false })]);
clearInterval(sampler);
await new Promise((resolve) => history.end(() => resolve(undefined)));
// Told before the end; and the end comes by force, since whoever is not answered would keep the process waiting.
process.send?.({ unanswered: living }, () => process.exit(0));
