/** The addon, by require as its package has it. */

import { createRequire } from "node:module";

/**
 * @param {import("../../index.js").EnvironmentServiceOptions} options
 * @returns {Promise<import("./provider.mjs").Open>}
 */
export async function addon(options) {
  const require = createRequire(import.meta.url);
  const { environmentService } = /** @type {typeof import("../../index.js")} */ (require("../../index.js"));
  return ({ url, applicationName }) =>
    // Idle connections are kept for good, as the others keep them.
    environmentService(url, { applicationName, idleTimeout: 0, ...options });
}
