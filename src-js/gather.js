"use strict";

// Not the global one, which tests may have replaced.
const { setTimeout } = require("node:timers");

/**
 * Gathers calls of one kind: those that are made while others of their kind are under way go out
 * together, as one batch.
 *
 * A call that finds nothing under way goes out at the end of the current microtask, so that calls
 * made in one go (`Promise.all`) are one batch; nothing waits on a timer to make a batch larger. Calls
 * that write the same row are never under way in two batches at once, and within a batch Rust keeps
 * their order.
 */

/**
 * A call that waits for its answer.
 *
 * @typedef {object} Pending
 * @property {string} call its JSON text
 * @property {string | null} row what the call writes, if the order of calls on it matters
 * @property {(answer: any, rows: number | null) => void} resolve
 * @property {(reason: unknown) => void} reject
 * @property {AbortSignal | undefined} signal
 * @property {boolean} isAbandoned whether its caller no longer waits
 * @property {() => void} [onAbandoned] called when that has come about after it was sent
 * @property {number} [batchSize] the calls that it was sent with, itself among them
 */

/**
 * What calls of one kind have in common.
 *
 * @typedef {object} Kind
 * @property {(calls: string, alone: boolean, batch: Pending[]) => Promise<any>} send sends the JSON text of an
 *   array of calls
 * @property {(reply: any, calls: Pending[]) => void} settle hands each call its answer out of the reply
 * @property {boolean} shares whether calls of the same text can be sent as one, which the reply answers alike
 */

/**
 * Who is told what becomes of calls.
 *
 * @typedef {object} Observer
 * @property {(batch: Pending[]) => void} onTaken calls are being sent
 * @property {(batch: Pending[]) => void} onSettled all of them have
 */

/**
 * Calls in a batch. One call at a time would be one round trip to the database each; more than this in
 * one statement gains nothing and makes others wait.
 */
const MOST_CALLS = 256;

/** Characters in a batch, if it holds more than one call: a large config goes alone. */
const MOST_TEXT = 1 << 20;

/**
 * Milliseconds after which a statement that was given up is over. The server looks every 100 whether somebody
 * waits for it, but the statement may be on its way for a while.
 */
const LATEST_NOTICE = 2_000;

class Gatherer {
  #kind;
  #turn;
  #observer;
  /** @type {Pending[]} */
  #waiting = [];
  /** The same for a kind that shares, by the texts, those that have waited longest first. @type {Map<string, Pending[]>} */
  #waitingByText = new Map();
  /** The rows that calls under way write. @type {Set<string>} */
  #busy = new Set();
  #scheduled = false;

  /**
   * @param {Kind} kind
   * @param {Turn} turn how many batches may be under way
   * @param {Observer} observer
   */
  constructor(kind, turn, observer) {
    this.#kind = kind;
    this.#turn = turn;
    this.#observer = observer;
    turn.onFree(() => this.#sendWaiting());
  }

  /** @param {Pending} pending */
  add(pending) {
    if (this.#kind.shares) {
      const equal = this.#waitingByText.get(pending.call);
      if (equal === undefined) this.#waitingByText.set(pending.call, [pending]);
      else equal.push(pending);
    } else {
      this.#waiting.push(pending);
    }
    if (!this.#scheduled && this.#turn.isFree()) {
      this.#scheduled = true;
      // Not queueMicrotask: Jest's fake timers hold that back.
      void Promise.resolve().then(() => {
        this.#scheduled = false;
        this.#sendWaiting();
      });
    }
  }

  /**
   * Forgets a call that has not been sent.
   *
   * @param {Pending} pending
   * @returns {boolean} whether it was still waiting
   */
  remove(pending) {
    const waiting = this.#kind.shares ? (this.#waitingByText.get(pending.call) ?? []) : this.#waiting;
    const place = waiting.indexOf(pending);
    if (place < 0) return false;
    waiting.splice(place, 1);
    if (waiting.length === 0) this.#waitingByText.delete(pending.call);
    return true;
  }

  #sendWaiting() {
    while (this.#turn.isFree()) {
      const batch = this.#takeBatch();
      if (batch.length === 0) return;
      for (const pending of batch) pending.batchSize = batch.length;
      this.#observer.onTaken(batch);
      this.#turn.take();
      void this.#sendBatch(batch);
    }
  }

  /** The calls that may go out now, in their order. */
  #takeBatch() {
    if (this.#kind.shares) return this.#takeEqual();
    /** @type {Pending[]} */
    const batch = [];
    /** @type {Pending[]} */
    const left = [];
    let text = 0;
    let next = 0;
    for (; next < this.#waiting.length && batch.length < MOST_CALLS; next++) {
      const pending = /** @type {Pending} */ (this.#waiting[next]);
      if (pending.row !== null && this.#busy.has(pending.row)) {
        left.push(pending);
        continue;
      }
      text += pending.call.length;
      if (batch.length > 0 && text > MOST_TEXT) break;
      batch.push(pending);
    }
    this.#waiting = left.concat(this.#waiting.slice(next));
    for (const { row } of batch) if (row !== null) this.#busy.add(row);
    return batch;
  }

  /** The call that has waited longest, and those that ask for the same. */
  #takeEqual() {
    const [first] = this.#waitingByText;
    if (first === undefined) return [];
    const [text, batch] = first;
    this.#waitingByText.delete(text);
    return batch;
  }

  /** @param {Pending[]} batch */
  async #sendBatch(batch) {
    const { send, settle, shares } = this.#kind;
    const calls = shares ? batch.slice(0, 1) : batch;
    try {
      const text = calls.length === 1 ? /** @type {Pending} */ (calls[0]).call : calls.map(textOf).join();
      // Not lists: what they are answered with is too much to be looked at on the thread that calls.
      settle(await send(`[${text}]`, calls.length === 1 && !shares, batch), batch);
      this.#free(batch);
    } catch (reason) {
      // A promise that was settled stays so.
      for (const { reject } of batch) reject(reason);
      if (batch.every(({ isAbandoned }) => isAbandoned)) this.#freeLater(batch);
      else this.#free(batch);
    } finally {
      this.#turn.giveBack();
      this.#observer.onSettled(batch);
    }
  }

  /**
   * Lets others write the rows.
   *
   * @param {Pending[]} batch
   */
  #free(batch) {
    for (const { row } of batch) if (row !== null) this.#busy.delete(row);
  }

  /**
   * Lets others write the rows of calls that were given up when the server has noticed: until then it may
   * still carry out what it was sent, and what was called later is to come later.
   *
   * @param {Pending[]} batch
   */
  #freeLater(batch) {
    if (batch.every(({ row }) => row === null)) return;
    setTimeout(() => {
      this.#free(batch);
      this.#sendWaiting();
    }, LATEST_NOTICE);
  }
}

/** @param {Pending} pending */
function textOf({ call }) {
  return call;
}

/** How many batches may be under way at once, of one kind of calls or of several that share it. */
class Turn {
  #free;
  /** @type {(() => void)[]} */
  #onFree = [];

  /** @param {number} mostBatches */
  constructor(mostBatches) {
    this.#free = mostBatches;
  }

  isFree() {
    return this.#free > 0;
  }

  take() {
    this.#free -= 1;
  }

  giveBack() {
    this.#free += 1;
    for (const listener of this.#onFree) listener();
    // Whoever came first now comes last, so that none who has always something to send keeps out the others.
    const [first] = this.#onFree.splice(0, 1);
    if (first !== undefined) this.#onFree.push(first);
  }

  /** @param {() => void} listener called whenever a batch has come back */
  onFree(listener) {
    this.#onFree.push(listener);
  }
}

module.exports = { Gatherer, Turn };
