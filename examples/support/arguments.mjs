/** What `npm start` is asked for. */

import { parseArgs } from "node:util";

/** The generations of Paperclip that the package serves, in the order in which they are played. */
const GENERATIONS = /** @type {const} */ (["2026.427", "2026.916"]);

/** @typedef {typeof GENERATIONS[number]} Generation */

/**
 * @typedef {(
 *   | { job: "play", generations: readonly Generation[] }
 *   | { job: "read", databaseUrl: string }
 *   | { job: "help" }
 *   | { job: "refuse", why: string }
 * )} Asked
 */

export const HELP = `Usage:
  npm start
      Plays what a Paperclip server does around agent runs, on an embedded PostgreSQL
      that is started for it and removed afterwards: as Paperclip 2026.427 does it, and
      then as Paperclip 2026.916 does. Each play ends with the maintenance of leases.

  npm start -- --generation 2026.427
  npm start -- --generation 2026.916
      Plays one of the two.

  npm start -- --database-url postgres://user@host:5432/database
      Prints the environments and the active leases of a Paperclip database, whose tables
      tell the generation. All its connections are read-only: nothing is written.

  npm start -- --help
      Prints this.`;

const URL_OPTION = "database-url";
const GENERATION_OPTION = "generation";

/**
 * @param {string[]} args
 * @returns {Asked}
 */
export function readArguments(args) {
  const { tokens } = parseArgs({
    args,
    options: {
      [URL_OPTION]: { type: "string" },
      [GENERATION_OPTION]: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  /** @type {string | undefined} */
  let databaseUrl;
  /** @type {Generation | undefined} */
  let generation;
  for (const token of tokens) {
    if (token.kind === "option" && token.name === "help") return { job: "help" };
    if (token.kind === "option" && token.name === URL_OPTION) {
      if (!token.value) return refuse(`--${URL_OPTION} needs a connection string, and got none.`);
      if (databaseUrl) return refuse(`--${URL_OPTION} is given twice.`);
      databaseUrl = token.value;
    } else if (token.kind === "option" && token.name === GENERATION_OPTION) {
      const named = GENERATIONS.find((each) => each === token.value);
      if (!named) return refuse(`--${GENERATION_OPTION} needs one of these: ${GENERATIONS.join(", ")}.`);
      if (generation) return refuse(`--${GENERATION_OPTION} is given twice.`);
      generation = named;
    } else if (token.kind === "option" && /^--?[a-z][a-z-]*$/i.test(token.rawName)) {
      return refuse(`${token.rawName} is not known.`);
    } else {
      // Not quoted: it may be a connection string, with a password.
      return refuse(`An argument is not understood. A connection string belongs behind --${URL_OPTION}.`);
    }
  }
  if (databaseUrl && generation) {
    return refuse(`--${GENERATION_OPTION} is not for an existing database: its tables tell the generation.`);
  }
  if (databaseUrl) return { job: "read", databaseUrl };
  return { job: "play", generations: generation ? [generation] : GENERATIONS };
}

/**
 * @param {string} why
 * @returns {Asked}
 */
function refuse(why) {
  return { job: "refuse", why };
}
