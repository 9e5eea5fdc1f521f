"use strict";

/** What kind of thing environmentService was given. Looks at shapes, since the drivers are no dependencies. */

const { insideOneConnection, notASource } = require("./refusal.js");
const { isObject, isPlainObject } = require("./values.js");

/**
 * @typedef {(
 *   | { kind: "postgres.js", sql: { options: Record<string, any> } }
 *   | { kind: "node-postgres", pool: { options: Record<string, any>, Client: new (options: object) => any } }
 *   | { kind: "connection string", text: string }
 *   | { kind: "options", options: Record<string, unknown> }
 * )} Recognised
 */

/**
 * What connects: a drizzle database's client, anything else itself. A few property reads, no more: this
 * runs at each call of the factory.
 * @param {any} source
 * @returns {unknown}
 */
function clientOf(source) {
  if (!isObject(source)) return source;
  const database = /** @type {any} */ (source);
  // A transaction is a database too, with the means to go back.
  if (typeof database.rollback === "function" && database.session) {
    throw insideOneConnection("a drizzle transaction");
  }
  if (!("$client" in database)) return source;
  if (isObject(database.$client) && isClient(database.$client)) return database.$client;
  throw notASource(`a drizzle database over ${describe(database.$client)}`);
}

/**
 * @param {any} client
 * @returns {boolean} whether a drizzle database with this client is worth a closer look
 */
function isClient(client) {
  return isPostgresJs(client) || isPool(client) || oneConnection(client) !== undefined;
}

/**
 * @param {any} client what clientOf gave
 * @returns {Recognised}
 */
function recognise(client) {
  const single = isObject(client) ? oneConnection(client) : undefined;
  if (single) throw insideOneConnection(single);
  if (isPostgresJs(client)) return { kind: "postgres.js", sql: client };
  if (isPool(client)) return { kind: "node-postgres", pool: client };
  if (typeof client === "string") return { kind: "connection string", text: client };
  if (isUrl(client)) return { kind: "connection string", text: client.href };
  if (isPlainObject(client) && !looksLikeClient(client)) return { kind: "options", options: client };
  throw notASource(describe(client));
}

/**
 * @param {any} value
 * @returns {boolean}
 */
function isPostgresJs(value) {
  return (
    typeof value === "function" && typeof value.unsafe === "function" && Array.isArray(value.options?.host)
  );
}

/**
 * @param {any} value
 * @returns {boolean}
 */
function isPool(value) {
  return (
    isObject(value) &&
    typeof (/** @type {any} */ (value).Client) === "function" &&
    typeof (/** @type {any} */ (value).totalCount) === "number" &&
    isObject(/** @type {any} */ (value).options)
  );
}

/**
 * @param {any} value
 * @returns {string | undefined} the name of what has one connection only
 */
function oneConnection(value) {
  if (typeof value === "function" && typeof value.unsafe === "function") {
    if (typeof value.savepoint === "function") return "a postgres.js transaction";
    if (typeof value.release === "function") return "a reserved postgres.js connection";
  }
  if (typeof value.query === "function" && isObject(value.connectionParameters)) {
    return typeof value.release === "function" ? "a client of a pg.Pool" : "a pg.Client";
  }
  return undefined;
}

/**
 * @param {any} value
 * @returns {value is URL} of whatever realm
 */
function isUrl(value) {
  return (
    isObject(value) && (value instanceof URL || Object.prototype.toString.call(value) === "[object URL]")
  );
}

/**
 * @param {any} value
 * @returns {boolean} whether a plain object is somebody's client rather than settings
 */
function looksLikeClient(value) {
  return (
    typeof value.query === "function" ||
    typeof value.execute === "function" ||
    typeof value.select === "function"
  );
}

/**
 * @param {any} value
 * @returns {string} what it is, in words that hold nothing of it
 */
function describe(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "function") return "a function that is no postgres.js sql";
  if (typeof value !== "object") return value === undefined ? "undefined" : `a ${typeof value}`;
  if (typeof value.query === "function" && typeof value.exec === "function") {
    return "PGlite, which runs inside this process and has no address to connect to";
  }
  return "an object that is none of these";
}

module.exports = { clientOf, recognise };
