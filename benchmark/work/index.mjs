/** All kinds of work, by name. */

import { agentRun } from "./agent-run.mjs";
import { environments } from "./environments.mjs";
import { leases } from "./leases.mjs";
import { lists } from "./lists.mjs";

/** @typedef {import("./work.mjs").Work} Work */

/** @type {Work[]} */
const all = [...environments, ...leases, ...lists, agentRun];

const works = new Map(all.map((work) => [work.name, work]));

/** @param {string} name @returns {Work} */
export function workOf(name) {
  const work = works.get(name);
  if (!work) throw new Error(`There is no work called ${name}.`);
  return work;
}
