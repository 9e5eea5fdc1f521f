"use strict";

/**
 * The methods about the managed sandbox environment. They run in a transaction of the caller's database, since they
 * need the server's own log of activities, and hashes that are made as its other code makes them.
 */

const { object, text, nullableText, wrongType } = require("../arguments");
const { isDatabase } = require("../caller/database");
const { readRow } = require("../caller/rows");
const { archive } = require("./archive");
const { ensure } = require("./ensure");
const { KUBERNETES } = require("./marks");

/** @typedef {import("../caller/database").Database} Database */
/** @typedef {import("../caller/rows").Column[]} Columns */
/** @typedef {Record<string, any>} Values */

/**
 * What these methods work with.
 *
 * @typedef {object} Place
 * @property {unknown} source the service's
 * @property {{ logActivity?: (db: unknown, entry: Values) => unknown }} server
 */

const KUBERNETES_ENVIRONMENT = {
  name: "Kubernetes Sandbox",
  description: "Managed Kubernetes sandbox environment for hosted tenant execution.",
  provider: "kubernetes",
  extraMetadata: { [KUBERNETES]: true },
};

/** @param {unknown} source @returns {Database} */
function databaseOf(source) {
  if (isDatabase(source)) return source;
  throw new TypeError(
    "This method needs a drizzle database as the source of the service, for a transaction of its own",
  );
}

/** @param {Values} input @param {Record<string, (name: string, value: unknown) => unknown>} checks */
function check(input, checks) {
  for (const [key, isRight] of Object.entries(checks)) {
    const value = input[key];
    if (value !== undefined) isRight(`input.${key}`, value);
  }
}

/** @param {string} name @param {unknown} value */
const anObject = (name, value) => value === null || object(name, value);

/** Tells the server's log, once for each company. @param {Place} place @param {string[]} companies @param {Values} entry */
async function log({ source, server }, companies, entry) {
  const { logActivity } = server;
  if (logActivity === undefined) return;
  const { action, entityId, details } = entry;
  const actor = { actorType: "system", actorId: "managed-environment-reconciler" };
  const tell = (/** @type {string} */ companyId) =>
    logActivity(source, { companyId, ...actor, action, entityType: "environment", entityId, details });
  await Promise.all(companies.map(tell));
}

/** @param {Columns} columns */
function managedMethods(columns) {
  /** @param {Place} place @param {unknown} given */
  async function ensureManagedSandboxEnvironment(place, given) {
    const input = object("input", given);
    if (input["name"] === undefined) throw wrongType("input.name", "a string");
    if (input["provider"] === undefined) throw wrongType("input.provider", "a string");
    check(input, { name: text, provider: text, companyId: nullableText, description: nullableText });
    check(input, { stockVersion: nullableText, config: anObject, extraMetadata: anObject });
    const wanted = /** @type {import("./ensure").Wanted} */ (/** @type {unknown} */ (input));

    // The row is read inside of the transaction: what cannot be read is not to be left behind.
    const done = await databaseOf(place.source).transaction(async (tx) => {
      const reconciled = await ensure(tx, wanted);
      return { ...reconciled, environment: readRow(columns, reconciled.row) };
    });
    const { environment, action, stockStatus, updateAvailable, hash: stockHash, companies, tracking } = done;
    if (action !== "unchanged" || tracking) {
      await log(place, companies, {
        action: `environment.managed_stock_${action === "unchanged" ? "tracking_initialized" : action}`,
        entityId: environment.id,
        details: {
          provider: wanted.provider,
          reconciliationAction: action,
          ...{ stockStatus, updateAvailable, stockHash, providerReactivated: done.reactivated ?? false },
        },
      });
    }
    return { environment, action, stockStatus, updateAvailable, stockHash };
  }

  /** @param {Place} place @param {unknown} given */
  async function archiveManagedSandboxEnvironment(place, given) {
    const input = object("input", given);
    if (input["provider"] === undefined) throw wrongType("input.provider", "a string");
    check(input, { provider: text, companyId: nullableText });
    const wanted = /** @type {{ provider: string, companyId?: string }} */ (/** @type {unknown} */ (input));
    const archived = await databaseOf(place.source).transaction(async (tx) => {
      const done = await archive(tx, wanted);
      return done && { ...done, environment: readRow(columns, done.row) };
    });
    if (archived === null) return null;
    await log(place, archived.companies, {
      action: "environment.managed_provider_unavailable_archived",
      entityId: archived.environment.id,
      details: { provider: wanted.provider },
    });
    return archived.environment;
  }

  /** @param {Place} place @param {unknown} first @param {unknown} second */
  async function ensureKubernetesEnvironment(place, first, second) {
    if (typeof first === "string" && !second) throw new Error("Kubernetes environment config is required");
    const [companyId, config] = typeof first === "string" ? [first, second] : [undefined, first];
    const wanted = { ...KUBERNETES_ENVIRONMENT, companyId, config };
    return (await ensureManagedSandboxEnvironment(place, wanted)).environment;
  }

  return { ensureManagedSandboxEnvironment, archiveManagedSandboxEnvironment, ensureKubernetesEnvironment };
}

module.exports = { managedMethods };
