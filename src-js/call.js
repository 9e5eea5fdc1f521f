"use strict";

/**
 * A call that waits for its answer, from its start to what becomes of it.
 *
 * Its outcome is told to those who listen on Node's `diagnostics_channel`. The event holds no value of the call or of
 * its answer, and costs nothing while nobody listens.
 */

const { channel } = require("node:diagnostics_channel");
const { performance } = require("node:perf_hooks");

/** @typedef {import("./methods").Method} Method */
/** @typedef {import("./reply").Outcome} Outcome */
/** @typedef {InstanceType<typeof import("./load").Load>} Load */

const callChannel = channel("paperclip-environment-service:call");

class Call {
  #load;
  #begin = callChannel.hasSubscribers ? performance.now() : null;
  /** @type {(answer: any) => void} */
  #resolve = () => {};
  /** @type {(reason: unknown) => void} */
  #reject = () => {};
  /** Whether its caller has an answer, or no longer waits. */
  #isAnswered = false;
  #isSettled = false;
  #batchSize = 0;
  /** Called once its caller has an answer. @type {(() => void) | null} */
  onAnswered = null;

  /**
   * @param {Method} method
   * @param {string} text the arguments as JSON
   * @param {string | null} row what it writes, if the order of calls about it matters
   * @param {Load} load
   */
  constructor(method, text, row, load) {
    this.method = method;
    this.text = text;
    this.row = row;
    this.#load = load;
  }

  /** What its caller awaits. @returns {Promise<any>} */
  promise() {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** It waits to be sent. */
  enqueue() {
    this.#load.begin(this.text);
  }

  /** It is sent. @param {number} batchSize the calls that are sent together, itself among them */
  send(batchSize) {
    this.#load.leaveQueue(this.text);
    this.#batchSize = batchSize;
  }

  /** It is not sent any more. */
  withdraw() {
    this.#load.leaveQueue(this.text);
    this.#end();
  }

  /**
   * What has become of it.
   *
   * @param {Outcome} outcome
   * @returns {string | undefined} the id of what it has made, or may have made, for a caller that no longer waits
   */
  settle(outcome) {
    if (this.#isSettled) return undefined;
    this.#end();
    if (this.#isAnswered) return idIn(outcome);
    this.#answer(outcome);
    return undefined;
  }

  /** Its caller is told that it is not done. @param {unknown} failure */
  refuse(failure) {
    this.#answer({ failure });
  }

  /** Its caller no longer waits. @param {AbortSignal} signal */
  abandon(signal) {
    this.#load.aborted += 1;
    const properties = { name: "AbortError", code: "ABORT_ERR", message: "The call was aborted" };
    this.refuse({ properties, cause: signal.reason });
  }

  #end() {
    this.#isSettled = true;
    this.#load.end();
  }

  /** @param {Outcome} outcome */
  #answer(outcome) {
    this.#isAnswered = true;
    this.onAnswered?.();
    const isFailure = "failure" in outcome;
    if (isFailure) this.#load.rejected += 1;
    else this.#load.resolved += 1;
    if (this.#begin !== null) this.#publish(outcome, performance.now() - this.#begin);
    if (isFailure) this.#reject(outcome.failure);
    else this.#resolve(this.method.answer(outcome));
  }

  /** @param {Outcome} outcome @param {number} duration */
  #publish(outcome, duration) {
    const common = { method: this.method.name, duration, batchSize: this.#batchSize };
    if ("failure" in outcome) {
      const code = propertyOf(outcome.failure, "code");
      const ended = code === "ABORT_ERR" ? "aborted" : "rejected";
      callChannel.publish({ ...common, outcome: ended, code, rows: null });
    } else {
      const rows = "rows" in outcome ? outcome.rows.length : null;
      callChannel.publish({ ...common, outcome: "resolved", code: null, rows });
    }
  }
}

/** @param {Outcome} outcome @returns {string | undefined} */
function idIn(outcome) {
  if ("failure" in outcome) return propertyOf(outcome.failure, "leaseId") ?? undefined;
  return "rows" in outcome ? outcome.rows[0]?.id : undefined;
}

/** @param {unknown} failure @param {string} name @returns {string | null} */
function propertyOf(failure, name) {
  const { properties } = /** @type {{ properties?: Record<string, unknown> }} */ (failure ?? {});
  const value = properties?.[name];
  return typeof value === "string" ? value : null;
}

module.exports = { Call };
