/** The rows of the tables: a kind of work, by so many callers at once. */

import { lines } from "./targets.mjs";
import { workOf } from "./work/index.mjs";

/** @typedef {import("./work/work.mjs").Work} Work */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {Work} work
 * @property {number} callers
 * @property {import("./targets.mjs").Target} target
 */

/** @type {Row[]} */
export const rows = lines.flatMap(({ works, callers, target }) =>
  works.map((work) => ({ name: rowName(work, callers), work: workOf(work), callers, target })),
);

/** The names of those that the README and its chart show. */
const SHOWN = [
  "getById, 1 caller",
  "getById, 64 callers",
  "acquireLease, 64 callers",
  "list of 1,000, 8 callers",
  "agent run, 1 caller",
  "agent run, 16 callers",
];

/** The names of those by which two builds are compared. */
const GUARDED = [
  "getById, 1 caller",
  "getById, 64 callers",
  "acquireLease, 1 caller",
  "acquireLease, 64 callers",
  "update, 64 callers",
  "list of 100, 1 caller",
  "listJson of 100, 1 caller",
  "agent run, 16 callers",
];

/** @template {{ name: string }} T @param {T[]} from @param {string[]} names */
const named = (from, names) => names.flatMap((name) => from.filter((row) => row.name === name));

/** @template {{ name: string }} T @param {T[]} from */
export const shown = (from) => named(from, SHOWN);
export const guarded = named(rows, GUARDED);

/**
 * @param {Row[]} from
 * @param {string} [only] a part of their names
 * @returns {Row[]}
 */
export function chooseRows(from, only = "") {
  const chosen = from.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()));
  if (chosen.length === 0) throw new Error(`No row's name contains “${only}”.`);
  return chosen;
}

/** @param {string} work @param {number} callers */
function rowName(work, callers) {
  return `${work}, ${callers === 1 ? "1 caller" : `${callers} callers`}`;
}
