"use strict";

/** Resolves the source that a user passes into the native side's settings. Nothing here opens a connection. */

const { createHash } = require("node:crypto");
const { badSetting, notASource, unreadable } = require("./refusal.js");
const { numberOf, recognise } = require("./recognise.js");
const { complete, keyOf, readServiceOptions } = require("./settings.js");

/** @import { Settings } from "./settings.js" */

/** Returns the password for one connection. @typedef {() => Promise<string>} PasswordFunction */

/**
 * Sources with the same `owner` and the same `key` share one pool.
 * @typedef {object} ResolvedSource
 * @property {object | null} owner the postgres.js sql or the pg.Pool, for whose lifetime the pool exists; null for
 *   texts, and for objects { connectionString, … }
 * @property {string} key the service's options if there is an owner, otherwise a hash of all settings
 * @property {() => Readonly<Settings>} settings the same object each time
 * @property {() => PasswordFunction | null} password the function to call for each new connection; null if
 *   `settings().password` is the password, or there is none
 * @property {() => void} forget has the source read again at its next use
 */

/**
 * Resolved sources: by text here, and by object below, weakly. A source is read at its first use, and with it the
 * environment variables and certificate files: some routes create a service for each request, and the settings of a
 * source do not change.
 * @type {Map<string, ResolvedSource>}
 */
const ofTexts = new Map();
/** @type {WeakMap<object, Map<string, ResolvedSource>>} */
const ofObjects = new WeakMap();
/** With more texts than this, the oldest is forgotten. */
const MOST_TEXTS = 100;

/** Resolves a source, or throws a TypeError. @type {(source: unknown, options?: unknown) => ResolvedSource} */
function resolveSource(source, options) {
  /** @type {"options" | "source"} */
  let reading = "options";
  try {
    const own = readServiceOptions(options);
    reading = "source";
    const given = source === undefined ? process.env.DATABASE_URL || undefined : source;
    if (given === undefined) throw notASource("nothing, since DATABASE_URL is not set");
    const { owner, holder, text, read } = recognise(given);
    let known = holder ? ofObjects.get(holder) : ofTexts;
    if (!known) ofObjects.set(/** @type {object} */ (holder), (known = new Map()));
    const key = `${keyOf(own)} ${text}`;
    const before = known.get(key);
    if (before) return before;

    const draft = read();
    const settings = Object.freeze(complete(draft, own));
    const { password } = draft;
    const ask = typeof password === "function" ? async () => passwordText(await password()) : null;
    const all = JSON.stringify([settings, ask && numberOf(password)]);
    const result = {
      owner,
      key: owner ? key : createHash("sha256").update(all).digest("hex"),
      settings: () => settings,
      password: () => ask,
      forget: () => known.delete(key),
    };
    const [oldest] = known.keys();
    if (oldest !== undefined && known.size >= MOST_TEXTS) known.delete(oldest);
    known.set(key, result);
    return result;
  } catch (error) {
    throw unreadable(reading, error);
  }
}

/** @type {(given: unknown) => string} */
function passwordText(given) {
  if (given === undefined || given === null) return ""; // the server decides whether it needs one
  if (typeof given === "string") return given;
  throw badSetting("what the password function gives", "be a string");
}

module.exports = { resolveSource };
