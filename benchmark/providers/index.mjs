/** Who does the work. Each is loaded only in the process that is its own. */

/** @typedef {import("../../index.js").EnvironmentService} Addon */

/**
 * The contract's twelve methods and the two that give JSON, however they come about.
 *
 * @typedef {Omit<Addon, "close" | "stats" | typeof Symbol.asyncDispose>} Service
 */

/**
 * @typedef {object} Settings
 * @property {string} url
 * @property {string} applicationName what pg_stat_activity shows
 */

/** @typedef {(settings: Settings) => Service} Open connects with the first call, and never lets go */
/** @typedef {{ load: () => Promise<Open> }} Provider `load` imports what it takes, which is measured */

/** The default of the original's driver, and so everybody's. */
export const CONNECTIONS = 10;

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
