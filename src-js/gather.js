"use strict";

/**
 * Gathers calls of one kind: those that are made while others of their kind are under way go out
 * together, as one batch.
 *
 * A call that finds nothing under way goes out at the end of the current microtask, so that calls
 * made in one go (`Promise.all`) are one batch; nothing ever waits on a timer.
 */

/**
 * @typedef {object} Pending a call that waits for its answer
 * @property {string} call its JSON text
 * @property {(answer: any) => void} resolve
 * @property {(reason: unknown) => void} reject
 */

/** @typedef {{ results: unknown[], errors?: [number, Record<string, unknown> & { message: string }][] }} Reply */

class Gatherer {
  /** @type {(calls: string) => Promise<string>} */
  #send;
  #largestBatch;
  #mostBatches;
  /** @type {Pending[]} */
  #waiting = [];
  #underWay = 0;
  #scheduled = false;

  /**
   * @param {(calls: string) => Promise<string>} send sends the JSON text of an array of calls
   * @param {{ largestBatch: number, mostBatches: number }} limits calls in a batch, and batches
   *   under way at once
   */
  constructor(send, { largestBatch, mostBatches }) {
    this.#send = send;
    this.#largestBatch = largestBatch;
    this.#mostBatches = mostBatches;
  }

  /**
   * @param {string} call
   * @returns {Promise<any>} the call's answer as JSON.parse gives it; rejects with a Failure
   */
  answer(call) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, resolve, reject });
      if (!this.#scheduled && this.#underWay < this.#mostBatches) {
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
    while (this.#waiting.length > 0 && this.#underWay < this.#mostBatches) {
      this.#underWay += 1;
      void this.#sendBatch(this.#waiting.splice(0, this.#largestBatch));
    }
  }

  /** @param {Pending[]} batch */
  async #sendBatch(batch) {
    try {
      const reply = await this.#send(`[${batch.map(({ call }) => call).join()}]`);
      settle(batch, JSON.parse(reply));
    } catch (reason) {
      for (const { reject } of batch) reject(reason);
    } finally {
      this.#underWay -= 1;
      this.#sendWaiting();
    }
  }
}

/**
 * @param {Pending[]} batch
 * @param {Reply} reply
 */
function settle(batch, { results, errors = [] }) {
  for (const [index, properties] of errors) batch[index]?.reject({ properties });
  // A promise that was rejected stays so.
  for (const [index, { resolve }] of batch.entries()) resolve(results[index]);
}

module.exports = { Gatherer };
