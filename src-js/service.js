"use strict";

/** The environment service as callers see it. */

const { databaseIn, signalIn } = require("./arguments");
const { ended, refused, toError } = require("./errors");
const { checkTables, connectionsOf } = require("./connections");
const { splitOptions } = require("./source/server");

/** @typedef {import("./methods").Method} Method */

/** The statistics of a service without calls. @returns {import("../index").ServiceStatistics} */
const nothing = () => ({
  connections: { open: 0, idle: 0, waiting: 0, opened: 0, failed: 0 },
  calls: { underWay: 0, waiting: 0, resolved: 0, rejected: 0, aborted: 0, unknown: 0 },
  batches: { sent: 0, calls: 0, largest: 0, repeated: 0, settled: 0 },
});

/**
 * A generation: its methods, the tables that it fits, and whether its options take functions of Paperclip's server.
 *
 * @typedef {{ name: string, fits: string, methods: Method[], hasServer: boolean }} Generation
 */

/**
 * The factory of a generation's services.
 *
 * @type {(generation: Generation) => (source?: unknown, options?: unknown) => any}
 */
function factoryOf(generation) {
  return (source, options) => new Service(source, options, generation).withMethods(generation.methods);
}

/** A service. The constructor accepts any source: if it is invalid, every call rejects. */
class Service {
  /** @type {ReturnType<typeof connectionsOf> | null} */
  #connections = null;
  /** @type {unknown} */
  #refusal = null;
  /** @type {Promise<void> | null} */
  #closing = null;

  /** @type {import("./managed").Place} */
  #place;

  /** @param {unknown} source @param {unknown} options @param {Generation} generation */
  constructor(source, options, generation) {
    this.#place = { source, server: {} };
    try {
      const { server, own } = generation.hasServer ? splitOptions(options) : { server: {}, own: options };
      this.#place.server = server;
      const connections = connectionsOf(source, own);
      checkTables(generation, source);
      this.#connections = connections;
    } catch (error) {
      this.#refusal = error;
    }
  }

  /** Makes each method a function of its own, so that it works without the service as `this`.
   * @param {Method[]} methods */
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
   * Makes a method. It is an async function, so that it never throws synchronously, and an error's stack shows the
   * caller.
   *
   * @param {Method} method
   * @returns {(...args: any[]) => Promise<any>}
   */
  #function(method) {
    const { toText, arity, apart, within, work } = method;
    /** @param {unknown} reason @param {unknown[]} given */
    const explain = (reason, given = []) =>
      toError(reason, /** @type {any} */ (this.#connections), this.#place.server, (properties) =>
        method.refusal?.(properties, given),
      );
    return async (...args) => {
      if (this.#closing !== null) throw ended();
      if (this.#connections === null) throw refused(this.#refusal);
      const given = args.slice(0, arity);
      const database = within && databaseIn(args[arity], this.#place.source);
      // Both are made now, so that later changes to an argument have no effect.
      const task = work ? work(this.#place, ...given) : database && within(database, given);
      const text = task ? "" : toText(...given);
      const signal = signalIn(args[arity]);
      try {
        const pool = this.#connections.pool();
        if (task) return await pool.work(method, (ask) => task({ ask, signal, toError: explain }), signal);
        const chosen = apart?.when(...given) ? apart.method : method;
        return await pool.call(chosen, text, given, signal);
      } catch (reason) {
        throw explain(reason, given);
      }
    };
  }

  async #close() {
    this.#closing ??= this.#connections?.close() ?? Promise.resolve();
    await this.#closing;
  }
}

module.exports = { factoryOf };
