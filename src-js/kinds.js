"use strict";

/** The kinds of calls: how the reply to each is read, and what its calls share. */

const calls = require("./arguments");
const { settleJson, settleRows } = require("./reply");
const { environment, lease } = require("./results");

/** @typedef {Exclude<keyof import("../native").NativeService, "cancel" | "close" | "statistics">} Method */
/** @typedef {import("./reply").Waiting} Waiting */

/**
 * @typedef {object} Reading
 * @property {(reply: any, calls: Waiting[]) => void} settle hands each call of a batch its answer
 * @property {boolean} shares whether calls of the same text can be sent as one
 * @property {boolean} [runsToItsEnd] whether calls are let run though nobody waits for them any longer
 * @property {(id: string) => Undoing} [undo] what is called then, to take back what they have made
 *
 * @typedef {{ method: Method, call: string, row: string | null }} Undoing
 */

/**
 * Each call of the batch has its part in the reply.
 *
 * @param {import("./results").ReadRow<unknown>} readRow
 * @returns {Reading}
 */
const each = (readRow) => ({
  settle: (reply, calls) => settleRows(reply, calls, readRow),
  shares: false,
});

/**
 * Lists are asked for one by one, but those who ask for the same one at the same time are answered by
 * the same statement; each is given objects of its own.
 *
 * @param {import("./results").ReadRow<unknown>} readRow
 * @returns {Reading}
 */
const list = (readRow) => ({
  settle: (reply, calls) => {
    for (const call of calls) settleRows(reply, [call], readRow);
  },
  shares: true,
});

/**
 * @param {import("./results").ReadRow<unknown>} readRow
 * @returns {Reading}
 */
const json = (readRow) => ({
  settle: (reply, [first, ...others]) => {
    for (const call of others) settleJson(Array.isArray(reply) ? reply : Buffer.from(reply), call, readRow);
    if (first !== undefined) settleJson(reply, first, readRow);
  },
  shares: true,
});

/**
 * Ends a lease that nobody knows of.
 *
 * @param {string} id
 * @returns {Undoing}
 */
function giveBack(id) {
  const call = calls.releaseLease(id, "released", { failureReason: "The call that acquired it was aborted" });
  return { method: "releaseLease", call, row: rowOf(id) };
}

/** @type {Record<Method, Reading>} */
const kinds = {
  list: list(environment),
  listJson: json(environment),
  getById: each(environment),
  getLeaseById: each(lease),
  ensureLocalEnvironment: each(environment),
  create: each(environment),
  update: each(environment),
  remove: each(environment),
  listLeases: list(lease),
  listLeasesJson: json(lease),
  acquireLease: { ...each(lease), runsToItsEnd: true, undo: giveBack },
  releaseLease: each(lease),
  updateLeaseMetadata: each(lease),
  releaseLeasesForRun: each(lease),
};

/**
 * One text for all the forms in which PostgreSQL takes a UUID.
 *
 * @param {string} id
 */
function rowOf(id) {
  return id.replace(/[{}-]/g, "").toLowerCase();
}

module.exports = { kinds, rowOf };
