"use strict";

/** The connections to each source: one native pool for all services that use it. */

const { AsyncResource } = require("node:async_hooks");

const { NativeService, mismatch } = require("./addon");
const { Pool } = require("./pool");
const { resolveSource } = require("./source");

/** @typedef {import("./methods").Method} Method */
/** @typedef {import("./source").ResolvedSource} ResolvedSource */

/** What a pool is opened in: otherwise it would hold the `AsyncLocalStorage` stores of its first call until it is
 * closed. */
const outside = new AsyncResource("paperclip-environment-service");

/**
 * The connections to a source. The first call opens them, and `close()` closes them. A later call by another
 * service on the same source opens them again.
 */
class Connections {
  #source;
  /** @type {InstanceType<typeof Pool> | null} */
  #pool = null;
  /** @type {Set<Promise<void>>} */
  #closing = new Set();
  /** The last failure of the source's password function. It is an object of its own, so that the native side's
   * reference to the function keeps nothing else alive. @type {{ error: unknown }} */
  #passwordFailure = { error: undefined };

  /** @param {ResolvedSource} source */
  constructor(source) {
    this.#source = source;
  }

  /** The pool, which is opened if it is not open. */
  pool() {
    return (this.#pool ??= this.#open());
  }

  /** The pool's statistics, if there is a pool. */
  statistics() {
    return this.#pool?.statistics();
  }

  /** Waits for calls under way and disconnects. The next call connects again. */
  async close() {
    if (this.#pool !== null) {
      const closing = this.#pool.close();
      this.#pool = null;
      // A certificate file or an environment variable may have changed since.
      this.#source.forget();
      this.#closing.add(closing);
      const done = () => this.#closing.delete(closing);
      closing.then(done, done);
    }
    // Also waits for pools that another service on the source is closing: their calls may be the caller's.
    await Promise.all(this.#closing);
  }

  /** The last failure of the source's password function. */
  passwordError() {
    return this.#passwordFailure.error;
  }

  #open() {
    const settings = this.#source.settings();
    const password = this.#source.password();
    const ask = password && keepingFailure(new WeakRef(password), this.#passwordFailure);
    const open = () => new NativeService(JSON.stringify(settings), ask);
    return new Pool(outside.runInAsyncScope(open), settings.maxConnections);
  }
}

/**
 * The native side keeps the returned function for as long as the pool exists. The source's own function is held
 * weakly, because it may refer to the source, and neither would ever be collected.
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

/**
 * The connections of sources that are objects (a postgres.js `sql`, a `pg.Pool`), by the options of the service.
 * They are collected together with the source.
 *
 * @type {WeakMap<object, Map<string, Connections>>}
 */
const byOwner = new WeakMap();

/**
 * The connections of sources that are settings. They are collected when no service uses them.
 *
 * @type {Map<string, WeakRef<Connections>>}
 */
const bySettings = new Map();

const forgetting = new FinalizationRegistry((/** @type {string} */ key) => {
  if (bySettings.get(key)?.deref() === undefined) bySettings.delete(key);
});

/** @param {unknown} source @param {unknown} options @returns {Connections} */
function connectionsOf(source, options) {
  const resolved = resolveSource(source, options);
  const { owner, key } = resolved;
  if (owner === null) {
    const known = bySettings.get(key)?.deref();
    if (known !== undefined) return known;
    const connections = new Connections(resolved);
    bySettings.set(key, new WeakRef(connections));
    forgetting.register(connections, key);
    return connections;
  }
  let ofOwner = byOwner.get(owner);
  if (ofOwner === undefined) byOwner.set(owner, (ofOwner = new Map()));
  let connections = ofOwner.get(key);
  if (connections === undefined) ofOwner.set(key, (connections = new Connections(resolved)));
  return connections;
}

/** The possible tables of a drizzle schema, by their names in `src/paperclip/found.rs`. @param {any} source */
function tablesOf(source) {
  try {
    const { environments, environmentLeases } = source?._?.fullSchema ?? {};
    if (!environments || !environmentLeases) return [];
    if ("companyId" in environments) return ["T1", "T2"];
    const { notNull } = environmentLeases.environmentId;
    return "envVars" in environments && typeof notNull === "boolean" ? [notNull ? "T3" : "T4"] : [];
  } catch {
    return []; // The schema does not say.
  }
}

/** Throws if a generation does not fit the tables of a source's schema.
 * @param {{ name: string, fits: string }} generation @param {unknown} source */
function checkTables({ name, fits }, source) {
  if (fits === "") return;
  const tables = tablesOf(source);
  if (tables.length === 0 || tables.includes(fits)) return;
  const { message, code } = JSON.parse(String(mismatch(name, tables)));
  throw Object.assign(new Error(message), { code });
}

module.exports = { checkTables, connectionsOf };
