/** All kinds of work, by name. */

import { environments } from "./environments.mjs";
import { leases } from "./leases.mjs";
import { lists } from "./lists.mjs";

/** @typedef {import("./work.mjs").Work} Work */

/** @type {ReadonlyMap<string, Work>} */
export const works = new Map([...environments, ...leases, ...lists].map((work) => [work.name, work]));

/** @param {string} name @returns {Work} */
export function workOf(name) {
  const work = works.get(name);
  if (!work) throw new Error(`There is no work called ${name}.`);
  return work;
}
