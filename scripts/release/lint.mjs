/** Checks a tarball with publint and Are the Types Wrong, which are fetched when needed and not by `npm ci`. */

import { finish } from "../command.mjs";

const TOOLS = [
  ["publint@0.3.25", "run", "--strict"],
  ["@arethetypeswrong/cli@0.18.5", "--format", "ascii", "--no-color", "--no-emoji"],
];

/** @param {string} tarball */
export async function lintTarball(tarball) {
  for (const [tool = "", ...args] of TOOLS) {
    const { status, output } = await finish("npx", ["--yes", tool, ...args, tarball]);
    if (status !== 0) throw new Error(`${tool} found something:\n${output}`);
    console.log(`${tool}: nothing found`);
  }
}
