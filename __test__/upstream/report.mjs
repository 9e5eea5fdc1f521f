// The report on a release: one line, and the differences below it.

import { nearest } from "./compare.mjs";

/** @typedef {import("./compare.mjs").Difference} Difference */

const SHOWN_OF_HASH = 12;

/**
 * @param {string} version
 * @param {import("./facts.mjs").Facts} facts
 * @param {import("./known.mjs").Generation[]} known
 * @returns {{ isKnown: boolean, lines: string[] }}
 */
export function report(version, facts, known) {
  const found = nearest(facts, known);
  if (found === null) return { isKnown: false, lines: [`${version}  UNKNOWN, as is every other`] };
  const { generation, differences } = found;
  const { name, served, releases } = generation;
  const { unreadable = [] } = facts;
  const isKnown = differences.length === 0 && unreadable.length === 0;
  const unpublished = unpublishedIn(facts);
  const notes = isKnown
    ? [
        `same as ${name}`,
        served === null ? "not served" : `served as ${served}`,
        ...(releases.includes(version) ? [] : ["not recorded yet"]),
      ]
    : [`UNKNOWN, nearest to ${name}`];
  if (facts.tables && !generation.tables) notes.push("whose tables are not recorded");
  if (unpublished.length > 0) notes.push(`${unpublished.join(" and ")} not published`);
  return {
    isKnown,
    lines: [
      `${version.padEnd(12)} ${notes.join(", ")}`,
      ...[...unreadable.map((what) => `unreadable: ${what}`), ...differences.flatMap(shown)].map(indented),
      ...(isKnown
        ? []
        : [indented(`to read: .cache/upstream/${releases.at(-1)}/ and .cache/upstream/${version}/`)]),
    ],
  };
}

/** @param {string} line */
function indented(line) {
  return `    ${line}`;
}

/** @param {import("./facts.mjs").Facts} facts */
function unpublishedIn({ tables, words, unreadable }) {
  const isUnpublished = (/** @type {string} */ what, /** @type {object | null} */ facts) =>
    facts === null && !unreadable?.some((line) => line.startsWith(what));
  return [
    ...(isUnpublished("the tables", tables) ? ["tables"] : []),
    ...(isUnpublished("the words", words) ? ["words"] : []),
  ];
}

/** @param {Difference} difference */
function shown({ what, was, is }) {
  if (was === undefined) return [`new: ${what}${definition(is)}`];
  if (is === undefined) return [`gone: ${what}${definition(was)}`];
  return [`changed: ${what}`, indented(`was ${short(was)}`), indented(`is  ${short(is)}`)];
}

/** @param {string | undefined} text */
function definition(text = "") {
  return text === "" ? "" : `: ${short(text)}`;
}

/** @param {string} text */
function short(text) {
  return /^[0-9a-f]{64}$/.test(text) ? text.slice(0, SHOWN_OF_HASH) : text;
}
