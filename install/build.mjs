/** Builds the addon from source, for the platform it runs on, and puts it beside index.js. */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(import.meta.url);
const { localFile, packageFolder } = require("../src-js/addon/places");
const { platformName } = require("../src-js/addon/platform");

/** @returns {Promise<boolean>} */
export async function hasRust() {
  try {
    return (await cargo(["--version"], "ignore")).status === 0;
  } catch {
    return false;
  }
}

/**
 * Shows cargo's progress.
 *
 * @returns {Promise<string>} the built file
 */
export async function buildFromSource() {
  const targetFolder = process.env["CARGO_TARGET_DIR"] ?? path.join(packageFolder, "target");
  const isOurs = process.env["CARGO_TARGET_DIR"] === undefined && !existsSync(targetFolder);
  const { status, output } = await cargo(
    ["build", "--release", "--locked", "--lib", "--message-format", "json-render-diagnostics"],
    "inherit",
    { CARGO_TARGET_DIR: targetFolder, ...rustFlags() },
  );
  if (status !== 0) throw new Error(`cargo build ended with status ${status}`);
  const file = localFile();
  // Renamed, so that no process can load an incomplete file.
  await copyFile(libraryIn(output), `${file}.new`);
  await rename(`${file}.new`, file);
  // It has hundreds of megabytes, which nobody would expect in node_modules.
  if (isOurs) await rm(targetFolder, { recursive: true, force: true });
  return file;
}

/**
 * On musl, Rust links statically by default, and builds no library that can be loaded.
 *
 * @returns {Record<string, string>}
 */
function rustFlags() {
  if (!platformName().endsWith("-musl")) return {};
  return { RUSTFLAGS: `${process.env["RUSTFLAGS"] ?? ""} -C target-feature=-crt-static`.trim() };
}

/**
 * Finds the library in cargo's output: its place depends on the user's settings.
 *
 * @param {string} output a JSON object on each line
 * @returns {string}
 */
function libraryIn(output) {
  for (const line of output.split("\n")) {
    if (!line.includes('"compiler-artifact"')) continue;
    const { target, filenames } = JSON.parse(line);
    if (!target.kind.includes("cdylib")) continue;
    const library = filenames.find((/** @type {string} */ name) => /\.(so|dylib|dll)$/.test(name));
    if (library) return library;
  }
  throw new Error("cargo reported no library");
}

/**
 * @param {string[]} args
 * @param {"ignore" | "inherit"} stderr
 * @param {Record<string, string>} [env]
 * @returns {Promise<{ status: number | null, output: string }>}
 */
function cargo(args, stderr, env = {}) {
  return new Promise((resolve, reject) => {
    const program = spawn("cargo", args, {
      cwd: packageFolder,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", stderr],
    });
    let output = "";
    program.stdout?.setEncoding("utf8").on("data", (/** @type {string} */ text) => (output += text));
    program.once("error", reject);
    program.once("close", (status) => resolve({ status, output }));
  });
}
