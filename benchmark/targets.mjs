/**
 * What has been promised, as ratios to the original in the same run. A target that is missed is shown and
 * fails nothing: the machine may be busy. An answer that is wrong fails the run.
 */

/**
 * @typedef {object} Target of the rows with one of these kinds of work and this number of callers
 * @property {string[]} works
 * @property {number} [callers] any number, if left out
 * @property {number} speed at least so many times the original's calls a second
 * @property {number} loop at most one part in so many of the original's event-loop time a call
 * @property {number} [limit] at least so many times what pgbench reaches with one statement a call
 * @property {boolean} [p99] whether the 99th percentile of the latency must be no worse than the original's
 */

const METHODS = [
  "list of 100",
  "getById",
  "getLeaseById",
  "ensureLocalEnvironment",
  "create",
  "update",
  "remove",
  "listLeases of 100",
  "acquireLease",
  "releaseLease",
  "updateLeaseMetadata",
  "releaseLeasesForRun",
];
const WRITES = ["releaseLease", "updateLeaseMetadata", "create", "update", "remove"];

/** @type {Target[]} */
export const targets = [
  { works: ["getById", "getLeaseById"], callers: 64, speed: 20, loop: 40, limit: 1.3 },
  { works: ["ensureLocalEnvironment"], callers: 64, speed: 15, loop: 30 },
  { works: ["acquireLease"], callers: 64, speed: 10, loop: 50, limit: 2 },
  { works: WRITES, callers: 64, speed: 8, loop: 30 },
  { works: METHODS, callers: 1, speed: 2.5, loop: 5, p99: true },
  { works: ["list of 1,000"], callers: 8, speed: 3, loop: 3 },
  { works: ["listJson of 1,000"], speed: 3, loop: 100 },
];

/** Of the addon itself. Memory is compared with the original's. */
export const sizeTargets = { addonBytes: 5_000_000, memory: 1 };

/**
 * @typedef {object} Judgement
 * @property {"calls/s" | "event loop" | "pgbench" | "p99"} of
 * @property {number} wanted
 * @property {number} found
 * @property {boolean} reached
 */

/**
 * @param {{ work: string, callers: number }} row
 * @param {{ speed: number, loop: number, limit: number | null, p99: number }} found ratios, ours to the
 *   original's, each the larger the better
 * @returns {Judgement[]}
 */
export function judge({ work, callers }, found) {
  const target = targets.find((each) => each.works.includes(work) && (each.callers ?? callers) === callers);
  if (!target) return [];

  /** @type {Judgement[]} */
  const judgements = [
    judgement("calls/s", target.speed, found.speed),
    judgement("event loop", target.loop, found.loop),
  ];
  if (target.limit && found.limit !== null) judgements.push(judgement("pgbench", target.limit, found.limit));
  if (target.p99) judgements.push(judgement("p99", 1, found.p99));
  return judgements;
}

/**
 * @param {Judgement["of"]} of
 * @param {number} wanted
 * @param {number} found
 * @returns {Judgement}
 */
function judgement(of, wanted, found) {
  return { of, wanted, found, reached: found >= wanted };
}
