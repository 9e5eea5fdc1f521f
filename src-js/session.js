"use strict";

/** A native pool and the calls that are made on it, from its first call to its end. */

const { callChannel, publishOutcome } = require("./events");
const { Gatherer, Turn } = require("./gather");
const { kinds } = require("./kinds");
const { onAbort } = require("./signals");

/** @typedef {import("./gather").Pending} Pending */
/** @typedef {import("./kinds").Method} Method */
/** @typedef {import("../native").NativeService} NativeService */

/**
 * Batches of one kind under way at once: more than one, so that a batch that waits for a lock does not
 * hold up the calls that come after it.
 */
const MOST_BATCHES = 3;

/** Calls that may wait to be sent, and the characters of them together, so that memory has an end. */
const MOST_WAITING = 100_000;
const MOST_WAITING_TEXT = 1 << 28;

/** The first ticket is not 0, and none is more than 32 bits of Rust hold. */
const LAST_TICKET = 2 ** 32 - 1;

class Session {
  #native;
  /** @type {Map<Method, InstanceType<typeof Gatherer>>} */
  #gatherers = new Map();
  /** Lists share their turns, so that a connection is left for quick calls. */
  #lists;
  #ticket = 0;
  #underWay = 0;
  #waiting = 0;
  #waitingText = 0;
  #counts = { resolved: 0, rejected: 0, aborted: 0, batches: 0, batchedCalls: 0, largestBatch: 0 };
  /** @type {(() => void) | null} */
  #onIdle = null;

  /**
   * @param {NativeService} native
   * @param {number} maxConnections
   */
  constructor(native, maxConnections) {
    this.#native = native;
    this.#lists = new Turn(Math.max(1, maxConnections - 1));
  }

  /**
   * @param {Method} method
   * @param {string} call its JSON text
   * @param {string | null} row what the call writes, if the order of calls on it matters
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>} rejects with a Failure
   */
  answer(method, call, row, signal) {
    return new Promise((resolve, reject) => {
      const pending = this.#watched(method, { call, row, signal, isAbandoned: false, resolve, reject });
      if (signal?.aborted) {
        this.#counts.aborted += 1;
        pending.reject(aborted(signal));
      } else if (this.#isFull(call)) {
        pending.reject(queueFull());
      } else {
        this.#add(method, pending);
      }
    });
  }

  /**
   * The same call, whose outcome is counted, and told to those who listen.
   *
   * @param {Method} method
   * @param {Pending} pending
   */
  #watched(method, pending) {
    const { resolve, reject } = pending;
    pending.resolve = (answer, rows) => {
      this.#counts.resolved += 1;
      resolve(answer, rows);
    };
    pending.reject = (reason) => {
      this.#counts.rejected += 1;
      reject(reason);
    };
    if (callChannel.hasSubscribers) publishOutcome(method, pending);
    return pending;
  }

  /** @param {string} call */
  #isFull(call) {
    if (this.#waiting === 0) return false;
    return this.#waiting >= MOST_WAITING || this.#waitingText + call.length > MOST_WAITING_TEXT;
  }

  /**
   * @param {Method} method
   * @param {Pending} pending
   */
  #add(method, pending) {
    this.#underWay += 1;
    this.#waiting += 1;
    this.#waitingText += pending.call.length;
    const gatherer = this.#gatherer(method);
    if (pending.signal !== undefined) this.#heed(pending.signal, pending, gatherer, method);
    gatherer.add(pending);
  }

  /** Numbers for those who watch. */
  statistics() {
    const { resolved, rejected, aborted, batches, batchedCalls, largestBatch } = this.#counts;
    const { open, idle, waiting, opened, failed, repeated, settled, unknown } = this.#native.statistics();
    return {
      connections: { open, idle, waiting, opened, failed },
      calls: { underWay: this.#underWay, waiting: this.#waiting, resolved, rejected, aborted, unknown },
      batches: { sent: batches, calls: batchedCalls, largest: largestBatch, repeated, settled },
    };
  }

  /** Waits for the calls under way, and disconnects. */
  async close() {
    if (this.#underWay > 0) {
      await new Promise((resolve) => {
        this.#onIdle = () => resolve(undefined);
      });
    }
    await this.#native.close();
  }

  /** @param {Method} method */
  #gatherer(method) {
    let gatherer = this.#gatherers.get(method);
    if (gatherer === undefined) {
      const { settle, shares, runsToItsEnd } = kinds[method];
      /** @type {import("./gather").Kind["send"]} */
      const send = (calls, alone, batch) => {
        const canBeGivenUp = !runsToItsEnd && batch.every(({ signal }) => signal !== undefined);
        return this.#native[method](calls, alone, canBeGivenUp ? this.#newTicket(batch) : undefined);
      };
      gatherer = new Gatherer({ send, settle, shares }, shares ? this.#lists : new Turn(MOST_BATCHES), {
        onTaken: (batch) => this.#taken(batch),
        onSettled: (batch) => this.#settled(batch.length),
      });
      this.#gatherers.set(method, gatherer);
    }
    return gatherer;
  }

  /** @param {Pending[]} batch */
  #taken(batch) {
    for (const { call } of batch) this.#waitingText -= call.length;
    this.#waiting -= batch.length;
    this.#counts.batches += 1;
    this.#counts.batchedCalls += batch.length;
    this.#counts.largestBatch = Math.max(this.#counts.largestBatch, batch.length);
  }

  /** @param {number} calls */
  #settled(calls) {
    this.#underWay -= calls;
    if (this.#underWay === 0) this.#onIdle?.();
  }

  /**
   * A ticket by which the batch can be given up, once nobody waits for any of its calls.
   *
   * @param {Pending[]} batch
   */
  #newTicket(batch) {
    const ticket = (this.#ticket = (this.#ticket % LAST_TICKET) + 1);
    for (const pending of batch) {
      pending.onAbandoned = () => {
        if (batch.every(({ isAbandoned }) => isAbandoned)) this.#native.cancel(ticket);
      };
    }
    return ticket;
  }

  /**
   * Lets a call end when its signal says so: at once for its caller; for the database, where it has not
   * been sent, or where nobody else waits for what it was sent with.
   *
   * @param {AbortSignal} signal
   * @param {Pending} pending
   * @param {InstanceType<typeof Gatherer>} gatherer
   * @param {Method} method
   */
  #heed(signal, pending, gatherer, method) {
    const { resolve, reject } = pending;
    const abort = () => {
      this.#counts.aborted += 1;
      pending.reject(aborted(signal));
      pending.isAbandoned = true;
      if (gatherer.remove(pending)) {
        this.#waiting -= 1;
        this.#waitingText -= pending.call.length;
        this.#settled(1);
      } else {
        pending.onAbandoned?.();
      }
    };
    const unheed = onAbort(signal, abort);
    pending.resolve = (answer, rows) => {
      if (pending.isAbandoned) return this.#undo(method, answer?.[0]?.id);
      unheed();
      resolve(answer, rows);
    };
    pending.reject = (reason) => {
      // Its caller knows already. What may have been made is taken back, where its id is known.
      if (pending.isAbandoned) return this.#undo(method, leaseIn(reason));
      unheed();
      reject(reason);
    };
  }

  /**
   * Takes back what a call has done that nobody waits for any longer: a lease that nobody knows of would
   * cost its owner a running machine.
   *
   * @param {Method} method
   * @param {unknown} id of what it has made, or may have made
   */
  #undo(method, id) {
    const { undo } = kinds[method];
    if (undo === undefined || typeof id !== "string") return;
    const undoing = undo(id);
    const { call, row } = undoing;
    // Where it fails there is nobody to be told; it is among the numbers and the events.
    const nobody = { isAbandoned: false, signal: undefined, resolve: () => {}, reject: () => {} };
    // Also where the queue is full.
    this.#add(undoing.method, this.#watched(undoing.method, { call, row, ...nobody }));
  }
}

/**
 * The error of a call that was given up, as Node's own functions have it.
 *
 * @param {AbortSignal} signal
 */
function aborted(signal) {
  const properties = { name: "AbortError", code: "ABORT_ERR", message: "The call was aborted" };
  return { properties, cause: signal.reason };
}

/**
 * The lease that may have been acquired, where nobody knows.
 *
 * @param {unknown} reason
 */
function leaseIn(reason) {
  const { properties } = /** @type {{ properties?: Record<string, unknown> }} */ (reason);
  return properties?.["leaseId"];
}

function queueFull() {
  const message = `QUEUE_FULL: too many calls wait to be sent (the most are ${MOST_WAITING}, or ${MOST_WAITING_TEXT} characters of them)`;
  return { properties: { code: "QUEUE_FULL", message } };
}

module.exports = { Session };
