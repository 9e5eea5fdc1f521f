"use strict";

/** The second argument of environmentService. */

const { badSetting, unknownKey } = require("./refusal.js");
const { LONGEST } = require("./values.js");

/**
 * What overrides the source and the defaults. Times are in milliseconds; null means without a limit.
 * @typedef {object} ServiceOptions
 * @property {number} [maxConnections]
 * @property {number | null} [connectTimeout]
 * @property {number | null} [idleTimeout]
 * @property {number} [statementTimeout] 0: without a limit, as PostgreSQL has it
 * @property {string} [applicationName]
 */

const NOTHING = Object.freeze({});
const TIME = `be a whole number of milliseconds from 0 (no limit) to ${LONGEST}`;

/** @type {Record<keyof ServiceOptions, (value: unknown) => unknown>} */
const CHECKS = {
  maxConnections: (value) =>
    whole(value, 1, 100, "options.maxConnections", "be a whole number from 1 to 100"),
  connectTimeout: (value) => time(value, "options.connectTimeout"),
  idleTimeout: (value) => time(value, "options.idleTimeout"),
  statementTimeout: (value) => whole(value, 0, LONGEST, "options.statementTimeout", TIME),
  applicationName: (value) => {
    if (typeof value === "string" && value !== "" && !value.includes("\0")) return value;
    throw badSetting("options.applicationName", "be a string that is not empty");
  },
};

/**
 * @param {unknown} value
 * @param {number} least
 * @param {number} most
 * @param {string} name
 * @param {string} expected
 * @returns {number}
 */
function whole(value, least, most, name, expected) {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw badSetting(name, expected);
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {number | null}
 */
function time(value, name) {
  return value === null || whole(value, 0, LONGEST, name, TIME) === 0 ? null : /** @type {number} */ (value);
}

/**
 * @param {unknown} options
 * @returns {ServiceOptions}
 */
function readServiceOptions(options) {
  if (options === undefined) return NOTHING;
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw badSetting("options", "be an object");
  }
  /** @type {Record<string, unknown>} */
  const result = {};
  for (const [key, value] of Object.entries(options)) {
    if (!Object.hasOwn(CHECKS, key)) throw unknownKey("options", key, Object.keys(CHECKS));
    if (value !== undefined) result[key] = CHECKS[/** @type {keyof ServiceOptions} */ (key)](value);
  }
  return result;
}

/**
 * @param {ServiceOptions} options
 * @returns {string} the same for options that say the same, in whatever order
 */
function keyOf(options) {
  if (options === NOTHING) return "[]";
  const said = Object.keys(CHECKS)
    .map((key) => [key, options[/** @type {keyof ServiceOptions} */ (key)]])
    .filter(([, value]) => value !== undefined);
  return JSON.stringify(said);
}

module.exports = { readServiceOptions, keyOf };
