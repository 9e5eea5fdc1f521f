"use strict";

/** Single values, checked and brought to one unit. `undefined` always stands for "nothing was said". */

const { badSetting } = require("./refusal.js");

/** setTimeout's own limit, the longest time that either driver can wait: 2^31 - 1 milliseconds. */
const LONGEST = 2_147_483_647;

const SECOND = 1000;
const MILLISECOND = 1;

/**
 * @param {unknown} value
 * @returns {value is object | Function} whether the value has an identity and can own something
 */
function isObject(value) {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>} whether this is an object literal, as opposed to a class's instance
 */
function isPlainObject(value) {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  // By its parent rather than by identity: an object of another realm (a vm context) is plain, too.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Text. Empty text counts as not said, as both drivers have it.
 * @param {unknown} value
 * @param {string} name
 * @returns {string | undefined}
 */
function text(value, name) {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw badSetting(name, "be a string");
  // A zero byte ends a value in the start-up message, and what follows it would be read as the next setting.
  if (value.includes("\0")) throw badSetting(name, "not contain U+0000");
  return value;
}

/**
 * A length of time, in milliseconds.
 * @param {unknown} value a number, or text that holds one
 * @param {number} unit how many milliseconds 1 stands for
 * @param {string} name
 * @returns {number | null | undefined} null: without a limit, which null, false, zero, less than zero
 *   (libpq, 34.1.2, connect_timeout) and Infinity stand for
 */
function duration(value, unit, name) {
  if (value === undefined || value === "") return undefined;
  if (value === null || value === false || value === "false") return null;
  const number = typeof value === "string" ? Number(value) : value;
  if (typeof number !== "number" || Number.isNaN(number)) {
    throw badSetting(name, `be a number of ${unit === SECOND ? "seconds" : "milliseconds"}`);
  }
  if (number <= 0 || number === Infinity) return null;
  return Math.min(Math.max(Math.round(number * unit), 1), LONGEST);
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {boolean | undefined}
 */
function flag(value, name) {
  if (value === undefined || value === null || value === "") return undefined;
  if (value === true || value === "true" || value === "1") return true;
  if (value === false || value === "false" || value === "0" || value === "disable") return false;
  throw badSetting(name, "be true or false");
}

/**
 * A password, or the function that gives one.
 * @param {unknown} value
 * @param {string} name
 * @returns {string | ((...args: unknown[]) => unknown) | undefined}
 */
function secret(value, name) {
  if (typeof value === "function") return /** @type {(...args: unknown[]) => unknown} */ (value);
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw badSetting(name, "be a string or a function that gives one");
  return text(value, name);
}

/**
 * What a password function gave.
 * @param {unknown} given
 * @returns {string}
 */
function passwordText(given) {
  if (given === undefined || given === null) return ""; // whether it does without one is for the server to say
  if (typeof given === "string") return given;
  throw badSetting("what the password function gives", "be a string");
}

/**
 * @param {string} written
 * @returns {string}
 */
function percentDecoded(written) {
  try {
    return decodeURIComponent(written);
  } catch {
    // What is encoded in here is a password as often as not, so the message tells the rule alone.
    throw badSetting(
      "the connection string",
      "have its special characters percent-encoded as UTF-8 (% itself is %25)",
    );
  }
}

const SESSION_ATTRIBUTES = /** @type {const} */ ([
  "any",
  "read-write",
  "read-only",
  "primary",
  "standby",
  "prefer-standby",
]);

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {typeof SESSION_ATTRIBUTES[number] | undefined} libpq, 34.1.2, target_session_attrs
 */
function sessionAttributes(value, name) {
  const wanted = text(value, name);
  if (wanted === undefined) return undefined;
  const known = SESSION_ATTRIBUTES.find((each) => each === wanted);
  if (known === undefined) throw badSetting(name, `be one of ${SESSION_ATTRIBUTES.join(", ")}`);
  return known;
}

module.exports = {
  LONGEST,
  SECOND,
  MILLISECOND,
  isObject,
  isPlainObject,
  text,
  duration,
  flag,
  secret,
  passwordText,
  percentDecoded,
  sessionAttributes,
};
