"use strict";

/** Checks arguments by name before anything is sent, and converts them to the form in which they cross. */

const { types } = require("node:util");

/** A hundred years, because PostgreSQL's times are limited. */
const MOST_MILLISECONDS = 100 * 365.25 * 24 * 60 * 60 * 1000;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Checks a value and returns it in the form in which it crosses.
 * @typedef {(name: string, value: any) => unknown} Check */

/** @param {string} name @param {string} wanted */
const wrongType = (name, wanted) => new TypeError(`${name} must be ${wanted}`);
/** @param {string} name @param {string} wanted */
const outOfRange = (name, wanted) => new RangeError(`${name} must be ${wanted}`);

/** @type {Check} */
function text(name, value) {
  if (typeof value !== "string") throw wrongType(name, "a string");
  if (value.includes("\0")) throw outOfRange(name, "without the character U+0000");
  return value.toWellFormed();
}

/** @type {Check} */
function uuid(name, value) {
  if (!UUID.test(String(text(name, value)))) throw outOfRange(name, "a UUID");
  return value;
}

/** @type {Check} */
function flag(name, value) {
  if (typeof value !== "boolean") throw wrongType(name, "a boolean");
  return value;
}

/** @type {Check} */
function date(name, value) {
  if (!types.isDate(value)) throw wrongType(name, "a Date");
  const year = value.getUTCFullYear();
  // `toISOString` writes other years in a form that PostgreSQL does not read.
  if (!(year >= 1 && year <= 9999)) throw outOfRange(name, "a valid Date, in the years 1 to 9999");
  return value.toISOString();
}

/** @type {(least: number, most?: number) => Check} */
const integer = (least, most) => (name, value) => {
  if (typeof value !== "number") throw wrongType(name, "a number");
  const range = most === undefined ? `at least ${least}` : `from ${least} to ${most}`;
  const isIn = Number.isSafeInteger(value) && value >= least && value <= (most ?? value);
  if (!isIn) throw outOfRange(name, `an integer, ${range}`);
  return value;
};

/** @type {(least: number) => Check} */
const milliseconds = (least) => (name, value) => {
  if (typeof value !== "number") throw wrongType(name, "a number");
  if (!(value >= least && value <= MOST_MILLISECONDS)) {
    throw outOfRange(name, `a number of milliseconds, from ${least} to ${MOST_MILLISECONDS}`);
  }
  return value;
};

/** @type {(check: Check) => Check} */
const several = (check) => (name, value) => {
  if (!Array.isArray(value)) throw wrongType(name, "an array");
  // `map` would skip holes.
  return Array.from(value, (one, number) => check(`${name}[${number}]`, one));
};

/** @type {(check: Check) => Check} */
const oneOrSeveral = (check) => (name, value) =>
  Array.isArray(value) ? several(check)(name, value) : [check(name, value)];

/** @type {(words: readonly string[]) => Check} */
const oneOf = (words) => (name, value) => {
  if (typeof value !== "string") throw wrongType(name, "a string");
  if (!words.includes(value)) throw outOfRange(name, `one of ${words.join(", ")}`);
  return value;
};

/**
 * The members of an object, in the form in which they cross. Unknown members are refused: with a misspelt filter,
 * too much would be ended or deleted.
 *
 * @param {string} name
 * @param {unknown} value
 * @param {Record<string, Check>} checks
 * @returns {Record<string, any>} the given members
 */
function members(name, value, checks) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongType(name, "an object");
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(checks, key)) throw new TypeError(`${name}.${key} is not known`);
  }
  const given = Object.entries(checks).flatMap(([key, check]) => {
    const member = /** @type {Record<string, unknown>} */ (value)[key];
    return member === undefined ? [] : [[key, check(`${name}.${key}`, member)]];
  });
  return Object.fromEntries(given);
}

module.exports = {
  ...{ wrongType, text, uuid, flag, date, integer, milliseconds, several, oneOrSeveral, oneOf, members },
};
