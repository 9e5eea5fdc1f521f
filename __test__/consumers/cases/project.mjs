/** A project of `projects/`, or an example: installs its packages and this one, and runs its own `npm test`. */

import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { succeed } from "../../../scripts/command.mjs";
import { install } from "../support/npm.mjs";

/** @param {string} source its folder, relative to the repository @returns {import("../case.mjs").Case} */
export function project(source) {
  const root = fileURLToPath(new URL(`../../../${source}`, import.meta.url));
  const isInstalled = (/** @type {string} */ file) => path.relative(root, file).startsWith("node_modules");
  return async ({ folder, tarballs, env }) => {
    await cp(root, folder, { recursive: true, filter: (file) => !isInstalled(file) });
    // An example names the repository as the package's place.
    const manifest = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    delete manifest.dependencies?.["paperclip-environment-service"];
    await writeFile(path.join(folder, "package.json"), JSON.stringify(manifest));
    await install(folder, [tarballs.main, ...tarballs.byPlatform.values()], { env });
    await succeed("npm", ["test"], { cwd: folder, env });
  };
}
