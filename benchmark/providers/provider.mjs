/** What a provider is, and what all of them have in common. */

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
