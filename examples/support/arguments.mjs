/** What `npm start` is asked for. */

import { parseArgs } from "node:util";

/**
 * @typedef {(
 *   | { job: "play" }
 *   | { job: "read", databaseUrl: string }
 *   | { job: "help" }
 *   | { job: "refuse", why: string }
 * )} Asked
 */

export const HELP = `Usage:
  npm start
      Plays what a Paperclip server does around agent runs, on an embedded PostgreSQL
      that is started for it and removed afterwards.

  npm start -- --database-url postgres://user@host:5432/database
      Prints the environments and the active leases of a Paperclip database, company by
      company. All its connections are read-only: nothing is written.

  npm start -- --help
      Prints this.`;

const URL_OPTION = "database-url";

/**
 * @param {string[]} args
 * @returns {Asked}
 */
export function readArguments(args) {
  const { tokens } = parseArgs({
    args,
    options: { [URL_OPTION]: { type: "string" }, help: { type: "boolean", short: "h" } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  /** @type {Asked} */
  let asked = { job: "play" };
  for (const token of tokens) {
    if (token.kind === "option" && token.name === "help") return { job: "help" };
    if (token.kind === "option" && token.name === URL_OPTION) {
      if (!token.value) return refuse(`--${URL_OPTION} needs a connection string, and got none.`);
      if (asked.job === "read") return refuse(`--${URL_OPTION} is given twice.`);
      asked = { job: "read", databaseUrl: token.value };
    } else if (token.kind === "option" && /^--?[a-z][a-z-]*$/i.test(token.rawName)) {
      return refuse(`${token.rawName} is not known.`);
    } else {
      // Not quoted: it may be a connection string, with a password.
      return refuse(`An argument is not understood. A connection string belongs behind --${URL_OPTION}.`);
    }
  }
  return asked;
}

/**
 * @param {string} why
 * @returns {Asked}
 */
function refuse(why) {
  return { job: "refuse", why };
}
