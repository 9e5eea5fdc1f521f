"use strict";

/** The environment service as callers see it. */

const { signalIn } = require("./arguments");
const { ended, refused, toError } = require("./errors");
const { connectionsOf } = require("./connections");

/** @typedef {import("./methods").Method} Method */

/** What is counted where nothing has happened. @returns {import("../index").ServiceStatistics} */
const nothing = () => ({
  connections: { open: 0, idle: 0, waiting: 0, opened: 0, failed: 0 },
  calls: { underWay: 0, waiting: 0, resolved: 0, rejected: 0, aborted: 0, unknown: 0 },
  batches: { sent: 0, calls: 0, largest: 0, repeated: 0, settled: 0 },
});

/**
 * The factory of services with these methods.
 *
 * @param {Map<string, Method>} methods
 * @returns {(source?: unknown, options?: unknown) => any}
 */
function factoryOf(methods) {
  const all = [...methods.values()];
  return (source, options) => new Service(methods, source, options).face(all);
}

/** A service. It is made from anything: what is wrong with its source is told by its calls. */
class Service {
  #methods;
  /** @type {ReturnType<typeof connectionsOf> | null} */
  #connections = null;
  /** @type {unknown} */
  #refusal = null;
  /** @type {Promise<void> | null} */
  #closing = null;

  /**
   * @param {Map<string, Method>} methods
   * @param {unknown} source
   * @param {unknown} options
   */
  constructor(methods, source, options) {
    this.#methods = methods;
    try {
      this.#connections = connectionsOf(source, options);
    } catch (error) {
      this.#refusal = error;
    }
  }

  /**
   * What callers get: every method is a function of its own, so that it works detached.
   *
   * @param {Method[]} methods
   */
  face(methods) {
    /** @type {Record<string | symbol, unknown>} */
    const face = {};
    for (const method of methods) face[method.name] = this.#function(method);
    const close = () => this.#close();
    face["stats"] = () => this.#connections?.statistics() ?? nothing();
    face["close"] = close;
    face[Symbol.asyncDispose] = close;
    return face;
  }

  /**
   * An async function, so that nothing is thrown synchronously and an error's stack shows who called.
   *
   * @param {Method} method
   * @returns {(...args: any[]) => Promise<any>}
   */
  #function(method) {
    const { toText, arity } = method;
    return async (...args) => {
      if (this.#closing !== null) throw ended();
      if (this.#connections === null) throw refused(this.#refusal);
      const text = toText(...args.slice(0, arity));
      const signal = signalIn(args[arity]);
      try {
        return await this.#connections.pool().call(this.#methods, method, text, args[0], signal);
      } catch (reason) {
        throw toError(reason, this.#connections);
      }
    };
  }

  async #close() {
    this.#closing ??= this.#connections?.close() ?? Promise.resolve();
    await this.#closing;
  }
}

module.exports = { factoryOf };
