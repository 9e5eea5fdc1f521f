"use strict";

/**
 * From columns, as Rust sends rows, to what callers get: one object literal a row, so that all have
 * one shape, with the keys in their order.
 *
 * `Date` is looked up at each use: in a `vm` context, or under fake timers, it is the caller's.
 */

/** @typedef {import("../index").Environment} Environment */
/** @typedef {import("../index").EnvironmentLease} EnvironmentLease */

/**
 * The cells of each column; one cell, if it is the same in all rows. Where the result has dates, they
 * are the argument of `new Date`.
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

/** @type {ReadRow<Environment>} */
function environment(columns, row) {
  return {
    id: at(columns[0], row),
    companyId: at(columns[1], row),
    name: at(columns[2], row),
    description: at(columns[3], row),
    driver: at(columns[4], row),
    status: at(columns[5], row),
    config: at(columns[6], row),
    metadata: at(columns[7], row),
    createdAt: new Date(at(columns[8], row)),
    updatedAt: new Date(at(columns[9], row)),
  };
}

/** @type {ReadRow<EnvironmentLease>} */
function lease(columns, row) {
  return {
    id: at(columns[0], row),
    companyId: at(columns[1], row),
    environmentId: at(columns[2], row),
    executionWorkspaceId: at(columns[3], row),
    issueId: at(columns[4], row),
    heartbeatRunId: at(columns[5], row),
    status: at(columns[6], row),
    leasePolicy: at(columns[7], row),
    provider: at(columns[8], row),
    providerLeaseId: at(columns[9], row),
    acquiredAt: new Date(at(columns[10], row)),
    lastUsedAt: new Date(at(columns[11], row)),
    expiresAt: dateOrNull(at(columns[12], row)),
    releasedAt: dateOrNull(at(columns[13], row)),
    failureReason: at(columns[14], row),
    cleanupStatus: at(columns[15], row),
    metadata: at(columns[16], row),
    createdAt: new Date(at(columns[17], row)),
    updatedAt: new Date(at(columns[18], row)),
  };
}

module.exports = { environment, lease };
