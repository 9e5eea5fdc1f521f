/** What is measured: each kind of work, by so many callers at once. */

import { workOf, works } from "./work/index.mjs";

/** @typedef {import("./work/work.mjs").Work} Work */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {Work} work
 * @property {number} callers loops that each make one call after the other
 * @property {"ours" | "oursByDefault"} ours which of the addon's settings stands in the column of ours
 */

const CALLERS = [1, 16, 64, 256];

/** Lists this long take so long that a few callers are many. */
const LONG = /of (1,000|10,000)$/;

/** @type {Record<string, number[]>} */
const FEW_CALLERS = { "1,000": [1, 8], "10,000": [1] };

const ALL_ROWS = [...works.keys()]
  .flatMap((work) => callersOf(work).map((callers) => row(work, callers)))
  .concat(["getById", "acquireLease"].map((work) => row(work, 64, "oursByDefault")));

/** What a lone caller waits for; and long lists, by few. Beside these, what a busy server does. */
const QUICK = new Set(["getById, 1", "acquireLease, 1", "list of 1,000, 8", "listJson of 1,000, 8"]);

/** Lists by many callers take longer than a quick run has. */
const SLOW = /^list(Json|LeasesJson)? of 100,/;

/**
 * @param {{ quick: boolean, only?: string }} options
 * @returns {Row[]}
 */
export function chooseRows({ quick, only }) {
  const all = quick
    ? ALL_ROWS.filter(({ name, work, callers }) =>
        callers === 64 ? !SLOW.test(name) : QUICK.has(`${work.name}, ${callers}`),
      )
    : ALL_ROWS;
  return only === undefined ? all : all.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()));
}

/** @param {string} work */
function callersOf(work) {
  return FEW_CALLERS[LONG.exec(work)?.[1] ?? ""] ?? CALLERS;
}

/**
 * @param {string} work
 * @param {number} callers
 * @param {Row["ours"]} [ours]
 * @returns {Row}
 */
function row(work, callers, ours = "ours") {
  const remark = ours === "oursByDefault" ? ", our default of 4 connections" : "";
  return { name: `${work}, ${count(callers)}${remark}`, work: workOf(work), callers, ours };
}

/** @param {number} callers */
function count(callers) {
  return callers === 1 ? "1 caller" : `${callers} callers`;
}
