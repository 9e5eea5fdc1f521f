/** What `npm start` is asked for. */

import { parseArgs } from "node:util";

/** The generations of Paperclip that the package serves. */
export const GENERATIONS = /** @type {const} */ (["2026.427", "2026.916"]);

/** @typedef {typeof GENERATIONS[number]} Generation */

/**
 * @typedef {(
 *   | { job: "play", generations: readonly Generation[], verbose: boolean }
 *   | { job: "read", databaseUrl: string }
 *   | { job: "help" }
 *   | { job: "refuse", why: string }
 * )} Asked
 */

export const HELP = `Usage:
  npm start
      Shows what a Paperclip server does around agent runs, on a PostgreSQL that is started
      for it and removed at the end: with Paperclip's own service and with this package,
      for Paperclip 2026.427 and for Paperclip 2026.916.

  npm start -- --verbose
      Shows also each answer in full, and all that npm, cargo and the commands print.

  npm start -- --generation 2026.427
  npm start -- --generation 2026.916
      Shows one of the two.

  npm start -- --database-url postgres://user@host:5432/database
      Prints the environments and the active leases of a Paperclip database, whose tables
      tell the generation. All its connections are read-only: nothing is written.

  npm start -- --help
      Prints this.`;

/**
 * @param {string[]} args
 * @returns {Asked}
 */
export function readArguments(args) {
  const asked = parsed(args);
  // Not quoted: it may be a connection string, with a password.
  if (asked === null) return refuse("An argument is not understood.");
  if (asked.help) return { job: "help" };

  const { "database-url": databaseUrl, generation, verbose = false } = asked;
  if (databaseUrl !== undefined) {
    if (databaseUrl === "") return refuse("--database-url needs a connection string, and got none.");
    if (generation) return refuse("--generation is not for an existing database: its tables tell it.");
    return { job: "read", databaseUrl };
  }
  const generations = GENERATIONS.filter((each) => generation === undefined || each === generation);
  if (generations.length === 0) return refuse(`--generation needs one of these: ${GENERATIONS.join(", ")}.`);
  return { job: "play", generations, verbose };
}

/** @param {string[]} args */
function parsed(args) {
  try {
    return parseArgs({
      args,
      options: {
        "database-url": { type: "string" },
        generation: { type: "string" },
        verbose: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch {
    return null;
  }
}

/**
 * @param {string} why
 * @returns {Asked}
 */
function refuse(why) {
  return { job: "refuse", why };
}
