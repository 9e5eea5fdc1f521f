"use strict";

/**
 * The connections to one source: one native pool, however many services use it.
 *
 * They are opened by the first call and closed by `close()`; a call after that, by another service
 * on the same source, opens them anew.
 */

const { NativeService } = require("../native");
const { Gatherer } = require("./gather");

/** @typedef {Exclude<keyof NativeService, "close">} Method */
/** @typedef {import("./source").ResolvedSource} ResolvedSource */

/**
 * One call at a time would be one round trip to the database each; more than this in one statement
 * gains nothing and makes others wait.
 */
const GATHERED = { largestBatch: 256, mostBatches: 1 };

/**
 * Lists are read one by one, a few at a time, so that connections are left for quick calls.
 */
const ONE_BY_ONE = { largestBatch: 1, mostBatches: 3 };

/** @type {ReadonlySet<Method>} */
const LISTS = new Set(/** @type {const} */ (["list", "listLeases"]));

/** A native pool and the calls that are made on it. */
class Session {
  #native;
  /** @type {Map<Method, InstanceType<typeof Gatherer>>} */
  #gatherers = new Map();
  #underWay = 0;
  /** @type {(() => void) | null} */
  #onIdle = null;

  /** @param {NativeService} native */
  constructor(native) {
    this.#native = native;
  }

  /**
   * @param {Method} method
   * @param {string} call
   * @returns {Promise<any>}
   */
  async answer(method, call) {
    this.#underWay += 1;
    try {
      return await this.#gatherer(method).answer(call);
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#onIdle?.();
    }
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
      const limits = LISTS.has(method) ? ONE_BY_ONE : GATHERED;
      gatherer = new Gatherer((calls) => this.#native[method](calls), limits);
      this.#gatherers.set(method, gatherer);
    }
    return gatherer;
  }
}

class Connections {
  #source;
  /** @type {Session | null} */
  #session = null;
  /** What the source's password function last failed with; held apart, so that the native side's
   * hold on the function keeps nothing else alive. @type {{ error: unknown }} */
  #passwordFailure = { error: undefined };

  /** @param {ResolvedSource} source */
  constructor(source) {
    this.#source = source;
  }

  /**
   * @param {Method} method
   * @param {string} call
   */
  answer(method, call) {
    this.#session ??= this.#open();
    return this.#session.answer(method, call);
  }

  /** Drains and disconnects. The next call connects again. */
  async close() {
    const session = this.#session;
    this.#session = null;
    await session?.close();
  }

  /** What the source's password function last failed with. */
  passwordError = () => this.#passwordFailure.error;

  #open() {
    const password = this.#source.password();
    const ask = password && keepingFailure(password, this.#passwordFailure);
    return new Session(new NativeService(JSON.stringify(this.#source.settings()), ask));
  }
}

/**
 * @param {() => Promise<string>} password
 * @param {{ error: unknown }} failure
 * @returns {() => Promise<string | null>}
 */
function keepingFailure(password, failure) {
  return async () => {
    try {
      return await password();
    } catch (error) {
      failure.error = error;
      return null;
    }
  };
}

module.exports = { Connections };
