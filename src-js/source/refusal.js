"use strict";

/**
 * The errors with which a source or one of its settings is refused. Each is a TypeError that names settings and
 * never holds a value that was given, so that no password gets into a log.
 */

const { isNativeError } = require("node:util/types");

const ACCEPTED =
  "a drizzle database over postgres.js or node-postgres, a postgres.js sql, a pg.Pool, " +
  "a connection string or URL (postgres://…), an object { connectionString, password?, ssl? }, " +
  "or nothing at all when DATABASE_URL is set";

/** What was made here, as opposed to what a getter of the source throws. @type {WeakSet<object>} */
const refusals = new WeakSet();

/** @type {(message: string) => TypeError} */
function refusal(message) {
  const error = new TypeError(message);
  refusals.add(error);
  return error;
}

/** What was given is no source. @type {(what: string) => TypeError} */
const notASource = (what) =>
  refusal(`environmentService cannot connect through ${what}. It accepts ${ACCEPTED}.`);

/** What was given belongs to one connection. @type {(what: string) => TypeError} */
const insideOneConnection = (what) =>
  notASource(
    `${what}: the service has connections of its own, and a separate connection cannot see ` +
      "what happens inside this one before it is committed; pass the database that it came from",
  );

/** The setting is of the wrong type, out of range or misspelt. @type {(name: string, must: string) => TypeError} */
const badSetting = (name, must) => refusal(`environmentService: ${name} must ${must}`);

/** This service has no means to do what the setting says. @type {(name: string, why: string) => TypeError} */
const cannotHonour = (name, why) => refusal(`environmentService cannot honour ${name}: ${why}`);

/** @type {(where: "source" | "options" | "options.server", key: string, known: readonly string[]) => TypeError} */
const unknownKey = (where, key, known) =>
  refusal(
    `environmentService: unknown key ${JSON.stringify(key)} in ${where}; known are ${known.join(", ")}`,
  );

/**
 * What to throw for what was thrown while something was read: a refusal as it is, and for anything else one that
 * names the kind of error and repeats nothing of what it says.
 * @type {(what: "source" | "options", thrown: any) => TypeError}
 */
function unreadable(what, thrown) {
  if (refusals.has(thrown)) return thrown;
  return new TypeError(`environmentService cannot read its ${what}: ${kindOf(thrown)}`, { cause: thrown });
}

/** Read once, since what was thrown may be anything. @type {(thrown: any) => string} */
function kindOf(thrown) {
  try {
    const name = isNativeError(thrown) ? String(thrown.name) : "";
    if (/^\w*Error$/.test(name)) return name;
  } catch {
    // It does not want to be named.
  }
  return "an exception";
}

module.exports = { notASource, insideOneConnection, badSetting, cannotHonour, unknownKey, unreadable };
