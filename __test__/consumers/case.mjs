/** A case: one way to install and use the package. */

/**
 * @typedef {object} Context
 * @property {string} folder an empty one
 * @property {import("../../scripts/release/pack.mjs").Tarballs} tarballs whose main package asks for no other
 * @property {NodeJS.ProcessEnv} env with TEST_DATABASE_URL, TEST_COMPANY_ID and TEST_RUN_ID
 */

/** @typedef {(context: Context) => Promise<void>} Case fails by throwing */

export {};
