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
 * @param {Method[]} methods
 * @returns {(source?: unknown, options?: unknown) => any}
 */
function factoryOf(methods) {
  return (source, options) => new Service(source, options).withMethods(methods);
}

/** A service. It is made from anything: what is wrong with its source is told by its calls. */
class Service {
  /** @type {ReturnType<typeof connectionsOf> | null} */
  #connections = null;
  /** @type {unknown} */
  #refusal = null;
  /** @type {Promise<void> | null} */
  #closing = null;

  /**
   * @param {unknown} source
   * @param {unknown} options
   */
  constructor(source, options) {
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
  withMethods(methods) {
    /** @type {Record<string | symbol, unknown>} */
    const service = {};
    for (const method of methods) service[method.name] = this.#function(method);
    const close = () => this.#close();
    service["stats"] = () => this.#connections?.statistics() ?? nothing();
    service["close"] = close;
    service[Symbol.asyncDispose] = close;
    return service;
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
        return await this.#connections.pool().call(method, text, args[0], signal);
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
