"use strict";

/**
 * Gathers calls of one method into batches: calls made while others are under way are sent together.
 *
 * If nothing is under way, a call is sent at the end of the current microtask, so that calls made together
 * (`Promise.all`) are one batch. No timer delays a batch to make it larger. Calls that write the same row are
 * never under way in two batches at once, and within a batch Rust keeps their order.
 */

const { Lanes } = require("./lanes");

/** @typedef {InstanceType<typeof import("./call").Call>} Call */
/** @typedef {import("./methods").Method} Method */
/** @typedef {import("./reply").Outcome} Outcome */

/** Sends the JSON text of an array of calls; with `atOnce`, from the calling thread.
 * @typedef {(method: Method, calls: string, atOnce: boolean, batchSize: number) => Promise<any>} Send */

/**
 * The maximum number of calls in a batch. A larger batch saves nothing, and makes other calls wait.
 */
const MOST_CALLS = 256;

/** The maximum number of characters in a batch of several calls. A larger call is sent alone. */
const MOST_TEXT = 1 << 20;

const UNANSWERED = { failure: new Error("a call was left without an answer") };

class Gatherer {
  #method;
  #turn;
  #send;
  #leftBehind;
  /** Calls that wait to be sent, in order. @type {Set<Call>} */
  #waiting = new Set();
  /** The same for a shared method, by text. @type {Map<string, Set<Call>>} */
  #waitingByText = new Map();
  /** The rows that calls under way write. @type {Set<string>} */
  #busy = new Set();
  #scheduled = false;
  #lanes;

  /**
   * @param {Method} method
   * @param {Turn} turn how many batches may be under way
   * @param {Send} send
   * @param {(id: string) => void} leftBehind called with the id of a row that a call created after its caller gave up
   * @param {number} mostHeld how many batches may wait for a lock
   */
  constructor(method, turn, send, leftBehind, mostHeld) {
    this.#method = method;
    this.#turn = turn;
    this.#send = send;
    this.#leftBehind = leftBehind;
    this.#lanes = new Lanes(mostHeld);
    turn.onFree(() => this.#sendWaiting());
  }

  /** @param {Call} call */
  add(call) {
    call.enqueue();
    if (this.#method.isShared) {
      const equal = this.#waitingByText.get(call.text);
      if (equal === undefined) this.#waitingByText.set(call.text, new Set([call]));
      else equal.add(call);
    } else if (!this.#lanes.add(call)) {
      this.#waiting.add(call);
    }
    if (!this.#scheduled && this.#turn.isFree()) {
      this.#scheduled = true;
      // Not queueMicrotask, which Jest's fake timers replace.
      void Promise.resolve().then(() => {
        this.#scheduled = false;
        this.#sendWaiting();
      });
    }
  }

  /** Removes a call that has not been sent. Has no effect on any other call. @param {Call} call */
  remove(call) {
    const waiting = this.#method.isShared ? this.#waitingByText.get(call.text) : this.#waiting;
    const isHeld = this.#lanes.delete(call);
    const isWaiting = waiting?.delete(call) || isHeld;
    if (waiting?.size === 0) this.#waitingByText.delete(call.text);
    if (isWaiting) call.withdraw();
  }

  #sendWaiting() {
    const pick = (/** @type {Set<Call>} */ calls) => this.#pick(calls);
    for (let held = this.#lanes.take(pick); held !== undefined; held = this.#lanes.take(pick)) {
      void this.#sendHeld(held);
    }
    while (this.#turn.isFree()) {
      const batch = this.#method.isShared ? this.#takeEqual() : this.#takeBatch();
      if (batch.length === 0) return;
      this.#turn.take();
      void this.#sendBatch(batch);
    }
  }

  /** The calls that may be sent now, in order. */
  #takeBatch() {
    const batch = this.#pick(this.#waiting);
    for (const { row } of batch) if (row !== null) this.#busy.add(row);
    return batch;
  }

  /** Takes calls that may be in one batch. @param {Set<Call>} calls */
  #pick(calls) {
    const { mostCalls = MOST_CALLS } = this.#method;
    /** @type {Call[]} */
    const batch = [];
    let text = 0;
    for (const call of calls) {
      if (batch.length === mostCalls) break;
      if (call.row !== null && this.#busy.has(call.row)) continue;
      const [first] = batch;
      if (first !== undefined && !this.#lanes.mayMeet(first, call)) continue;
      text += call.text.length;
      if (first !== undefined && text > MOST_TEXT) break;
      batch.push(call);
    }
    for (const call of batch) calls.delete(call);
    return batch;
  }

  /** The call that has waited longest, and all calls with the same text. */
  #takeEqual() {
    const [first] = this.#waitingByText;
    if (first === undefined) return [];
    const [text, batch] = first;
    this.#waitingByText.delete(text);
    return [...batch];
  }

  /** @param {Call[]} batch */
  async #sendBatch(batch) {
    const outcomes = await this.#outcomesOf(batch, this.#method);
    for (const { row } of batch) if (row !== null) this.#busy.delete(row);
    // If the server refused the batch, its calls were run one by one, and only some of them were held up.
    const held = batch.filter((_, number) => isHeldUp(outcomes[number]));
    if (held.length > 0) this.#lanes.holdUp(held, this.#waiting);
    else this.#lanes.pass(batch);
    this.#conclude(batch, outcomes);
    this.#lanes.tryAgain(this.#waiting);
    this.#turn.giveBack();
  }

  /** Sends calls of a locked lane, which wait until it is free. @param {Call[]} batch */
  async #sendHeld(batch) {
    const outcomes = await this.#outcomesOf(batch, this.#method.waiting ?? this.#method);
    this.#lanes.giveBack(batch, this.#waiting);
    this.#conclude(batch, outcomes);
    this.#lanes.tryAgain(this.#waiting);
    this.#sendWaiting();
  }

  /** @param {Call[]} batch @param {Method} method @returns {Promise<Outcome[]>} */
  async #outcomesOf(batch, method) {
    for (const call of batch) call.send(batch.length);
    const { isShared, read } = this.#method;
    const calls = isShared ? batch.slice(0, 1) : batch;
    const text = calls.map((call) => call.text).join();
    try {
      // Not lists: begun on the calling thread, they took up to 16 % longer, and listJson 57 % more event-loop time.
      const atOnce = calls.length === 1 && !isShared;
      return read(await this.#send(method, `[${text}]`, atOnce, batch.length), batch.length);
    } catch (failure) {
      return batch.map(() => ({ failure }));
    }
  }

  /** @param {Call[]} batch @param {Outcome[]} outcomes */
  #conclude(batch, outcomes) {
    for (const [number, call] of batch.entries()) {
      if (isHeldUp(outcomes[number])) continue;
      const id = call.conclude(outcomes[number] ?? UNANSWERED);
      if (id !== undefined) this.#leftBehind(id);
    }
  }
}

/** @param {Outcome | undefined} outcome */
function isHeldUp(outcome) {
  const { properties } = /** @type {{ properties?: Record<string, unknown> }} */ (outcome?.failure ?? {});
  return properties?.["code"] === "held_up";
}

/** Limits the batches under way, of one method or of several that share the limit. */
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
    // The first listener becomes the last, so that a method with constant traffic does not starve the others.
    const [first] = this.#onFree.splice(0, 1);
    if (first !== undefined) this.#onFree.push(first);
  }

  /** @param {() => void} listener called whenever a batch has ended */
  onFree(listener) {
    this.#onFree.push(listener);
  }
}

module.exports = { Gatherer, Turn };
