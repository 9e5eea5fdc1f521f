// The million calls, of all kinds, and how much memory the process has before and after.

import { once } from "node:events";
import { createRequire } from "node:module";
import { setTimeout as pause } from "node:timers/promises";

const CALLS = 1_000_000;
/** By then everything has been made that is made once. */
const WARM_AFTER = 100_000;
const GROWTH_ALLOWED = 5;

const { environmentService } = /** @type {typeof import("../../index.js")} */ (
  createRequire(import.meta.url)("../../index.js")
);

/** @typedef {{ company: string, run: string }} Home */

const [{ url, homes }] = /** @type {[{ url: string, homes: Home[] }]} */ (await once(process, "message"));
process.disconnect();
const service = environmentService(url);
let made = 0;

/** Every method once, and a call that is refused; the tables are as before. @param {Home} home */
async function everyMethod({ company, run }) {
  await service.ensureLocalEnvironment(company);
  const { id } = await service.create(company, { name: "one", driver: "ssh", config: { host: "there" } });
  const lease = await service.acquireLease({ companyId: company, environmentId: id, heartbeatRunId: run });
  const other = await service.acquireLease({ companyId: company, environmentId: id });
  await service.update(id, { description: "another", metadata: { n: made } });
  await service.updateLeaseMetadata(lease.id, { n: made });
  await service.getById(id);
  await service.getLeaseById(lease.id);
  await service.list(company);
  await service.listLeases(id);
  await service.releaseLease(other.id, "failed", { failureReason: "none" });
  await service.releaseLeasesForRun(run);
  await service.getById("no id").catch(() => {});
  await service.remove(id);
  made += 14;
}

/** @param {number} total */
async function callUntil(total) {
  await Promise.all(
    homes.map(async (home) => {
      while (made < total) await everyMethod(home);
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
