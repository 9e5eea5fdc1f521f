"use strict";

/**
 * From what a user has in hand to what the native side needs. Nothing here opens a connection.
 *
 *   recognise        which kind of thing it is
 *   postgres-js, node-postgres, connection-string, options-object
 *                    each kind, read into a draft that holds what was said and nothing else
 *   environment      what PG… variables add, for the kinds that no driver has completed
 *   settings         defaults and the service's own options on top
 */

const { createHash } = require("node:crypto");
const { notASource } = require("./refusal.js");
const { isObject } = require("./values.js");
const { clientOf, recognise } = require("./recognise.js");
const { draftFromPostgresJs } = require("./postgres-js.js");
const { draftFromNodePostgres } = require("./node-postgres.js");
const { draftFromConnectionString } = require("./connection-string.js");
const { draftFromOptionsObject } = require("./options-object.js");
const { filledFromEnvironment } = require("./environment.js");
const { keyOf, readServiceOptions } = require("./service-options.js");
const { complete } = require("./settings.js");

/** @typedef {import("./settings.js").Settings} Settings */
/** @typedef {import("./settings.js").Draft} Draft */
/** @typedef {import("./settings.js").PasswordFunction} PasswordFunction */
/** @typedef {import("./service-options.js").ServiceOptions} ServiceOptions */

/**
 * Sources with the same `owner` and the same `key` are served by one pool.
 * @typedef {object} ResolvedSource
 * @property {object | null} owner the postgres.js sql or the pg.Pool, whose life the pool shares; null for
 *   what has no identity: text, a URL, an options object
 * @property {string} key beside an owner it tells apart the service's options; without one it is a hash of
 *   all settings, so that nobody keeps a password as a key
 * @property {() => Readonly<Settings>} settings the same object each time
 * @property {() => PasswordFunction | null} password what to ask for each new connection; null where
 *   `settings().password`, or its absence, says everything
 */

/**
 * What was resolved for each owner, by the service's options. It goes when the owner goes.
 * @type {WeakMap<object, Map<string, ResolvedSource>>}
 */
const resolved = new WeakMap();

/**
 * Reads a source. Of one that was seen before nothing is read again: a service is made for each request on
 * some routes, and what a driver was told does not change.
 * @param {unknown} source
 * @param {unknown} [options] the service's own, see ServiceOptions
 * @returns {ResolvedSource}
 * @throws {TypeError} when the source is none, or says what cannot be honoured
 */
function resolveSource(source, options) {
  const serviceOptions = readServiceOptions(options);
  const client = clientOf(source === undefined ? databaseUrl() : source);
  if (!isObject(client)) return resolve(client, serviceOptions, keyOf(serviceOptions));

  const key = keyOf(serviceOptions);
  const known = resolved.get(client)?.get(key);
  if (known) return known;

  const result = resolve(client, serviceOptions, key);
  if (result.owner) {
    const ofOwner = resolved.get(result.owner) ?? new Map();
    resolved.set(result.owner, ofOwner.set(key, result));
  }
  return result;
}

/**
 * @returns {string}
 */
function databaseUrl() {
  const url = process.env.DATABASE_URL;
  if (url) return url;
  throw notASource("nothing, since DATABASE_URL is not set");
}

/**
 * @param {unknown} client
 * @param {ServiceOptions} serviceOptions
 * @param {string} optionsKey
 * @returns {ResolvedSource}
 */
function resolve(client, serviceOptions, optionsKey) {
  const found = recognise(client);
  const { env } = process;
  switch (found.kind) {
    case "postgres.js":
      return result(found.sql, optionsKey, draftFromPostgresJs(found.sql.options), serviceOptions);
    case "node-postgres":
      return result(found.pool, optionsKey, draftFromNodePostgres(found.pool), serviceOptions);
    case "connection string":
      return result(
        null,
        "",
        filledFromEnvironment(draftFromConnectionString(found.text, env), env),
        serviceOptions,
      );
    case "options": {
      const draft = filledFromEnvironment(draftFromOptionsObject(found.options, env), env);
      const asked = found.options.password ?? found.options.pass;
      return result(null, typeof asked === "function" ? functionKey(asked) : "", draft, serviceOptions);
    }
  }
}

/**
 * @param {object | null} owner
 * @param {string} key
 * @param {Draft} draft
 * @param {ServiceOptions} serviceOptions
 * @returns {ResolvedSource}
 */
function result(owner, key, draft, serviceOptions) {
  const settings = Object.freeze(complete(draft, serviceOptions));
  const password = typeof draft.password === "function" ? draft.password : null;
  return {
    owner,
    key: owner
      ? key
      : createHash("sha256")
          .update(JSON.stringify([settings, key]))
          .digest("hex"),
    settings: () => settings,
    password: () => password,
  };
}

/** @type {WeakMap<Function, string>} */
const functionKeys = new WeakMap();
let functions = 0;

/**
 * Settings that take their password from different functions are different.
 * @param {Function} of
 * @returns {string}
 */
function functionKey(of) {
  const known = functionKeys.get(of);
  if (known) return known;
  functions += 1;
  const key = `function ${functions}`;
  functionKeys.set(of, key);
  return key;
}

module.exports = { resolveSource };
