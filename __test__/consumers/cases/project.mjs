/** A project of `projects/`: its packages and ours are installed, and its own `npm test` is run. */

import { cp } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { succeed } from "../../../scripts/command.mjs";
import { install } from "../support/npm.mjs";

/** @param {string} name @returns {import("../run.mjs").Case} */
export function project(name) {
  const source = fileURLToPath(new URL(`../projects/${name}`, import.meta.url));
  return async ({ folder, tarballs, env }) => {
    await cp(source, folder, { recursive: true });
    await install(folder, [tarballs.main, ...tarballs.byPlatform.values()], { env });
    await succeed("npm", ["test"], { cwd: folder, env });
  };
}
