/** What can be asked of a comparison. */

import path from "node:path";
import { parseArgs } from "node:util";

export const HELP = `Usage:
  npm run bench:compare -- --against REF    this build beside that of a commit, such as HEAD~1, which is checked out
                                            and built in target/base
  npm run bench:compare -- --base FOLDER    beside the build in another clone
  npm run bench:compare -- --base FILE.node beside another addon, with the JavaScript of this clone
  … --only TEXT                             the rows whose name contains TEXT

It fails only where this build takes more than twice as long, twice as much of the event loop or of the processor,
and does so again when the row is measured once more.`;

/** @typedef {{ help: boolean, base?: string, against?: string, only?: string }} Options */

/**
 * @param {string[]} args
 * @returns {Options | { refusal: string }}
 */
export function readOptions(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        help: { type: "boolean", default: false },
        base: { type: "string" },
        against: { type: "string" },
        only: { type: "string" },
      },
    });
    if (!values.help && (values.base === undefined) === (values.against === undefined)) {
      return { refusal: "Either --base or --against is needed." };
    }
    return { ...values, ...(values.base !== undefined && { base: path.resolve(values.base) }) };
  } catch (error) {
    return { refusal: error instanceof Error ? error.message : String(error) };
  }
}
