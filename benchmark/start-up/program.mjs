/** What it costs a fresh process to have one provider. Prints its findings as JSON. */

import { providerOf } from "../providers/index.mjs";
import { workOf } from "../work/index.mjs";

/**
 * @typedef {object} Findings
 * @property {number} loadMillis importing or requiring all it takes
 * @property {number} firstCallMillis connecting, and one lookup
 * @property {number} firstCallBytes resident memory over plain Node, after the first call
 * @property {number} manyCallsBytes the same, after the last call
 * @property {number} calls
 */

const CALLERS = 64;
const LOOKUP = workOf("getById");
const MIX = [LOOKUP, ...["acquireLease", "updateLeaseMetadata", "getLeaseById", "releaseLease"].map(workOf)];

/** The ids are made with the first call, and belong to nobody. */
const nobody = new Proxy({}, { get: () => async () => null });
for (const work of MIX) await work.call(nobody, 0);

const [name = "", url = "", calls = "0"] = process.argv.slice(2);
const { load } = await providerOf(name);
const plain = process.memoryUsage.rss();

const begin = performance.now();
const open = await load("2026.427");
const loaded = performance.now();
const service = open({ url, applicationName: `bench start-up ${name}` });
await LOOKUP.call(service, 0);
const called = performance.now();
const afterFirst = process.memoryUsage.rss();
const made = await many(Number(calls));

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

/** Mixed calls by many at once. @param {number} calls */
async function many(calls) {
  let made = 0;
  const caller = async () => {
    while (made < calls) {
      const number = made;
      made += MIX.length;
      for (const work of MIX) await work.call(service, number);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return made;
}
