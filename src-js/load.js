"use strict";

/** The load of a pool: the calls that wait or are under way, and how the others have ended. */

const CODES = require("./codes");

/** Limits on the calls that wait to be sent, and on their characters together, which bound the memory. */
const MOST_WAITING = 100_000;
const MOST_WAITING_TEXT = 1 << 28;

class Load {
  underWay = 0;
  waiting = 0;
  #waitingText = 0;
  resolved = 0;
  rejected = 0;
  aborted = 0;
  batches = { sent: 0, calls: 0, largest: 0 };
  /** @type {(() => void) | null} */
  #onIdle = null;

  /** Whether the queue has no room for a call of this text. @param {string} text */
  isFull(text) {
    if (this.waiting === 0) return false;
    return this.waiting >= MOST_WAITING || this.#waitingText + text.length > MOST_WAITING_TEXT;
  }

  /** Counts a new call, which waits to be sent. @param {string} text */
  begin(text) {
    this.underWay += 1;
    this.goBack(text);
  }

  /** Counts a call under way as waiting again. @param {string} text */
  goBack(text) {
    this.waiting += 1;
    this.#waitingText += text.length;
  }

  /** Counts a call as no longer waiting. @param {string} text */
  leaveQueue(text) {
    this.waiting -= 1;
    this.#waitingText -= text.length;
  }

  /** Counts a batch. @param {number} calls */
  sent(calls) {
    this.batches.sent += 1;
    this.batches.calls += calls;
    this.batches.largest = Math.max(this.batches.largest, calls);
  }

  /** Counts a call as no longer under way. */
  end() {
    this.underWay -= 1;
    if (this.underWay === 0) this.#onIdle?.();
  }

  /** Resolves when no call is under way. */
  async whenIdle() {
    // Checked again: the end of a call can start another, which undoes it.
    while (this.underWay > 0) {
      await new Promise((resolve) => {
        this.#onIdle = () => resolve(undefined);
      });
    }
  }
}

/** The failure of a call for which the queue has no room. */
function queueFull() {
  const message = `QUEUE_FULL: too many calls wait to be sent (the most are ${MOST_WAITING}, or ${MOST_WAITING_TEXT} characters of them)`;
  return { properties: { code: CODES.queueFull, message } };
}

module.exports = { Load, queueFull };
