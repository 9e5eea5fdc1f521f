/** Lists, as objects and as JSON. */

import { idInSql, idOf } from "../data/ids.mjs";
import { SANDBOX, companyOf } from "../data/world.mjs";
import { list } from "../providers/by-hand/by-company.mjs";
import { statements } from "../providers/by-hand/leases.mjs";
import { inWords } from "./work.mjs";

/** @param {number} length */
const hasLength = (length) => (/** @type {unknown[]} */ answer) => answer.length === length;

/** An array of so many objects takes no less; what it holds is compared before anything is measured. */
const LEAST_BYTES_PER_ROW = 250;

/** @param {number} length */
const isJsonOf = (length) => (/** @type {Buffer} */ json) =>
  json.length > length * LEAST_BYTES_PER_ROW && json[0] === 0x5b && json.at(-1) === 0x5d;

/** @param {number} length */
const limitOf = (length) => ({ text: list.text, values: [idInSql(companyOf(length))], numbers: 1 });

/** @type {(length: number) => import("./work.mjs").WorkByCompany} */
const listOf = (length) => ({
  name: `list of ${inWords(length)}`,
  generation: "2026.427",
  call: (service) => service.list(idOf(companyOf(length))),
  holds: hasLength(length),
  rows: length,
  limit: limitOf(length),
});

/** @type {(length: number) => import("./work.mjs").WorkByCompany} */
const listJsonOf = (length) => ({
  name: `listJson of ${inWords(length)}`,
  generation: "2026.427",
  call: (service) => service.listJson(idOf(companyOf(length))),
  holds: isJsonOf(length),
  rows: length,
  limit: limitOf(length),
});

/**
 * What a server of 2026.916 asks for before each sandbox that is used again.
 *
 * @type {import("./work.mjs").WorkByInstance}
 */
const leasesOfSandbox = {
  name: `listLeases of ${inWords(SANDBOX.count)}`,
  generation: "2026.916",
  call: (service) => service.listLeases(idOf(SANDBOX.environment)),
  holds: hasLength(SANDBOX.count),
  rows: SANDBOX.count,
  limit: { text: statements.listLeases.text, values: [idInSql(SANDBOX.environment)], numbers: 1 },
};

export const lists = [listOf(100), listJsonOf(100), listOf(1_000), leasesOfSandbox];
