"use strict";

/**
 * A call, from its start to its outcome.
 *
 * The outcome is published on Node's `diagnostics_channel`. The event holds no value of the call or of its answer,
 * and costs nothing if there are no subscribers.
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
  /** Whether the caller's promise is resolved or rejected. */
  #isAnswered = false;
  #isConcluded = false;
  #batchSize = 0;
  /** What it may have to wait for, if calls of this method have lanes. @type {string | null} */
  lane = null;
  /** The caller's promise. @type {Promise<any>} */
  promise = new Promise((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });

  /**
   * @param {Method} method
   * @param {string} text the arguments as JSON
   * @param {string | null} row the row it writes, if the order of calls about that row matters
   * @param {Load} load
   */
  constructor(method, text, row, load) {
    this.method = method;
    this.text = text;
    this.row = row;
    this.#load = load;
  }

  /** Rejects the caller's promise when the signal aborts.
   * @param {AbortSignal} signal @param {() => void} onAbandoned */
  heed(signal, onAbandoned) {
    this.#stopListening = onAbort(signal, () => {
      this.abandon(signal);
      onAbandoned();
    });
  }

  /** Puts the call into the queue. */
  enqueue() {
    this.#load.begin(this.text);
  }

  /** Counts the call as sent. @param {number} batchSize how many calls are sent together, with this one */
  send(batchSize) {
    this.#load.leaveQueue(this.text);
    this.#batchSize = batchSize;
  }

  /** Whether the caller's promise is resolved or rejected. */
  get isAnswered() {
    return this.#isAnswered;
  }

  /** Puts a call that came back without an effect into the queue again, unless its caller has given up. */
  goBack() {
    if (this.#isAnswered) this.#end();
    else this.#load.goBack(this.text);
    return !this.#isAnswered;
  }

  /** Takes the call out of the queue. */
  withdraw() {
    this.#load.leaveQueue(this.text);
    this.#end();
  }

  /**
   * Ends the call with its outcome.
   *
   * @param {Outcome} outcome
   * @returns {string | undefined} the id of the row it created, or may have created, if its caller has given up
   */
  conclude(outcome) {
    if (this.#isConcluded) return undefined;
    this.#end();
    if (this.#isAnswered) return idIn(outcome);
    this.#answer(outcome);
    return undefined;
  }

  /** Rejects the caller's promise. @param {unknown} failure */
  refuse(failure) {
    this.#answer({ failure });
  }

  /** Rejects the caller's promise because of its signal. @param {AbortSignal} signal */
  abandon(signal) {
    this.#load.aborted += 1;
    this.refuse(aborted(signal));
  }

  #end() {
    this.#isConcluded = true;
    this.#load.end();
  }

  /** @param {Outcome} outcome */
  #answer(outcome) {
    this.#isAnswered = true;
    // The promise comes first: subscribers and signals, which are called below, may throw.
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
