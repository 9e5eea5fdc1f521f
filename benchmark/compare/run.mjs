/** `npm run bench:compare`: all set-up, then this build beside another one. See options.mjs. */

import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { finish, succeed } from "../../scripts/command.mjs";
import { run, setUp } from "../../scripts/setup.mjs";
import { HELP, readOptions } from "./options.mjs";

/** What the addon and its JavaScript are made of. */
const PRODUCT = ["src", "src-js", "Cargo.toml", "Cargo.lock", "build.rs", "rust-toolchain.toml"];

const options = readOptions(process.argv.slice(2));
if ("refusal" in options) {
  console.error(`${options.refusal}\n\n${HELP}`);
  process.exit(2);
}
if (options.help) {
  console.log(HELP);
  process.exit(0);
}

await setUp();
const root = fileURLToPath(new URL("../..", import.meta.url));
const base = options.base ?? (await buildOf(options.against ?? ""));
const only = options.only === undefined ? [] : ["--only", options.only];
run(process.execPath, [fileURLToPath(new URL("main.mjs", import.meta.url)), "--base", base, ...only]);

/**
 * Checks a commit out below this clone, so that it finds the packages of this one, and builds it: the first time in
 * as long as a clone takes. Its crates are compiled in a folder of their own. In this clone's, Cargo would later take
 * the base's library for this one's: both have the same name there.
 *
 * @param {string} ref
 */
async function buildOf(ref) {
  const folder = path.join(root, "target/base");
  // Here, since HEAD is another one there.
  const commit = (await succeed("git", ["-C", root, "rev-parse", "--verify", `${ref}^{commit}`])).trim();
  if ((await finish("git", ["-C", root, "diff", "--quiet", commit, "--", ...PRODUCT])).status === 0) {
    console.log(`All that is measured is as in ${ref}, ${commit}.`);
    process.exit(0);
  }
  console.error(`\n— Building ${ref}, ${commit}`);
  const git = existsSync(path.join(folder, ".git"))
    ? ["-C", folder, "checkout", "--quiet", "--force", "--detach", commit]
    : ["worktree", "add", "--quiet", "--force", "--detach", folder, commit];
  run("git", git);
  process.env["CARGO_TARGET_DIR"] = path.join(folder, "target");
  run("npm", ["--prefix", folder, "run", "--silent", "build"]);
  return folder;
}
