"use strict";

/** Checks single values and converts them to one unit. `undefined` always means "not given". */

const { badSetting } = require("./refusal.js");

/**
 * Reads a value. The name is used in errors.
 * @template T
 * @typedef {(value: unknown, name: string) => T | undefined} Reader
 */

/** setTimeout's own limit, the longest time that either driver can wait: 2^31 - 1 milliseconds. */
const LONGEST = 2_147_483_647;

/** Whether the value is an object or a function. @type {(value: unknown) => value is object} */
function isObject(value) {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Reads text. Empty text counts as not given, as in both drivers. @type {Reader<string>} */
function text(value, name) {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw badSetting(name, "be a string");
  // A zero byte ends a value in the start-up message, and what follows it would be read as the next setting.
  if (value.includes("\0")) throw badSetting(name, "not contain U+0000");
  return value;
}

/** @type {Reader<boolean>} */
function flag(value, name) {
  if (value === undefined || value === null || value === "") return undefined;
  if (value === true || value === "true" || value === "1") return true;
  if (value === false || value === "false" || value === "0" || value === "disable") return false;
  throw badSetting(name, "be true or false");
}

/**
 * Reads a duration, a number or text, in milliseconds. Null means no limit, for which null, false, zero, negative
 * numbers (libpq, 34.1.2, connect_timeout) and Infinity stand.
 * @type {(value: unknown, name: string, unit: string, factor: number) => number | null | undefined}
 */
function duration(value, name, unit, factor) {
  if (value === undefined || value === "") return undefined;
  if (value === null || value === false || value === "false") return null;
  const number = typeof value === "string" ? Number(value) : value;
  if (typeof number !== "number" || Number.isNaN(number)) throw badSetting(name, `be a number of ${unit}`);
  if (number <= 0 || number === Infinity) return null;
  return Math.min(Math.max(Math.round(number * factor), 1), LONGEST);
}

/** @type {Reader<number | null>} */
const seconds = (value, name) => duration(value, name, "seconds", 1000);

/** @type {Reader<number | null>} */
const milliseconds = (value, name) => duration(value, name, "milliseconds", 1);

/** @type {(written: string) => string} */
function percentDecoded(written) {
  try {
    return decodeURIComponent(written);
  } catch {
    // The encoded text is often a password, so the message gives only the rule.
    throw badSetting("the connection string", "percent-encode its special characters (% itself is %25)");
  }
}

/** @typedef {"any" | "read-write" | "read-only" | "primary" | "standby" | "prefer-standby"} SessionAttributes */
/** @type {SessionAttributes[]} */
const SESSION_ATTRIBUTES = ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"];

/** libpq, 34.1.2, target_session_attrs. @type {Reader<SessionAttributes>} */
function sessionAttributes(value, name) {
  const wanted = text(value, name);
  const known = SESSION_ATTRIBUTES.find((each) => each === wanted);
  if (wanted !== known) throw badSetting(name, `be one of ${SESSION_ATTRIBUTES.join(", ")}`);
  return known;
}

module.exports = { LONGEST, isObject, text, flag, seconds, milliseconds, percentDecoded, sessionAttributes };
