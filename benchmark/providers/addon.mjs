/** The addon, by require as its package has it, with as many connections as the others have. */

import { createRequire } from "node:module";
import path from "node:path";

import { CONNECTIONS } from "./provider.mjs";

/**
 * @param {string} folder of a build of the package
 * @returns {import("./provider.mjs").Provider}
 */
export function addon(folder) {
  return {
    load: async (generation) => {
      const require = createRequire(path.join(folder, "package.json"));
      const { environmentService } = require(`./${generation}.js`);
      return ({ url, applicationName }) =>
        // Idle connections are kept for good, as the others keep them.
        environmentService(url, { applicationName, maxConnections: CONNECTIONS, idleTimeout: 0 });
    },
  };
}
