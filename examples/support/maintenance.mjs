/** The command of those who operate a Paperclip, run as they run it. */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { finish } from "../../scripts/command.mjs";
import { FILE } from "./sandboxes.mjs";

const PROGRAM = fileURLToPath(new URL("../../src-js/command/index.js", import.meta.url));
const RELEASE = fileURLToPath(new URL("sandboxes.mjs", import.meta.url));

/**
 * @param {string} url of the database
 * @param {string[]} command
 * @param {string} sandboxes the file with the ids of what the provider runs
 */
export async function runMaintenance(url, command, sandboxes) {
  const args = command.map((each) => (each === "sandboxes.mjs" ? RELEASE : each));
  const { status, output } = await finish(process.execPath, [PROGRAM, ...args], {
    env: { ...process.env, DATABASE_URL: url, [FILE]: sandboxes },
    input: await readFile(sandboxes, "utf8"),
  });
  return { status, output };
}

/** What is found, or else how it ends. @param {string} output @returns {string[]} */
export function inShort(output) {
  const lines = output.trim().split("\n");
  const found = lines.filter((line) => /^(problem|warning) |^\d.*[;:]/.test(line));
  return (found.length > 0 ? found : lines.slice(-1)).map((line) =>
    line.replace(/ +/g, " ").replace(/(, and .*|;.*|:)$/, "."),
  );
}
