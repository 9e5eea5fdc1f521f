"use strict";

/**
 * Gathers calls of one kind: those that are made while others of their kind are under way go out
 * together, as one batch.
 *
 * A call that finds nothing under way goes out at the end of the current microtask, so that calls
 * made in one go (`Promise.all`) are one batch; nothing ever waits on a timer. Calls that write the
 * same row are never under way in two batches at once, and within a batch Rust keeps their order.
 */

/**
 * @typedef {object} Pending a call that waits for its answer
 * @property {string} call its JSON text
 * @property {string | null} row what the call writes, if the order of calls on it matters
 * @property {(answer: any) => void} resolve
 * @property {(reason: unknown) => void} reject
 */

/** @typedef {{ results: unknown[], errors?: [number, Record<string, unknown> & { message: string }][] }} Reply */

/**
 * Calls in a batch. One call at a time would be one round trip to the database each; more than this in
 * one statement gains nothing and makes others wait.
 */
const MOST_CALLS = 256;

/** Characters in a batch, if it holds more than one call: a large config goes alone. */
const MOST_TEXT = 1 << 20;

class Gatherer {
  /** @type {(calls: string) => Promise<string[]>} */
  #send;
  #turn;
  /** @type {Pending[]} */
  #waiting = [];
  /** The rows that calls under way write. @type {Set<string>} */
  #busy = new Set();
  #scheduled = false;

  /**
   * @param {(calls: string) => Promise<string[]>} send sends the JSON text of an array of calls
   * @param {Turn} turn how many batches may be under way
   */
  constructor(send, turn) {
    this.#send = send;
    this.#turn = turn;
    turn.onFree(() => this.#sendWaiting());
  }

  /**
   * @param {string} call
   * @param {string | null} row
   * @returns {Promise<any>} the call's answer as JSON.parse gives it; rejects with a Failure
   */
  answer(call, row) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, row, resolve, reject });
      if (!this.#scheduled && this.#turn.isFree()) {
        this.#scheduled = true;
        // Not queueMicrotask: Jest's fake timers hold that back.
        void Promise.resolve().then(() => {
          this.#scheduled = false;
          this.#sendWaiting();
        });
      }
    });
  }

  #sendWaiting() {
    while (this.#waiting.length > 0 && this.#turn.isFree()) {
      const batch = this.#takeBatch();
      if (batch.length === 0) return;
      this.#turn.take();
      void this.#sendBatch(batch);
    }
  }

  /** The calls that may go out now, in their order. */
  #takeBatch() {
    /** @type {Pending[]} */
    const batch = [];
    /** @type {Pending[]} */
    const left = [];
    let text = 0;
    let next = 0;
    for (; next < this.#waiting.length && batch.length < this.#turn.mostCalls; next++) {
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

  /** @param {Pending[]} batch */
  async #sendBatch(batch) {
    try {
      let first = 0;
      for (const part of await this.#send(`[${batch.map(({ call }) => call).join()}]`)) {
        first += settle(batch, first, JSON.parse(part));
      }
    } catch (reason) {
      // A promise that was settled stays so.
      for (const { reject } of batch) reject(reason);
    } finally {
      for (const { row } of batch) if (row !== null) this.#busy.delete(row);
      this.#turn.giveBack();
    }
  }
}

/**
 * @param {Pending[]} batch
 * @param {number} first the number of the part's first call in the batch
 * @param {Reply} part
 * @returns {number} how many calls the part answers
 */
function settle(batch, first, { results, errors = [] }) {
  for (const [index, properties] of errors) batch[first + index]?.reject({ properties });
  for (const [index, result] of results.entries()) batch[first + index]?.resolve(result);
  return results.length;
}

/** How many batches may be under way at once, of one kind of calls or of several that share it. */
class Turn {
  #free;
  /** @type {(() => void)[]} */
  #onFree = [];

  /**
   * @param {number} mostBatches
   * @param {number} mostCalls calls in each
   */
  constructor(mostBatches, mostCalls = MOST_CALLS) {
    this.#free = mostBatches;
    this.mostCalls = mostCalls;
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
  }

  /** @param {() => void} listener called whenever a batch has come back */
  onFree(listener) {
    this.#onFree.push(listener);
  }
}

module.exports = { Gatherer, Turn };
