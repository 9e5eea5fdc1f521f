/**
 * Sets a clone up: npm's packages, then the addon. Each step is skipped if it has been done, so that this can run before
 * every command. It uses only Node, since nothing else may be installed yet.
 */

import { spawn, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

import { finish, needsShell } from "./command.mjs";

const require = createRequire(import.meta.url);
const { OVERRIDE, localFile } = require("../src-js/addon/places");
const { showProgress } = require("../src-js/command/progress");

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs a command, showing what it prints, and ends the process if it fails.
 *
 * @param {string} command
 * @param {string[]} args
 */
export function run(command, args) {
  const shell = needsShell(command);
  const { status, error } = spawnSync(command, args, { cwd: root, shell, stdio: "inherit" });
  if (error) console.error(`${command} could not be run: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * Runs a command beside this process, showing what it prints.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} its exit status
 */
export function startProgram(command, args, env) {
  return new Promise((resolve, reject) => {
    const shell = needsShell(command);
    const program = spawn(command, args, { cwd: root, env, shell, stdio: "inherit" });
    program.once("error", reject);
    program.once("exit", (status) => resolve(status ?? 1));
  });
}

/**
 * @param {{ quick?: boolean, verbose?: boolean }} [options] `quick` takes half the time to build an addon that is
 *   several times slower. It lies beside the real one, and the programs that this process starts use it. `verbose` shows
 *   the output of npm and cargo, which is otherwise shown only if they fail.
 */
export async function setUp({ quick = false, verbose = false } = {}) {
  checkNode();
  checkCargo();
  const npm = verbose ? (/** @type {string[]} */ args) => run("npm", args) : npmQuietly;
  if (!packagesAreInstalled()) {
    console.error("\n— Installing npm's packages");
    await npm(["ci", "--no-audit", "--no-fund"]);
  }
  const atFirst = quick ? "a minute or two" : "a few minutes";
  console.error(`\n— Building the addon (${atFirst} the first time, seconds afterwards)`);
  await npm(["run", "--silent", quick ? "build:debug" : "build"]);
  if (quick) process.env[OVERRIDE] = path.join(root, "target/quick", path.basename(localFile()));
}

/** @param {string[]} args */
async function npmQuietly(args) {
  const start = performance.now();
  const endProgress = showProgress(() => `  ${Math.round((performance.now() - start) / 1000)} s`);
  const { status, output } = await finish("npm", args, { cwd: root });
  endProgress();
  if (status !== 0) fail(`${output}\nnpm ${args.join(" ")} has failed.`, status ?? 1);
}

function checkNode() {
  const [major = 0] = process.versions.node.split(".").map(Number);
  if (major < 20) fail(`Node 20 or later is needed; this is ${process.version}.`);
}

function checkCargo() {
  const { error } = spawnSync("cargo", ["--version"]);
  if (error) fail("Rust is needed to build the addon: https://rustup.rs installs it.");
}

/** npm writes the second file once it has installed the packages in the first one. */
function packagesAreInstalled() {
  const [wanted, installed] = ["package-lock.json", "node_modules/.package-lock.json"].map(
    (file) => new URL(`../${file}`, import.meta.url),
  );
  if (wanted === undefined || installed === undefined || !existsSync(installed)) return false;
  return statSync(installed).mtimeMs >= statSync(wanted).mtimeMs;
}

/**
 * @param {string} why
 * @param {number} [status]
 */
function fail(why, status = 1) {
  console.error(why);
  process.exit(status);
}
