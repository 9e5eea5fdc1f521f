"use strict";

/**
 * The errors for an invalid source or setting. Each is a TypeError that names the setting and never holds a given
 * value, so that no password gets into a log.
 */

const { isNativeError } = require("node:util/types");

const ACCEPTED =
  "a drizzle database over postgres.js or node-postgres, a postgres.js sql, a pg.Pool, " +
  "a connection string or URL (postgres://…), an object { connectionString, password?, ssl? }, " +
  "or nothing at all when DATABASE_URL is set";

/** The errors made here, as opposed to those that a getter of the source throws. @type {WeakSet<object>} */
const refusals = new WeakSet();

/** @type {(message: string) => TypeError} */
function refusal(message) {
  const error = new TypeError(message);
  refusals.add(error);
  return error;
}

/** The error for a value that is not a source. @type {(what: string) => TypeError} */
const notASource = (what) =>
  refusal(`environmentService cannot connect through ${what}. It accepts ${ACCEPTED}.`);

/** The error for a source that belongs to one connection. @type {(what: string) => TypeError} */
const insideOneConnection = (what) =>
  notASource(
    `${what}: the service has connections of its own, and a separate connection cannot see ` +
      "what happens inside this one before it is committed; pass the database that it came from",
  );

/** The error for a setting of the wrong type, out of range or misspelt.
 * @type {(name: string, must: string) => TypeError} */
const badSetting = (name, must) => refusal(`environmentService: ${name} must ${must}`);

/** The error for a setting that this service does not support. @type {(name: string, why: string) => TypeError} */
const cannotHonour = (name, why) => refusal(`environmentService cannot honour ${name}: ${why}`);

/** @type {(where: "source" | "options" | "options.server", key: string, known: readonly string[]) => TypeError} */
const unknownKey = (where, key, known) =>
  refusal(
    `environmentService: unknown key ${JSON.stringify(key)} in ${where}; known are ${known.join(", ")}`,
  );

/**
 * The error to throw for an error while reading: a refusal as it is, and for any other a new one that names its kind
 * and does not repeat its message.
 * @type {(what: "source" | "options", thrown: any) => TypeError}
 */
function unreadable(what, thrown) {
  if (refusals.has(thrown)) return thrown;
  return new TypeError(`environmentService cannot read its ${what}: ${kindOf(thrown)}`, { cause: thrown });
}

/** Reads the properties once, since the thrown value may be anything. @type {(thrown: any) => string} */
function kindOf(thrown) {
  try {
    const name = isNativeError(thrown) ? String(thrown.name) : "";
    if (/^\w*Error$/.test(name)) return name;
  } catch {
    // Reading the thrown value threw as well.
  }
  return "an exception";
}

module.exports = { notASource, insideOneConnection, badSetting, cannotHonour, unknownKey, unreadable };
