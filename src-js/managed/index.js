"use strict";

/**
 * The methods about the managed sandbox environment. They run in a transaction of the caller's database, because they
 * use the server's own activity log, and its other JavaScript has to compute the same hashes.
 */

const { members, nullableText, object, text } = require("../arguments");
const { isDatabase } = require("../caller/database");
const { readRow } = require("../caller/rows");
const { caller } = require("../generated/2026.916");
const { KUBERNETES } = require("./marks");
const { archive, ensure } = require("./reconcile");

/** @typedef {import("../caller/database").Database} Database */
/** @typedef {import("../arguments").Field[1]} Check */
/** @typedef {Record<string, any>} Values */

/** The parts of a service that these methods use.
 * @typedef {{ source: unknown, server: import("../source/server").Server }} Place */

const KUBERNETES_ENVIRONMENT = {
  name: "Kubernetes Sandbox",
  description: "Managed Kubernetes sandbox environment for hosted tenant execution.",
  provider: "kubernetes",
  extraMetadata: { [KUBERNETES]: true },
};

const NO_DATABASE =
  "This method needs a drizzle database as the source of the service, for a transaction of its own";

/** @param {string} name @param {unknown} value */
function nullableObject(name, value) {
  if (value !== null) object(name, value);
  return undefined;
}

/** A copy of the input. Throws if a field is of the wrong type.
 * @param {unknown} given @param {string[]} required texts @param {Record<string, Check>} optional @returns {any} */
function checked(given, required, optional) {
  const input = object("input", given);
  for (const key of required) text(`input.${key}`, input[key]);
  members("input", input, Object.entries(optional));
  const { config, extraMetadata } = input;
  return {
    ...input,
    config: { .../** @type {any} */ (config) },
    extraMetadata: { .../** @type {any} */ (extraMetadata) },
  };
}

/** Writes an entry to the server's activity log for each company.
 * @param {Place} place @param {string[]} companies @param {Values} entry */
async function log({ source, server: { logActivity } }, companies, { action, entityId, details }) {
  if (logActivity === undefined) return;
  const actor = /** @type {const} */ ({ actorType: "system", actorId: "managed-environment-reconciler" });
  /** @param {string} companyId */
  const tell = (companyId) =>
    logActivity(/** @type {any} */ (source), {
      companyId,
      ...actor,
      action,
      entityType: "environment",
      entityId,
      details,
    });
  await Promise.all(companies.map(tell));
}

/**
 * Runs work in a transaction. The row is read inside it, so that an unreadable row is rolled back.
 *
 * @template {{ row: Values } | null} Done
 * @param {Place} place
 * @param {(tx: Database) => Promise<Done>} work
 */
async function within({ source }, work) {
  if (!isDatabase(source)) throw new TypeError(NO_DATABASE);
  return source.transaction(async (tx) => {
    const done = await work(tx);
    return done && { ...done, environment: readRow(caller.columns, done.row) };
  });
}

/** @param {Place} place @param {unknown} given */
function ensureManagedSandboxEnvironment(place, given) {
  const input = checked(given, ["name", "provider"], {
    ...{ companyId: nullableText, description: nullableText, stockVersion: nullableText },
    ...{ config: nullableObject, extraMetadata: nullableObject },
  });
  return async () => {
    const done = await within(place, (tx) => ensure(tx, input));
    const { environment, action, stockStatus, stockHash, companies, tracking, reactivated } = done;
    const updateAvailable = action === "skipped";
    if (action !== "unchanged" || tracking) {
      await log(place, companies, {
        action: `environment.managed_stock_${action === "unchanged" ? "tracking_initialized" : action}`,
        entityId: environment.id,
        details: {
          ...{ provider: input.provider, reconciliationAction: action, stockStatus, updateAvailable },
          ...{ stockHash, providerReactivated: reactivated ?? false },
        },
      });
    }
    return { environment, action, stockStatus, updateAvailable, stockHash };
  };
}

/** @param {Place} place @param {unknown} given */
function archiveManagedSandboxEnvironment(place, given) {
  const input = checked(given, ["provider"], { companyId: nullableText });
  return async () => {
    const done = await within(place, (tx) => archive(tx, input));
    if (done === null) return null;
    const { environment, companies } = done;
    await log(place, companies, {
      action: "environment.managed_provider_unavailable_archived",
      entityId: environment.id,
      details: { provider: input.provider },
    });
    return environment;
  };
}

/** @param {Place} place @param {unknown} first @param {unknown} second */
function ensureKubernetesEnvironment(place, first, second) {
  if (typeof first === "string" && !second) throw new Error("Kubernetes environment config is required");
  const [companyId, config] = typeof first === "string" ? [first, second] : [undefined, first];
  const wanted = { ...KUBERNETES_ENVIRONMENT, companyId, config };
  const ensuring = ensureManagedSandboxEnvironment(place, wanted);
  return async () => (await ensuring()).environment;
}

module.exports = {
  ensureManagedSandboxEnvironment,
  archiveManagedSandboxEnvironment,
  ensureKubernetesEnvironment,
};
