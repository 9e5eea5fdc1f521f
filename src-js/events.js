"use strict";

/**
 * What is told to those who listen on Node's `diagnostics_channel`: one event for each call, when it has
 * its outcome. It holds no value of the call or of its answer, and costs nothing while nobody listens.
 */

const { channel } = require("node:diagnostics_channel");
const { performance } = require("node:perf_hooks");

/** @typedef {import("../index").CallEvent} CallEvent */

const callChannel = channel("paperclip-environment-service:call");

/**
 * Has the outcome of a call published.
 *
 * @param {string} method
 * @param {import("./gather").Pending} pending
 */
function publishOutcome(method, pending) {
  const begin = performance.now();
  const { resolve, reject } = pending;
  /** @param {Pick<CallEvent, "outcome" | "code" | "rows">} outcome */
  const publish = (outcome) => {
    const { batchSize = 0 } = pending;
    callChannel.publish({ method, duration: performance.now() - begin, batchSize, ...outcome });
  };
  pending.resolve = (answer, rows) => {
    publish({ outcome: "resolved", code: null, rows });
    resolve(answer, rows);
  };
  pending.reject = (reason) => {
    const code = codeOf(reason);
    publish({ outcome: code === "ABORT_ERR" ? "aborted" : "rejected", code, rows: null });
    reject(reason);
  };
}

/**
 * @param {unknown} reason
 * @returns {string | null}
 */
function codeOf(reason) {
  const { properties } = /** @type {{ properties?: { code?: unknown } }} */ (reason);
  return typeof properties?.code === "string" ? properties.code : null;
}

module.exports = { callChannel, publishOutcome };
