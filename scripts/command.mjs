/** Runs commands without holding up this process: a server may be waiting in it. */

import { spawn } from "node:child_process";

/**
 * Windows finds `npm` and `npx` only through a shell; anything else is better off without one, which would
 * take a path with a space for two words.
 *
 * @param {string} command
 */
export function needsShell(command) {
  return process.platform === "win32" && /^(npm|npx)$/.test(command);
}

/**
 * @typedef {object} Finished
 * @property {number | null} status
 * @property {string} stdout
 * @property {string} output what it printed, on both streams
 */

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<Finished>}
 */
export function finish(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const program = spawn(command, args, {
      ...options,
      shell: needsShell(command),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, output] = ["", ""];
    program.stdout.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
      stdout += text;
      output += text;
    });
    program.stderr.setEncoding("utf8").on("data", (/** @type {string} */ text) => (output += text));
    program.once("error", reject);
    program.once("close", (status) => resolve({ status, stdout, output }));
  });
}

/**
 * Runs a command that has to succeed.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<string>} its standard output
 */
export async function succeed(command, args, options) {
  const { status, stdout, output } = await finish(command, args, options);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with status ${status}:\n${output}`);
  return stdout;
}
