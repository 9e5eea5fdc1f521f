/** What can be asked for. */

import { parseArgs } from "node:util";

export const HELP = `Usage:
  npm run bench                        every row, five rounds: under ten minutes; draws
                                       benchmark/chart-light.svg and chart-dark.svg anew
  npm run bench -- --quick             fewer rows, short slices: under ninety seconds
  npm run bench -- --only TEXT         the rows whose name contains TEXT, such as "getById"
  npm run bench -- --json FILE         writes all figures, of each round, into FILE
  npm run bench -- --quick --charts    draws the charts of such a part, too
  node benchmark/draw.mjs FILE         draws them from what --json wrote`;

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
    // Charts of a part of the rows are hardly ever wanted.
    return { ...values, charts: values.charts || !(values.quick || values.only) };
  } catch (error) {
    return { refusal: error instanceof Error ? error.message : String(error) };
  }
}
