"use strict";

/**
 * Keeps calls apart that would hold each other up.
 *
 * The calls of a batch are one statement, which waits for all that any of them has to wait for. A call's lane is
 * what it may have to wait for. A batch that is held up comes back soon and without an effect. If it had calls of
 * several lanes, these go out again, each lane by itself. If it had calls of one lane, somebody holds what they wait
 * for: they wait in batches of their own, of which there are never so many that no connection is left for others. Lanes
 * that find no place there are tried again, one after another.
 */

/** @typedef {InstanceType<typeof import("./call").Call>} Call */
/** @typedef {{ waiting: Set<Call>, isUnderWay: boolean }} Held */

class Lanes {
  /** One of these was held up. @type {Set<string>} */
  #suspects = new Set();
  /** Somebody holds what these wait for. @type {Map<string, Held>} */
  #held = new Map();
  #free;
  /** The one that is tried again. @type {string | null} */
  #tried = null;

  /** @param {number} mostBatches how many batches may wait for what somebody holds */
  constructor(mostBatches) {
    this.#free = mostBatches;
  }

  /** Whether a call has to wait with others of its lane, with which it is put then. @param {Call} call */
  add(call) {
    const held = this.#heldWith(call);
    held?.waiting.add(call);
    return held !== undefined;
  }

  /** Forgets a call that waits here. @param {Call} call */
  delete(call) {
    if (call.lane === this.#tried) this.#tried = null;
    return this.#heldWith(call)?.waiting.delete(call) ?? false;
  }

  /** Whether two calls may be in one batch. @param {Call} one @param {Call} other */
  mayMeet({ lane }, other) {
    if (lane === null || lane === other.lane) return true;
    return !this.#suspects.has(lane) && !this.#suspects.has(String(other.lane));
  }

  /** A batch was not held up. @param {Call[]} batch */
  pass([first]) {
    if (first?.lane) this.#suspects.delete(first.lane);
    if (first?.lane === this.#tried) this.#tried = null;
  }

  /** A batch was held up. @param {Call[]} batch @param {Set<Call>} waiting those of all lanes that wait to be sent */
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
   * The next batch that is to wait for what somebody holds.
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

  /** It has come back, and what it waited for is free. @param {Call[]} batch @param {Set<Call>} waiting */
  giveBack([first], waiting) {
    this.#free += 1;
    this.#letGo(String(first?.lane), waiting);
  }

  /** Tries a lane again that has found no place to wait. @param {Set<Call>} waiting */
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
