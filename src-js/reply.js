"use strict";

/**
 * Reads the native side's reply into the outcome of each call of a batch.
 *
 * `Date` is looked up at each use, because a `vm` context or fake timers may replace it.
 */

const { objectFromLists } = require("./keys.js");

/**
 * The cells of each column, or one cell if it is the same in all rows. For a date, the cell is the argument of
 * `new Date`.
 *
 * @typedef {any[][]} Columns
 */

/** @template T @typedef {(columns: Columns, row: number) => T} ReadRow */

/** @param {any[] | undefined} column @param {number} row */
function at(column, row) {
  return /** @type {any[]} */ (column)[/** @type {any[]} */ (column).length === 1 ? 0 : row];
}

/** @param {number | string | null} argument */
function dateOrNull(argument) {
  return argument === null ? null : new Date(argument);
}

/**
 * The outcome of a call: rows, ready JSON, or a failure.
 *
 * @typedef {{ rows?: any[], json?: Buffer, failure?: unknown }} Outcome
 */

/**
 * One of the texts of a reply.
 *
 * @typedef {object} Part
 * @property {Columns} columns the rows of all calls
 * @property {[column: number, row: number][]} [lists] the cells that are documents with their objects as lists
 * @property {number[]} counts the number of rows of each call
 * @property {[number, Record<string, unknown> & { message: string }][]} [errors] the calls that failed
 * @property {boolean} [more] whether the rows of the last call continue in the next part
 */

/**
 * The outcome of each call of a batch. Calls share no objects.
 *
 * @template T
 * @param {string[]} parts
 * @param {ReadRow<T>} readRow
 * @returns {Outcome[]}
 */
function readRows(parts, readRow) {
  /** @type {Outcome[]} */
  const outcomes = [];
  /** @type {T[]} */
  let rows = [];
  for (const text of parts) {
    /** @type {Part} */
    const { columns, lists = [], counts, errors = [], more = false } = JSON.parse(text);
    for (const [column, row] of lists) {
      const cells = /** @type {any[]} */ (columns[column]);
      cells[row] = objectFromLists(cells[row]);
    }
    const failures = new Map(errors);
    let row = 0;
    for (let number = 0; number < counts.length; number++) {
      for (const end = row + (counts[number] ?? 0); row < end; row++) rows.push(readRow(columns, row));
      if (more && number === counts.length - 1) break;
      const properties = failures.get(number);
      outcomes.push(properties === undefined ? { rows } : { failure: { properties } });
      rows = [];
    }
  }
  return outcomes;
}

/**
 * The outcome of a call for ready JSON. If the native side has left the JSON to JavaScript, it is written row by
 * row, since the whole may be too long for a string.
 *
 * @param {Buffer | string[]} reply
 * @param {ReadRow<unknown>} readRow
 * @returns {Outcome}
 */
function readJson(reply, readRow) {
  if (!Array.isArray(reply)) return { json: reply };
  const [{ rows = [], failure } = {}] = readRows(reply, readRow);
  if (failure !== undefined) return { failure };
  const texts = rows.map((row, number) => Buffer.from((number === 0 ? "" : ",") + JSON.stringify(row)));
  return { json: Buffer.concat([Buffer.from("["), ...texts, Buffer.from("]")]) };
}

module.exports = { at, dateOrNull, readRows, readJson };
