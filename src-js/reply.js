"use strict";

/** From what the native side resolves to, to the answer of each call of a batch. */

const { objectFromLists } = require("./keys.js");

/**
 * A call that waits for its answer.
 *
 * @typedef {object} Waiting
 * @property {(answer: any, rows: number | null) => void} resolve
 * @property {(reason: unknown) => void} reject
 */

/**
 * One of the texts of a reply.
 *
 * @typedef {object} Part
 * @property {import("./results").Columns} columns the rows of all calls
 * @property {[column: number, row: number][]} [lists] the cells that are documents with their objects as lists
 * @property {number[]} counts how many of them are each call's
 * @property {[number, Record<string, unknown> & { message: string }][]} [errors] the calls that failed
 * @property {boolean} [more] whether the last call's rows go on in the next part
 */

/**
 * Hands each call of a batch its rows, as objects that are its alone.
 *
 * @template T
 * @param {string[]} parts
 * @param {Waiting[]} calls
 * @param {import("./results").ReadRow<T>} readRow
 */
function settleRows(parts, calls, readRow) {
  let call = 0;
  /** @type {T[]} */
  let rows = [];
  for (const text of parts) {
    /** @type {Part} */
    const { columns, lists = [], counts, errors = [], more = false } = JSON.parse(text);
    for (const [column, row] of lists) {
      const cells = /** @type {any[]} */ (columns[column]);
      cells[row] = objectFromLists(cells[row]);
    }
    const failed = new Set();
    for (const [number, properties] of errors) {
      failed.add(number);
      calls[call + number]?.reject({ properties });
    }
    let row = 0;
    for (let number = 0; number < counts.length; number++) {
      for (const end = row + (counts[number] ?? 0); row < end; row++) rows.push(readRow(columns, row));
      if (more && number === counts.length - 1) break;
      if (!failed.has(number)) calls[call]?.resolve(rows, rows.length);
      rows = [];
      call += 1;
    }
  }
}

/**
 * Hands the one call its list as JSON. Where the native side has left it to JavaScript, it is made
 * here, row by row, since all of it may be longer than a string can be.
 *
 * @template T
 * @param {Buffer | string[]} reply
 * @param {Waiting} call
 * @param {import("./results").ReadRow<T>} readRow
 */
function settleJson(reply, call, readRow) {
  if (!Array.isArray(reply)) {
    call.resolve(reply, null);
    return;
  }
  /** @param {T[]} rows */
  const resolve = (rows) => {
    const texts = rows.map((row, number) => Buffer.from((number === 0 ? "" : ",") + JSON.stringify(row)));
    call.resolve(Buffer.concat([Buffer.from("["), ...texts, Buffer.from("]")]), null);
  };
  settleRows(reply, [{ resolve, reject: call.reject }], readRow);
}

module.exports = { settleRows, settleJson };
