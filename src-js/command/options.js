"use strict";

/** Declares, reads and checks the options of a subcommand. */

const { parseArgs } = require("node:util");

const { parseDuration, showDuration } = require("./duration");
const { figure, harmless } = require("./text");

/**
 * @typedef {object} Option
 * @property {"string" | "boolean"} type
 * @property {string} help
 * @property {string} [value] the name of its value in the help
 * @property {string} [short]
 * @property {boolean} [multiple]
 */

/** @typedef {Record<string, Option>} Options */

/** The error for wrong arguments. */
class UsageError extends Error {}

/** @type {Options} */
const COMMON = {
  json: { type: "boolean", help: "print one JSON document" },
  help: { type: "boolean", short: "h", help: "show this help" },
};

/** @type {Options} */
const DATABASE = {
  "database-url": {
    type: "string",
    value: "URL",
    help: "the database (default: DATABASE_URL, or that of the Paperclip on this machine)",
  },
};

/** @satisfies {Options} */
const SCOPE = {
  company: { type: "string", value: "ID", help: "only leases of this company" },
  environment: { type: "string", value: "ID", help: "only leases of this environment" },
};

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/** The given options. Each reader returns undefined for an absent option, and throws a `UsageError` for a wrong one. */
class Given {
  #values;

  /** @param {Options} options @param {string[]} args */
  constructor(options, args) {
    try {
      this.#values = parseArgs({ args, options, allowPositionals: false }).values;
    } catch (error) {
      const { code, message } = /** @type {Error & { code?: string }} */ (error);
      // The argument is not repeated, because it may be a URL with a password.
      if (code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL")
        throw new UsageError("there is an argument that is not an option");
      throw new UsageError(message.replace(/\.\s.*/s, ""));
    }
  }

  /** @param {string} name */
  flag(name) {
    return this.#values[name] === true;
  }

  /** @param {string} name */
  has(name) {
    return this.#values[name] !== undefined;
  }

  /** @param {string} name */
  text(name) {
    const value = this.#values[name];
    if (value === "") throw new UsageError(`--${name} must not be empty`);
    return typeof value === "string" ? value : undefined;
  }

  /** @param {string} name */
  list(name) {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : undefined;
  }

  /** @template {string} Word @param {string} name @param {readonly Word[]} words */
  words(name, words) {
    return this.list(name)?.map((value) => {
      const word = words.find((each) => each === value);
      if (word === undefined) throw wrong(name, `one of ${words.join(", ")}`, value);
      return word;
    });
  }

  /** @param {string} name */
  id(name) {
    const value = this.text(name);
    if (value === undefined || UUID.test(value)) return value;
    throw wrong(name, "a UUID", value);
  }

  /** @param {string} name @param {number} least @param {number} [most] */
  number(name, least, most = Number.MAX_SAFE_INTEGER) {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    const range =
      most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${figure(most)}` : `of at least ${least}`;
    throw wrong(name, `a whole number ${range}`, value);
  }

  /** A duration in milliseconds. @param {string} name */
  duration(name, least = 0) {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const milliseconds = parseDuration(value);
    if (milliseconds === null) throw wrong(name, "a whole number with s, m, h or d, such as 90d", value);
    if (milliseconds < least) throw wrong(name, `at least ${showDuration(least)}`, value);
    return milliseconds;
  }
}

/** @param {string} name @param {string} what @param {string} value */
function wrong(name, what, value) {
  // A URL, which may have a password, is not repeated.
  return new UsageError(`--${name} takes ${what}${value.includes("/") ? "" : `, not "${harmless(value)}"`}`);
}

module.exports = { COMMON, DATABASE, SCOPE, Given, UsageError };
