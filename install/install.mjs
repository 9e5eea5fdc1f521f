/**
 * Runs when the package is installed: builds the addon from source if no prebuilt one can be loaded.
 *
 * Without Rust the installation succeeds nevertheless, because the package may never be imported. If it is, the import
 * says what to do.
 */

import { createRequire } from "node:module";

import { addonLoads } from "./addon.mjs";
import { buildFromSource, hasRust } from "./build.mjs";

const require = createRequire(import.meta.url);
const { isCheckout } = require("../src-js/addon/places");
const { BUILD_COMMAND } = require("../src-js/addon/failure");
const { platformName } = require("../src-js/addon/platform");

// In the repository, `npm run build` builds the addon, and also writes its types.
if (!isCheckout() && !addonLoads()) {
  console.error(`paperclip-environment-service: no prebuilt addon for ${platformName()} could be loaded.`);
  if (await hasRust()) {
    console.error("Building it from source, which takes a few minutes.");
    await buildFromSource();
  } else {
    console.error(
      `It was not built, because there is no Rust (https://rustup.rs). To build it later: ${BUILD_COMMAND}`,
    );
  }
}
