/** What can be asked for. */

import { parseArgs } from "node:util";

export const HELP = `Usage:
  npm run bench                        every row, nine rounds: under ten minutes
  npm run bench -- --quick             every row, three short rounds: under ninety seconds
  npm run bench -- --only TEXT         the rows whose name contains TEXT, such as "getById"
  npm run bench -- --json FILE         writes all figures, of each round, into FILE
  npm run bench -- --charts            writes the charts and the tables of the manual anew
  node benchmark/draw.mjs FILE         the same, from what --json wrote`;

/**
 * @typedef {object} Options
 * @property {boolean} quick
 * @property {boolean} charts
 * @property {boolean} help
 * @property {string} [only]
 * @property {string} [json]
 */

/**
 * @param {string[]} args
 * @returns {Options | { refusal: string }}
 */
export function readOptions(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        quick: { type: "boolean", default: false },
        charts: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
        only: { type: "string" },
        json: { type: "string" },
      },
    });
    if (values.charts && values.only !== undefined)
      return { refusal: "The charts need more than some rows." };
    return values;
  } catch (error) {
    return { refusal: error instanceof Error ? error.message : String(error) };
  }
}
