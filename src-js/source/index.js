"use strict";

/** From what a user has in hand to what the native side needs. Nothing here opens a connection. */

const { createHash } = require("node:crypto");
const { badSetting, notASource, unreadable } = require("./refusal.js");
const { numberOf, recognise } = require("./recognise.js");
const { complete, keyOf, readServiceOptions } = require("./settings.js");

/** @import { Settings } from "./settings.js" */

/** Gives the password for one connection. @typedef {() => Promise<string>} PasswordFunction */

/**
 * Sources with the same `owner` and the same `key` are served by one pool.
 * @typedef {object} ResolvedSource
 * @property {object | null} owner the postgres.js sql or the pg.Pool, whose life the pool shares; null for
 *   what is text, and for an object of ours
 * @property {string} key beside an owner the service's options; without one it is a hash of all settings
 * @property {() => Readonly<Settings>} settings the same object each time
 * @property {() => PasswordFunction | null} password what to ask for each new connection; null where
 *   `settings().password`, or its absence, says everything
 * @property {() => void} forget has the source read anew when it is seen again
 */

/**
 * What was resolved, by texts and for what has an identity, with which it goes. A source is read when it is first
 * seen, and with it the variables and the certificates' files: a service is made for each request on some routes,
 * and what a source was told does not change.
 * @type {Map<string, ResolvedSource>}
 */
const ofTexts = new Map();
/** @type {WeakMap<object, Map<string, ResolvedSource>>} */
const ofObjects = new WeakMap();
/** Of more texts, the one that was seen first is forgotten. */
const MOST_TEXTS = 100;

/** Throws a TypeError where it cannot. @type {(source: unknown, options?: unknown) => ResolvedSource} */
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
  if (given === undefined || given === null) return ""; // whether it does without one is for the server to say
  if (typeof given === "string") return given;
  throw badSetting("what the password function gives", "be a string");
}

module.exports = { resolveSource };
