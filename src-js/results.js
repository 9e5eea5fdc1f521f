"use strict";

/**
 * From what `JSON.parse` gives to what callers get: the dates become `Date` objects, in place, so
 * that keys keep the order in which Rust wrote them.
 *
 * `Date` is looked up at each use: in a `vm` context, or under fake timers, it is the caller's.
 */

/** @typedef {import("../index").Environment} Environment */
/** @typedef {import("../index").EnvironmentLease} EnvironmentLease */

/**
 * @param {any} row numbers of milliseconds, or text, where the result has dates
 * @returns {Environment}
 */
function environment(row) {
  row.createdAt = new Date(row.createdAt);
  row.updatedAt = new Date(row.updatedAt);
  return row;
}

/**
 * @param {any} row
 * @returns {EnvironmentLease}
 */
function lease(row) {
  row.acquiredAt = new Date(row.acquiredAt);
  row.lastUsedAt = new Date(row.lastUsedAt);
  if (row.expiresAt !== null) row.expiresAt = new Date(row.expiresAt);
  if (row.releasedAt !== null) row.releasedAt = new Date(row.releasedAt);
  row.createdAt = new Date(row.createdAt);
  row.updatedAt = new Date(row.updatedAt);
  return row;
}

/**
 * @template T
 * @param {(row: any) => T} read
 * @returns {(row: any) => T | null}
 */
const orNull = (read) => (row) => (row === null ? null : read(row));

/**
 * @template T
 * @param {(row: any) => T} read
 * @returns {(rows: any[]) => T[]}
 */
const listOf = (read) => (rows) => {
  for (const row of rows) read(row);
  return rows;
};

module.exports = { environment, lease, orNull, listOf };
