"use strict";

/**
 * A call that waits for its answer, from its start to what becomes of it.
 *
 * Its outcome is told to those who listen on Node's `diagnostics_channel`. The event holds no value of the call or of
 * its answer, and costs nothing while nobody listens.
 */

const { channel } = require("node:diagnostics_channel");
const { performance } = require("node:perf_hooks");
const CODES = require("./codes");
const { aborted } = require("./errors");
const { onAbort } = require("./signals");

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
  #stopListening = () => {};
  /** Whether its caller has an answer, or no longer waits. */
  #isAnswered = false;
  #isSettled = false;
  #batchSize = 0;
  /** What it may have to wait for, if that is to be told apart. @type {string | null} */
  lane = null;
  /** What its caller awaits. @type {Promise<any>} */
  promise = new Promise((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });

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

  /** Has a signal end its caller's wait. @param {AbortSignal} signal @param {() => void} onAbandoned */
  heed(signal, onAbandoned) {
    this.#stopListening = onAbort(signal, () => {
      this.abandon(signal);
      onAbandoned();
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

  /** Whether its caller no longer waits. */
  get isAnswered() {
    return this.#isAnswered;
  }

  /** It has come back without an effect, and waits again: unless its caller no longer does. */
  goBack() {
    if (this.#isAnswered) this.#end();
    else this.#load.goBack(this.text);
    return !this.#isAnswered;
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
    this.refuse(aborted(signal));
  }

  #end() {
    this.#isSettled = true;
    this.#load.end();
  }

  /** @param {Outcome} outcome */
  #answer(outcome) {
    this.#isAnswered = true;
    // First of all: what is called below is not ours.
    if (outcome.failure === undefined) this.#resolve(this.method.answer(outcome));
    else this.#reject(outcome.failure);
    if (outcome.failure === undefined) this.#load.resolved += 1;
    else this.#load.rejected += 1;
    if (this.#begin !== null) this.#publish(outcome, performance.now() - this.#begin);
    this.#stopListening();
  }

  /** @param {Outcome} outcome @param {number} duration */
  #publish({ failure, rows }, duration) {
    const code = failure === undefined ? null : propertyOf(failure, "code");
    const ended = code === CODES.aborted ? "aborted" : "rejected";
    /** @type {import("../index").CallEvent} */
    const event = {
      method: /** @type {any} */ (this.method.name),
      duration,
      batchSize: this.#batchSize,
      outcome: failure === undefined ? "resolved" : ended,
      code,
      rows: rows?.length ?? null,
    };
    callChannel.publish(event);
  }
}

/** @param {Outcome} outcome @returns {string | undefined} */
function idIn({ failure, rows }) {
  return failure === undefined ? rows?.[0]?.id : (propertyOf(failure, "leaseId") ?? undefined);
}

/** @param {unknown} failure @param {string} name @returns {string | null} */
function propertyOf(failure, name) {
  const { properties } = /** @type {{ properties?: Record<string, unknown> }} */ (failure ?? {});
  const value = properties?.[name];
  return typeof value === "string" ? value : null;
}

module.exports = { Call };
