/** What a provider is, and what all of them have in common. */

/** @typedef {import("../../index.js").EnvironmentService} ByCompany */
/** @typedef {import("../../2026.916.js").EnvironmentService} ByInstance */

/**
 * @typedef {Pick<ByCompany, "list" | "listJson" | "getById" | "getLeaseById" | "create" | "update" | "remove"
 *   | "acquireLease" | "updateLeaseMetadata" | "releaseLease">} ServiceByCompany
 */
/**
 * @typedef {Pick<ByInstance, "ensureLocalEnvironment" | "getById" | "listLeases" | "acquireLease"
 *   | "updateLeaseMetadata" | "releaseLease">} ServiceByInstance
 */

/**
 * What is asked of the services of either generation of Paperclip. Lists are asked for without filters.
 *
 * @typedef {{ "2026.427": ServiceByCompany, "2026.916": ServiceByInstance }} Services
 */

/** @typedef {keyof Services} Generation */

/**
 * @typedef {object} Settings
 * @property {string} url
 * @property {string} applicationName what pg_stat_activity shows
 */

/** @typedef {(settings: Settings) => Services[Generation]} Open connects with the first call, and never lets go */

/**
 * @typedef {object} Provider
 * @property {(generation: Generation) => Promise<Open>} load imports what it takes, which is measured
 */

/** @type {Generation[]} */
export const GENERATIONS = ["2026.427", "2026.916"];

/** The default of the original's driver, and so everybody's. */
export const CONNECTIONS = 10;
