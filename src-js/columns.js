"use strict";

/**
 * The cells of rows, which cross as columns.
 *
 * `Date` is looked up at each use: in a `vm` context, or under fake timers, it is the caller's.
 */

/**
 * The cells of each column; one cell, if it is the same in all rows. Where the result has a date, the cell is the
 * argument of `new Date`.
 *
 * @typedef {any[][]} Columns
 */

/**
 * @template T
 * @typedef {(columns: Columns, row: number) => T} ReadRow
 */

/**
 * @param {any[] | undefined} column
 * @param {number} row
 */
function at(column, row) {
  return /** @type {any[]} */ (column)[/** @type {any[]} */ (column).length === 1 ? 0 : row];
}

/** @param {number | string | null} argument */
function dateOrNull(argument) {
  return argument === null ? null : new Date(argument);
}

module.exports = { at, dateOrNull };
