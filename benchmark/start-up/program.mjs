/** What it costs a fresh process to have one provider. Prints its findings as JSON. */

import { idOf } from "../data/ids.mjs";
import { ACQUIRED, LOCALS } from "../data/world.mjs";
import { providerOf } from "../providers/index.mjs";

/** @typedef {import("../providers/provider.mjs").Service} Service */

/**
 * @typedef {object} Findings
 * @property {number} loadMillis importing or requiring all it takes
 * @property {number} firstCallMillis connecting, and one lookup
 * @property {number} firstCallBytes resident memory over plain Node, after the first call
 * @property {number} manyCallsBytes the same, after the last call
 * @property {number} calls
 */

const CALLERS = 64;

const [name = "", url = "", calls = "0"] = process.argv.slice(2);
const { load } = await providerOf(name);
const plain = process.memoryUsage.rss();

const begin = performance.now();
const open = await load();
const loaded = performance.now();
const service = open({ url, applicationName: `bench start-up ${name}` });
await service.getById(idOf(LOCALS.environment));
const called = performance.now();
const afterFirst = process.memoryUsage.rss();
const made = await many(service, Number(calls));

/** @type {Findings} */
const findings = {
  loadMillis: loaded - begin,
  firstCallMillis: called - loaded,
  firstCallBytes: afterFirst - plain,
  manyCallsBytes: process.memoryUsage.rss() - plain,
  calls: made,
};
console.log(JSON.stringify(findings));
process.exit(0);

/**
 * What a server does around a run, by many at once.
 *
 * @param {Service} service
 * @param {number} calls
 */
async function many(service, calls) {
  let made = 0;
  const caller = async () => {
    while (made < calls) {
      made += 6;
      const local = await service.ensureLocalEnvironment(idOf(LOCALS.company, made % LOCALS.count));
      await service.getById(local.id);
      const { id } = await service.acquireLease({
        companyId: idOf(ACQUIRED.company),
        environmentId: idOf(ACQUIRED.environment),
        metadata: { number: made },
      });
      await service.updateLeaseMetadata(id, { number: made, pid: 1 });
      await service.getLeaseById(id);
      await service.releaseLease(id);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return made;
}
