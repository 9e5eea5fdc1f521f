/** The providers by name: who does the work. Each is loaded only in the process that is its own. */

import path from "node:path";
import { fileURLToPath } from "node:url";

/** @typedef {import("./provider.mjs").Provider} Provider */

/** In the order of the tables' columns. */
export const COMPARED = /** @type {const} */ (["original", "postgresJs", "nodePostgres", "ours"]);

/** @typedef {typeof COMPARED[number]} ComparedName */

/** @type {Record<ComparedName, string>} */
export const TITLES = {
  original: "original",
  postgresJs: "postgres.js by hand",
  nodePostgres: "node-postgres by hand",
  ours: "this package",
};

/** The folder of this build. */
export const OURS = fileURLToPath(new URL("../..", import.meta.url));

/** @type {Record<string, () => Promise<Provider>>} */
const MODULES = {
  original: () => import("./original.mjs"),
  postgresJs: () => import("./postgres-js.mjs"),
  nodePostgres: () => import("./node-postgres.mjs"),
  ours: () => addonIn(OURS),
};

/**
 * @param {string} name or the folder of another build of the package
 * @returns {Promise<Provider>}
 */
export async function providerOf(name) {
  if (path.isAbsolute(name)) return addonIn(name);
  const load = MODULES[name];
  if (!load) throw new Error(`There is no provider ${name}.`);
  return load();
}

/** @param {string} folder @returns {Promise<Provider>} */
async function addonIn(folder) {
  const { addon } = await import("./addon.mjs");
  return addon(folder);
}
