/** The packages installed as a user installs them. */

import { writeFile } from "node:fs/promises";
import path from "node:path";

import { succeed } from "../../../scripts/command.mjs";

/** A call that needs the addon and a database; prints `null`. */
const CALL = `
  import { environmentService } from "paperclip-environment-service";
  const environments = environmentService(process.env.TEST_DATABASE_URL);
  console.log(await environments.getById("00000000-0000-4000-8000-000000000000"));
  await environments.close();`;

/**
 * @param {string} folder
 * @param {string[]} packages beside those that its package.json names
 * @param {{ env: NodeJS.ProcessEnv, flags?: string[] }} options
 */
export async function install(folder, packages, { env, flags = [] }) {
  const quiet = ["--no-audit", "--no-fund", "--no-save", "--prefer-offline"];
  await succeed("npm", ["install", ...quiet, ...flags, ...packages], { cwd: folder, env });
}

/** A project that has nothing yet. @param {string} folder */
export async function startProject(folder) {
  await writeFile(path.join(folder, "package.json"), '{ "private": true }\n');
  await writeFile(path.join(folder, "call.mjs"), CALL);
}

/**
 * Imports the package and makes one call.
 *
 * @param {string} folder that {@link startProject} prepared
 * @param {NodeJS.ProcessEnv} env
 */
export async function makeCall(folder, env) {
  const answer = await succeed(process.execPath, ["call.mjs"], { cwd: folder, env });
  if (answer !== "null\n") throw new Error(`The call was answered with ${answer}`);
}
