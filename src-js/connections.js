"use strict";

/**
 * The connections to one source: one native pool, however many services use it.
 *
 * They are opened by the first call and closed by `close()`; a call after that, by another service
 * on the same source, opens them anew.
 */

const { NativeService } = require("../native");
const { Gatherer, Turn } = require("./gather");
const { kinds } = require("./kinds");

/** @typedef {import("./kinds").Method} Method */
/** @typedef {import("./source").ResolvedSource} ResolvedSource */

/**
 * Batches of one kind under way at once: more than one, so that a batch that waits for a lock does not
 * hold up the calls that come after it.
 */
const MOST_BATCHES = 3;

/** A native pool and the calls that are made on it. */
class Session {
  #native;
  /** @type {Map<Method, InstanceType<typeof Gatherer>>} */
  #gatherers = new Map();
  /** Lists share their turns, so that a connection is left for quick calls. */
  #lists;
  #underWay = 0;
  /** @type {(() => void) | null} */
  #onIdle = null;

  /**
   * @param {InstanceType<typeof NativeService>} native
   * @param {number} maxConnections
   */
  constructor(native, maxConnections) {
    this.#native = native;
    this.#lists = new Turn(Math.max(1, maxConnections - 1));
  }

  /**
   * @param {Method} method
   * @param {string} call
   * @param {string | null} row
   * @returns {Promise<any>}
   */
  answer(method, call, row) {
    this.#underWay += 1;
    return new Promise((resolve, reject) => {
      this.#gatherer(method).add({ call, row, resolve, reject });
    });
  }

  /** Waits for the calls under way, and disconnects. */
  async close() {
    if (this.#underWay > 0) {
      await new Promise((resolve) => {
        this.#onIdle = () => resolve(undefined);
      });
    }
    await this.#native.close();
  }

  /** @param {Method} method */
  #gatherer(method) {
    let gatherer = this.#gatherers.get(method);
    if (gatherer === undefined) {
      const { settle, shares } = kinds[method];
      /** @type {import("./gather").Kind["send"]} */
      const send = (calls, alone) => this.#native[method](calls, alone);
      const turn = shares ? this.#lists : new Turn(MOST_BATCHES);
      gatherer = new Gatherer({ send, settle, shares }, turn, (batch) => this.#settled(batch.length));
      this.#gatherers.set(method, gatherer);
    }
    return gatherer;
  }

  /** @param {number} calls */
  #settled(calls) {
    this.#underWay -= calls;
    if (this.#underWay === 0) this.#onIdle?.();
  }
}

class Connections {
  #source;
  /** @type {Session | null} */
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
   */
  answer(method, call, row) {
    this.#session ??= this.#open();
    return this.#session.answer(method, call, row);
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
