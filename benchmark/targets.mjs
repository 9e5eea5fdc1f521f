/**
 * What is measured, and what is wanted of it. A target that is missed is shown and fails nothing: the machine may be
 * busy. A wrong answer fails the run.
 */

/**
 * @typedef {object} Target ratios of this package to others in the same run
 * @property {number} speed at least so many times the original's calls a second
 * @property {number} loop at most one part in so many of the original's event-loop time a call
 * @property {number} byHand at least so many times the calls a second of postgres.js with statements written by hand
 */

/**
 * @typedef {object} Line
 * @property {string[]} works
 * @property {number} callers loops that each make one call after the other
 * @property {Target} target
 */

/** @type {Line[]} */
export const lines = [
  { works: ["getById", "getLeaseById"], callers: 1, target: { speed: 4, loop: 6, byHand: 1.2 } },
  {
    works: ["acquireLease", "updateLeaseMetadata", "releaseLease"],
    callers: 1,
    target: { speed: 2.5, loop: 5, byHand: 1.2 },
  },
  { works: ["list of 100"], callers: 1, target: { speed: 2, loop: 4, byHand: 1.3 } },
  { works: ["listJson of 100"], callers: 1, target: { speed: 3, loop: 12, byHand: 1.8 } },
  { works: ["list of 1,000"], callers: 8, target: { speed: 5, loop: 5, byHand: 3 } },
  { works: ["getById"], callers: 64, target: { speed: 20, loop: 50, byHand: 4 } },
  { works: ["acquireLease"], callers: 64, target: { speed: 10, loop: 50, byHand: 3 } },
  {
    works: ["create", "update", "releaseLease", "updateLeaseMetadata"],
    callers: 64,
    target: { speed: 8, loop: 35, byHand: 3 },
  },
  { works: ["remove"], callers: 64, target: { speed: 5, loop: 30, byHand: 2 } },
  { works: ["listLeases of 30,000"], callers: 1, target: { speed: 4, loop: 4, byHand: 2 } },
  { works: ["agent run"], callers: 1, target: { speed: 3, loop: 6, byHand: 1.3 } },
  { works: ["agent run"], callers: 16, target: { speed: 8, loop: 25, byHand: 3 } },
  { works: ["agent run"], callers: 64, target: { speed: 8, loop: 30, byHand: 3 } },
];

/** Of the addon itself. Memory is compared with the original's. */
export const sizeTargets = { addonBytes: 5_000_000, memory: 1 };

/**
 * @typedef {object} Judgement
 * @property {keyof Target} of
 * @property {number} wanted
 * @property {number} found
 * @property {boolean} reached
 */

/**
 * @param {Target} target
 * @param {Record<keyof Target, import("./measure/statistics.mjs").Spread>} ratios each the larger the better
 * @returns {Judgement[]}
 */
export function judge(target, ratios) {
  const keys = /** @type {(keyof Target)[]} */ (Object.keys(target));
  return keys.map((of) => {
    const [wanted, found] = [target[of], ratios[of].median];
    return { of, wanted, found, reached: found >= wanted };
  });
}
