/**
 * Runs when the package is installed: builds the addon from source where no prebuilt one can be loaded.
 *
 * Without Rust the installation goes through nevertheless, for the package may be installed where it is
 * never imported. The import would then say what to do.
 */

import { createRequire } from "node:module";

import { addonLoads } from "./addon.mjs";
import { buildFromSource, hasRust } from "./build.mjs";

const require = createRequire(import.meta.url);
const { isCheckout } = require("../src-js/addon/places");
const { BUILD_COMMAND } = require("../src-js/addon/failure");
const { platformName } = require("../src-js/addon/platform");

// In the repository `npm run build` follows, which also writes the types.
if (!isCheckout() && !addonLoads()) {
  console.error(`paperclip-environment-service: no prebuilt addon for ${platformName()} could be loaded.`);
  if (await hasRust()) {
    console.error("Building it from source, which takes a few minutes.");
    await buildFromSource();
  } else {
    console.error(`Without Rust (https://rustup.rs) it is not built either. Later: ${BUILD_COMMAND}`);
  }
}
