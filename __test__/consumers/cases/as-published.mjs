/** Installs from a registry by name: npm chooses the package of this platform, and nothing is compiled. */

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import path from "node:path";

import { packTarballs } from "../../../scripts/release/pack.mjs";
import { startRegistry } from "../../../scripts/release/registry.mjs";
import { environmentWithoutRust } from "../support/environment.mjs";
import { inEmptyFolder } from "../support/folder.mjs";
import { install, makeCall, startProject } from "../support/npm.mjs";

const NAME = "paperclip-environment-service";

/** @type {import("../case.mjs").Case} */
export async function asPublished({ folder, env }) {
  await inEmptyFolder("tarballs", async (output) => {
    const packages = await packTarballs({ output });
    const registry = await startRegistry(packages);
    try {
      await startProject(folder);
      const installing = { ...environmentWithoutRust(), npm_config_registry: registry.url };
      await install(folder, [NAME], { env: installing });
      const installed = (await readdir(path.join(folder, "node_modules"))).filter(
        (name) => !name.startsWith("."),
      );
      const platforms = [...packages.byPlatform.keys()].map((platform) => `${NAME}-${platform}`);
      assert.deepEqual(installed, [NAME, ...platforms]);
      await makeCall(folder, env);
    } finally {
      registry.close();
    }
  });
}
