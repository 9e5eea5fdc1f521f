"use strict";

/**
 * Separates calls that would delay each other.
 *
 * The calls of a batch are one statement, which waits for every lock that one of its calls needs. A call's lane is
 * the row whose lock it may have to wait for. A batch that is held up ends after a short time and without an effect.
 * If its calls were of several lanes, they are sent again, each lane by itself. If they were of one lane, another
 * session holds its lock: these calls wait in batches of their own, whose number is limited so that connections are
 * left for others. Lanes beyond that limit are tried again, one after another.
 */

/** @typedef {InstanceType<typeof import("./call").Call>} Call */
/** @typedef {{ waiting: Set<Call>, isUnderWay: boolean }} Held */

class Lanes {
  /** Lanes of a batch that was held up. At least one of them is locked. @type {Set<string>} */
  #suspects = new Set();
  /** Locked lanes, and the calls that wait for them. @type {Map<string, Held>} */
  #held = new Map();
  #free;
  /** The lane that is being tried again. @type {string | null} */
  #tried = null;

  /** @param {number} mostBatches how many batches may wait for a lock */
  constructor(mostBatches) {
    this.#free = mostBatches;
  }

  /** Adds a call of a locked lane to those that wait. Returns whether it did. @param {Call} call */
  add(call) {
    const held = this.#heldWith(call);
    held?.waiting.add(call);
    return held !== undefined;
  }

  /** Removes a call that waits here. @param {Call} call */
  delete(call) {
    if (call.lane === this.#tried) this.#tried = null;
    return this.#heldWith(call)?.waiting.delete(call) ?? false;
  }

  /** Whether two calls may be in one batch. @param {Call} one @param {Call} other */
  mayMeet({ lane }, other) {
    if (lane === null || lane === other.lane) return true;
    return !this.#suspects.has(lane) && !this.#suspects.has(String(other.lane));
  }

  /** Notes that a batch was not held up. @param {Call[]} batch */
  pass([first]) {
    if (first?.lane) this.#suspects.delete(first.lane);
    if (first?.lane === this.#tried) this.#tried = null;
  }

  /** Notes that a batch was held up. @param {Call[]} batch @param {Set<Call>} waiting all calls that wait to be sent */
  holdUp(batch, waiting) {
    const lanes = new Set(batch.map(({ lane }) => String(lane)));
    for (const lane of lanes) {
      if (lane === this.#tried) this.#tried = null;
      if (lanes.size > 1) this.#suspects.add(lane);
      else if (!this.#held.has(lane)) this.#held.set(lane, { waiting: new Set(), isUnderWay: false });
      if (this.#held.has(lane)) this.#suspects.delete(lane);
    }
    const calls = [...batch.filter((call) => call.goBack()), ...waiting];
    waiting.clear();
    for (const call of calls) if (!this.add(call)) waiting.add(call);
  }

  /**
   * Takes the next batch that is to wait for its lock.
   *
   * @param {(waiting: Set<Call>) => Call[]} pick takes calls for a batch
   */
  take(pick) {
    if (this.#free === 0) return undefined;
    for (const [lane, held] of this.#held) {
      if (held.isUnderWay) continue;
      const batch = pick(held.waiting);
      if (batch.length === 0) {
        this.#held.delete(lane);
        continue;
      }
      held.isUnderWay = true;
      this.#free -= 1;
      return batch;
    }
    return undefined;
  }

  /** Notes that such a batch has ended, so that its lane is free. @param {Call[]} batch @param {Set<Call>} waiting */
  giveBack([first], waiting) {
    this.#free += 1;
    this.#letGo(String(first?.lane), waiting);
  }

  /** Tries a lane again that is beyond the limit. @param {Set<Call>} waiting */
  tryAgain(waiting) {
    if (this.#free > 0 || this.#tried !== null) return;
    const idle = [...this.#held].find(([, { isUnderWay }]) => !isUnderWay);
    if (idle === undefined) return;
    const [lane] = idle;
    this.#letGo(lane, waiting);
    this.#suspects.add(lane);
    this.#tried = lane;
  }

  /** @param {string} lane @param {Set<Call>} waiting */
  #letGo(lane, waiting) {
    for (const call of this.#held.get(lane)?.waiting ?? []) waiting.add(call);
    this.#held.delete(lane);
  }

  /** @param {Call} call */
  #heldWith({ lane }) {
    return lane === null ? undefined : this.#held.get(lane);
  }
}

module.exports = { Lanes };
