"use strict";

/** A native pool and its calls. */

const { Call } = require("./call");
const { Gatherer, Turn } = require("./gather");
const { Load, queueFull } = require("./load");
const { failureOf } = require("./caller/database");
const { isFailure } = require("./errors");
const { readRows } = require("./reply");

/** @typedef {import("./methods").Method} Method */
/** @typedef {import("../native").NativeService} NativeService */
/** @typedef {import("./methods").Ask} Ask */

/**
 * How many batches of one method may be under way: more than one, so that a batch that waits for a lock does not
 * delay the calls after it.
 */
const MOST_BATCHES = 3;

class Pool {
  #native;
  #load = new Load();
  /** @type {Map<Method, InstanceType<typeof Gatherer>>} */
  #gatherers = new Map();
  /** Lists share their turns, so that a connection is left for quick calls. */
  #lists;
  /** The generations that fit the database. @type {Set<string>} */
  #fitting = new Set();
  /** How many batches may wait for a lock. It leaves two connections for others, if there are that many. */
  #mostHeld;

  /** @param {NativeService} native @param {number} maxConnections */
  constructor(native, maxConnections) {
    this.#native = native;
    this.#lists = new Turn(Math.max(1, maxConnections - 1));
    this.#mostHeld = Math.max(1, maxConnections - 2);
  }

  /**
   * @param {Method} method
   * @param {string} text the arguments as JSON
   * @param {unknown[]} args
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>} rejects with what `toError` takes
   */
  call(method, text, args, signal) {
    const { isOrdered, lane, mostCalls } = method;
    // Calls that are sent one by one wait for their environment in order, so that one at a time takes a connection.
    const row = isOrdered ? args[0] : mostCalls === 1 ? lane?.(...args) : undefined;
    const call = new Call(method, text, row === undefined ? null : rowOf(String(row)), this.#load);
    if (lane !== undefined) call.lane = rowOf(String(lane(...args)));
    if (signal?.aborted) {
      call.abandon(signal);
    } else if (this.#load.isFull(text)) {
      call.refuse(queueFull());
    } else {
      const gatherer = this.#gatherer(method);
      if (signal !== undefined) call.heed(signal, () => gatherer.remove(call));
      gatherer.add(call);
    }
    return call.promise;
  }

  /**
   * Runs a task of several steps, or on the caller's own database, as a call like any other.
   *
   * @param {Method} method
   * @param {(ask: Ask) => Promise<unknown>} work
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>} rejects with what `toError` takes
   */
  work(method, work, signal) {
    const call = new Call(method, "", null, this.#load);
    if (signal?.aborted) {
      call.abandon(signal);
      return call.promise;
    }
    if (signal !== undefined && !method.endsItself) call.heed(signal, () => {});
    call.enqueue();
    call.send(1);
    const { generation } = method;
    /** @type {Ask} */
    const ask = (part, given, itsSignal) => this.call(part, part.toText(given), [given], itsSignal);
    const begin = async () => (call.isAnswered ? undefined : work(ask));
    // Begins at once if possible: the caller may send more statements in the same transaction.
    const done = this.#fitting.has(generation) ? begin() : this.#checkTables(generation).then(begin);
    done.then(
      (answer) => call.conclude({ rows: [answer] }),
      (reason) => call.conclude({ failure: isFailure(reason) ? reason : failureOf(reason) }),
    );
    return call.promise;
  }

  /** Rejects if the generation does not fit the database. @param {string} generation */
  async #checkTables(generation) {
    const reply = await this.#native.perform(generation, "check", "[null]", true, false);
    const [outcome] = readRows(/** @type {string[]} */ (reply), () => ({}));
    if (outcome?.failure !== undefined) throw outcome.failure;
    this.#fitting.add(generation);
  }

  /** The statistics of the pool. */
  statistics() {
    const { underWay, waiting, resolved, rejected, aborted, batches } = this.#load;
    const numbers = JSON.parse(this.#native.statistics());
    const { open, idle, opened, failed, repeated, settled, unknown } = numbers;
    return {
      connections: { open, idle, waiting: numbers.waiting, opened, failed },
      calls: { underWay, waiting, resolved, rejected, aborted, unknown },
      batches: { ...batches, repeated, settled },
    };
  }

  /** Waits for the calls under way, and disconnects. */
  async close() {
    await this.#load.whenIdle();
    await this.#native.close();
  }

  /** @param {Method} method */
  #gatherer(method) {
    let gatherer = this.#gatherers.get(method);
    if (gatherer === undefined) {
      const { generation, asJson, isShared } = method;
      /** @type {import("./gather").Send} */
      const send = ({ native }, calls, atOnce, batchSize) => {
        this.#load.sent(batchSize);
        return this.#native.perform(generation, native, calls, atOnce, asJson);
      };
      const turn = isShared ? this.#lists : new Turn(MOST_BATCHES);
      gatherer = new Gatherer(method, turn, send, (id) => this.#undo(method, id), this.#mostHeld);
      this.#gatherers.set(method, gatherer);
    }
    return gatherer;
  }

  /** Undoes a call whose caller has given up. @param {Method} method @param {string} id */
  #undo({ undo }, id) {
    if (undo === undefined) return;
    const { method, text } = undo(id);
    const call = new Call(method, text, rowOf(id), this.#load);
    // Nobody awaits this call. A failure is counted, and published as an event.
    call.promise.catch(() => {});
    // Even if the queue is full.
    this.#gatherer(method).add(call);
  }
}

/** The same text for all forms of a UUID that PostgreSQL accepts. @param {string} id */
const rowOf = (id) => id.replace(/[{}-]/g, "").toLowerCase();

module.exports = { Pool };
