// The releases to examine if none are given.

import { byAge } from "./compare.mjs";

/**
 * Those that are not recorded, and the newest that is: it shows that what is recorded can still be found.
 *
 * @param {string[]} published
 * @param {{ releases: string[] }[]} known
 * @param {boolean} all the recorded ones as well
 * @returns {string[]} the oldest first
 */
export function chosen(published, known, all) {
  const recorded = known.flatMap(({ releases }) => releases).toSorted(byAge);
  const [oldest = "0"] = recorded;
  const newest = recorded.at(-1);
  return published
    .filter((version) => /^\d+\.\d+\.\d+$/.test(version) && byAge(version, oldest) >= 0)
    .filter((version) => all || version === newest || !recorded.includes(version))
    .toSorted(byAge);
}
