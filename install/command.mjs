#!/usr/bin/env node
/** `npx paperclip-environment-service build`: for where install scripts are off. */

import { buildFromSource, hasRust } from "./build.mjs";

const [command, ...rest] = process.argv.slice(2);

if (command !== "build" || rest.length > 0) {
  fail("Usage: paperclip-environment-service build\nBuilds the native addon from source, with Rust.");
}
if (!(await hasRust())) fail("Rust is needed to build the addon: https://rustup.rs installs it.");

try {
  console.error(`Built ${await buildFromSource()}`);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}

/** @param {string} why @returns {never} */
function fail(why) {
  console.error(why);
  process.exit(1);
}
