"use strict";

/** What a pool has to do: the calls that wait and that are under way, and how the others have ended. */

const CODES = require("./codes");

/** Calls that may wait to be sent, and the characters of them together, so that memory has an end. */
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

  /** Whether one more call of this text is too much. @param {string} text */
  isFull(text) {
    if (this.waiting === 0) return false;
    return this.waiting >= MOST_WAITING || this.#waitingText + text.length > MOST_WAITING_TEXT;
  }

  /** A call waits to be sent. @param {string} text */
  begin(text) {
    this.underWay += 1;
    this.goBack(text);
  }

  /** A call that is under way waits to be sent. @param {string} text */
  goBack(text) {
    this.waiting += 1;
    this.#waitingText += text.length;
  }

  /** It no longer does. @param {string} text */
  leaveQueue(text) {
    this.waiting -= 1;
    this.#waitingText -= text.length;
  }

  /** Calls are sent together. @param {number} calls */
  sent(calls) {
    this.batches.sent += 1;
    this.batches.calls += calls;
    this.batches.largest = Math.max(this.batches.largest, calls);
  }

  /** A call is no longer under way. */
  end() {
    this.underWay -= 1;
    if (this.underWay === 0) this.#onIdle?.();
  }

  /** Resolves when no call is under way. */
  async whenIdle() {
    // Again afterwards: the end of a call can be the start of the one that takes back what it has made.
    while (this.underWay > 0) {
      await new Promise((resolve) => {
        this.#onIdle = () => resolve(undefined);
      });
    }
  }
}

/** The failure of a call that is one too many. */
function queueFull() {
  const message = `QUEUE_FULL: too many calls wait to be sent (the most are ${MOST_WAITING}, or ${MOST_WAITING_TEXT} characters of them)`;
  return { properties: { code: CODES.queueFull, message } };
}

module.exports = { Load, queueFull };
