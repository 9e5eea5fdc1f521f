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

/** @type {(value: any, least: number, most: number) => boolean} */
const isWhole = (value, least, most) => Number.isInteger(value) && value >= least && value <= most;
const isTime = (/** @type {unknown} */ value) => isWhole(value, 0, LONGEST);
const isName = (/** @type {unknown} */ value) => typeof value === "string" && /^[^\0]+$/.test(value);
const TIME = `be a whole number of milliseconds from 0 (no limit) to ${LONGEST}`;

/** @type {Record<string, { fits: (value: any) => boolean, must: string }>} */
const CHECKS = {
  maxConnections: { fits: (value) => isWhole(value, 1, 100), must: "be a whole number from 1 to 100" },
  connectTimeout: { fits: (value) => value === null || isTime(value), must: TIME },
  idleTimeout: { fits: (value) => value === null || isTime(value), must: TIME },
  statementTimeout: { fits: isTime, must: TIME },
  applicationName: { fits: isName, must: "be a string that is not empty" },
};

/** @type {(options: unknown) => ServiceOptions} */
function readServiceOptions(options) {
  if (options === undefined) return {};
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw badSetting("options", "be an object");
  }
  /** @type {Record<string, unknown>} */
  const result = {};
  for (const [key, value] of Object.entries(options)) {
    const check = Object.hasOwn(CHECKS, key) ? CHECKS[key] : undefined;
    if (!check) throw unknownKey("options", key, Object.keys(CHECKS));
    if (value !== undefined && !check.fits(value)) throw badSetting(`options.${key}`, check.must);
    // Both stand for no limit.
    result[key] = value === 0 && key !== "statementTimeout" ? null : value;
  }
  return result;
}

/** The same for options that say the same. @type {(options: ServiceOptions) => string} */
function keyOf(options) {
  const { maxConnections, connectTimeout, idleTimeout, statementTimeout, applicationName } = options;
  const name = applicationName === undefined ? "" : JSON.stringify(applicationName);
  return `${maxConnections} ${connectTimeout} ${idleTimeout} ${statementTimeout} ${name}`;
}

module.exports = { readServiceOptions, keyOf };
