"use strict";

/**
 * The connections to one source: one native pool, however many services use it.
 *
 * They are opened by the first call and closed by `close()`; a call after that, by another service
 * on the same source, opens them anew.
 */

const { NativeService } = require("./addon");
const { Session } = require("./session");

/** @typedef {import("./kinds").Method} Method */
/** @typedef {import("./source").ResolvedSource} ResolvedSource */

/** @type {import("../index").ServiceStatistics} */
const NOTHING = {
  connections: { open: 0, idle: 0, waiting: 0, opened: 0, failed: 0 },
  calls: { underWay: 0, waiting: 0, resolved: 0, rejected: 0, aborted: 0, unknown: 0 },
  batches: { sent: 0, calls: 0, largest: 0, repeated: 0, settled: 0 },
};

class Connections {
  #source;
  /** @type {InstanceType<typeof Session> | null} */
  #session = null;
  /** @type {Set<Promise<void>>} */
  #closing = new Set();
  /** What the source's password function last failed with; held apart, so that the native side's
   * hold on the function keeps nothing else alive. @type {{ error: unknown }} */
  #passwordFailure = { error: undefined };

  /** @param {ResolvedSource} source */
  constructor(source) {
    this.#source = source;
  }

  /**
   * @param {Method} method
   * @param {string} call its JSON text
   * @param {string | null} row what the call writes, if the order of calls on it matters
   * @param {AbortSignal} [signal]
   */
  answer(method, call, row, signal) {
    this.#session ??= this.#open();
    return this.#session.answer(method, call, row, signal);
  }

  /** Numbers for those who watch, none of which is counted while there is no session. */
  statistics() {
    return this.#session?.statistics() ?? structuredClone(NOTHING);
  }

  /** Drains and disconnects. The next call connects again. */
  async close() {
    if (this.#session !== null) {
      const closing = this.#session.close();
      this.#session = null;
      this.#closing.add(closing);
      const done = () => this.#closing.delete(closing);
      closing.then(done, done);
    }
    // Also what another service on the source is closing: its calls may be the caller's.
    await Promise.all(this.#closing);
  }

  /** What the source's password function last failed with. */
  passwordError = () => this.#passwordFailure.error;

  #open() {
    const settings = this.#source.settings();
    const password = this.#source.password();
    const ask = password && keepingFailure(new WeakRef(password), this.#passwordFailure);
    return new Session(new NativeService(JSON.stringify(settings), ask), settings.maxConnections);
  }
}

/**
 * The native side holds what this returns for as long as it lives. Were the source's own function held
 * with it, and with that perhaps the source, neither would ever be let go.
 *
 * @param {WeakRef<() => Promise<string>>} password
 * @param {{ error: unknown }} failure
 * @returns {() => Promise<string | null>}
 */
function keepingFailure(password, failure) {
  return async () => {
    try {
      return (await password.deref()?.()) ?? null;
    } catch (error) {
      failure.error = error;
      return null;
    }
  };
}

module.exports = { Connections };
