/** Runs commands without blocking this process, which may run a server. */

import { spawn } from "node:child_process";

/**
 * On Windows, `npm` and `npx` need a shell. Other commands must not have one, because it would split a path with a
 * space.
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
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, input?: string }} [options] `input` is its standard input
 * @returns {Promise<Finished>}
 */
export function finish(command, args, { input, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const program = spawn(command, args, {
      ...options,
      shell: needsShell(command),
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    program.stdin?.end(input);
    let [stdout, output] = ["", ""];
    program.stdout?.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
      stdout += text;
      output += text;
    });
    program.stderr?.setEncoding("utf8").on("data", (/** @type {string} */ text) => (output += text));
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
