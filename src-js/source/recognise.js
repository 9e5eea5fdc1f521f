"use strict";

/**
 * Recognises the kind of source that environmentService was given. It checks properties, since the drivers are not
 * dependencies, and only a few of them, since it runs at each call of the factory.
 */

const { badSetting, insideOneConnection, notASource, unknownKey } = require("./refusal.js");
const { isObject, text } = require("./values.js");
const { tlsFromNode } = require("./tls.js");
const { draftFromNodePostgres, draftFromPostgresJs } = require("./drivers.js");
const { draftFromConnectionString } = require("./connection-string.js");

/** @import { Draft } from "./settings.js" */

/**
 * @typedef {object} Recognised
 * @property {object | null} owner a driver's object
 * @property {object | null} holder the owner, or another object: what is remembered of the source is collected with it
 * @property {string} text all settings that are text
 * @property {() => Draft} read
 */

/** @type {(source: any) => Recognised} */
function recognise(source) {
  if (typeof source === "string") return connectionString(source);
  if (!isObject(source)) throw notASource(describe(source));
  const database = /** @type {any} */ (source);
  // A transaction is a database as well, but it has `rollback`.
  if (typeof database.rollback === "function" && database.session) {
    throw insideOneConnection("a drizzle transaction");
  }
  if ("$client" in database) {
    const client = driver(database.$client);
    if (client) return client;
    throw notASource(`a drizzle database over ${describe(database.$client)}`);
  }
  const found = driver(source) ?? (isUrl(source) ? connectionString(source.href) : ownObject(source));
  if (found) return found;
  throw notASource(describe(source));
}

/** @type {(client: any) => Recognised | undefined} */
function driver(client) {
  if (!isObject(client)) return undefined;
  const { Client, connectionParameters, options, query, release, savepoint, totalCount, unsafe } =
    /** @type {Record<string, any>} */ (client);
  const found = (/** @type {() => Draft} */ read) => ({ owner: client, holder: client, text: "", read });
  if (typeof client === "function" && typeof unsafe === "function") {
    if (typeof savepoint === "function") throw insideOneConnection("a postgres.js transaction");
    if (typeof release === "function") throw insideOneConnection("a reserved postgres.js connection");
    if (Array.isArray(options?.host)) return found(() => draftFromPostgresJs(options));
  }
  if (typeof query === "function" && isObject(connectionParameters)) {
    throw insideOneConnection(typeof release === "function" ? "a client of a pg.Pool" : "a pg.Client");
  }
  const isPool = typeof Client === "function" && typeof totalCount === "number" && isObject(options);
  return isPool ? found(() => draftFromNodePostgres(/** @type {any} */ (client))) : undefined;
}

/** @type {(written: string, password?: Draft["password"], ssl?: boolean | object) => Recognised} */
function connectionString(written, password, ssl) {
  const tls = () => (ssl === undefined ? undefined : tlsFromNode(ssl));
  const read = () => draftFromConnectionString(written, process.env, { password, tls: tls() });
  if (password === undefined && ssl === undefined) return { owner: null, holder: null, text: written, read };
  const text = JSON.stringify([written, numberOf(password), numberOf(ssl)]);
  return { owner: null, holder: [password, ssl].find(isObject) ?? null, text, read };
}

/** Accepts URLs of other realms. @type {(value: unknown) => value is URL} */
function isUrl(value) {
  return Object.prototype.toString.call(value) === "[object URL]";
}

const KEYS = ["connectionString", "password", "ssl"];
const OF_DRIVERS = /^(host|hostname|port|path|url|user|username|pass|database|db|connection|max)$/;

/** @type {(given: object) => Recognised | undefined} undefined: it has none of this package's keys, and may be anything */
function ownObject(given) {
  const keys = Object.keys(given);
  if (keys.some((key) => OF_DRIVERS.test(key))) {
    throw notASource("options of a driver: pass postgres(options) or new Pool(options), which open nothing");
  }
  if (!keys.some((key) => KEYS.includes(key))) return undefined;
  const unknown = keys.find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw unknownKey("source", unknown, KEYS);

  const { connectionString: written, password, ssl } = /** @type {Record<string, any>} */ (given);
  // The usual cause is a variable that is not set. The database of this machine would be the wrong one.
  if (!written) throw badSetting("connectionString", "be a connection string; it is empty");
  const whole = isUrl(written) ? written.href : written;
  if (typeof whole !== "string") throw badSetting("connectionString", "be a string or a URL");
  const isSecret = ["string", "function"].includes(typeof (password ?? ""));
  if (!isSecret) throw badSetting("password", "be a string or a function that gives one");
  if (ssl !== undefined && typeof ssl !== "boolean" && !isObject(ssl)) {
    throw badSetting("ssl", "be a boolean, or an object of ca, cert, key, rejectUnauthorized and servername");
  }
  const secret = typeof password === "function" ? password : text(password, "password");
  return connectionString(whole, secret, ssl);
}

/** Describes a value without quoting it. @type {(value: any) => string} */
function describe(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "function") return "a function that is not a postgres.js sql";
  if (typeof value !== "object") return value === undefined ? "undefined" : `a ${typeof value}`;
  if (typeof value.query === "function" && typeof value.exec === "function") {
    return "PGlite, which runs inside this process and has no address to connect to";
  }
  return "an object that is none of these";
}

/** @type {WeakMap<object, number>} */
const numbers = new WeakMap();
let lastNumber = 0;

/** Replaces an object by a number, and leaves any other value as it is. @type {(value: unknown) => unknown} */
function numberOf(value) {
  if (!isObject(value)) return value;
  if (!numbers.has(value)) numbers.set(value, (lastNumber += 1));
  return numbers.get(value);
}

module.exports = { KEYS, numberOf, recognise };
