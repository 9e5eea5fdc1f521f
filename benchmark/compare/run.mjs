/** `npm run bench:compare`: all set-up, then this build beside another one. See options.mjs. */

import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { run, setUp } from "../../scripts/setup.mjs";
import { HELP, readOptions } from "./options.mjs";

const options = readOptions(process.argv.slice(2));
if ("refusal" in options) {
  console.error(`${options.refusal}\n\n${HELP}`);
  process.exit(2);
}
if (options.help) {
  console.log(HELP);
  process.exit(0);
}

setUp();
const base = options.base ?? buildOf(options.against ?? "");
const only = options.only === undefined ? [] : ["--only", options.only];
run(process.execPath, [fileURLToPath(new URL("main.mjs", import.meta.url)), "--base", base, ...only]);

/**
 * Checks a commit out below this clone, so that it finds the packages of this one, and builds it with the crates that
 * have been compiled here.
 *
 * @param {string} commit
 */
function buildOf(commit) {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const folder = path.join(root, "target/base");
  console.error(`\n— Building ${commit}`);
  if (existsSync(path.join(folder, ".git")))
    run("git", ["-C", folder, "checkout", "--quiet", "--force", "--detach", commit]);
  else run("git", ["worktree", "add", "--quiet", "--force", "--detach", folder, commit]);
  process.env["CARGO_TARGET_DIR"] = path.join(root, "target");
  run("npm", ["--prefix", folder, "run", "--silent", "build"]);
  return folder;
}
