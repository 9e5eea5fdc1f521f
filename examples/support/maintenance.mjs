/** The command of those who operate a Paperclip, run as they run it. */

import { fileURLToPath } from "node:url";

import { finish } from "../../scripts/command.mjs";

const PROGRAM = fileURLToPath(new URL("../../src-js/command/index.js", import.meta.url));

/**
 * @param {string} url of the database
 * @param {string} command
 */
export async function runMaintenance(url, command) {
  const args = [PROGRAM, ...command.split(" ")];
  const { status, output } = await finish(process.execPath, args, {
    env: { ...process.env, DATABASE_URL: url },
  });
  const lines = output.trim().split("\n");
  // What is wrong comes first; that nothing is wrong is said at the end.
  const says = (/^ok /.test(output) ? lines.at(-1) : lines[0])?.replace(/:$/, ".");
  return { status, output, says };
}
