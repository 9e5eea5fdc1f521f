/** The providers by name: who does the work. Each is loaded only in the process that is its own. */

/** @typedef {import("./provider.mjs").Provider} Provider */

/** In the order of the tables' columns. */
export const COMPARED = /** @type {const} */ (["original", "postgresJs", "nodePostgres", "ours"]);

/** Beside these, the addon as it is without any option: it holds fewer connections than the others. */
export const ALL = /** @type {const} */ ([...COMPARED, "oursByDefault"]);

/** @typedef {typeof ALL[number]} ProviderName */
/** @typedef {typeof COMPARED[number]} ComparedName */

/** @type {Record<ComparedName, string>} */
export const TITLES = {
  original: "original",
  postgresJs: "postgres.js by hand",
  nodePostgres: "node-postgres by hand",
  ours: "ours",
};

/** @type {Record<ProviderName, () => Promise<Provider>>} */
const MODULES = {
  original: () => import("./original.mjs"),
  postgresJs: () => import("./postgres-js.mjs"),
  nodePostgres: () => import("./node-postgres.mjs"),
  ours: () => import("./ours.mjs"),
  oursByDefault: () => import("./ours-by-default.mjs"),
};

/**
 * @param {string} name
 * @returns {Promise<Provider>}
 */
export async function providerOf(name) {
  if (!(name in MODULES)) throw new Error(`There is no provider ${name}.`);
  return MODULES[/** @type {ProviderName} */ (name)]();
}
