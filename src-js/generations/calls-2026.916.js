"use strict";

/** Writes the arguments of Paperclip 2026.916 that differ from those of 2026.427 as JSON text. */

const parts = require("../arguments");
const { KUBERNETES, MANAGED, withoutArchiveToken } = require("../managed/marks");

const { document, joined, members, membersOf, now, nullableText, object, text, wrongType } = parts;
const { environmentFields, environmentFilters, leaseFields, releaseFields, statusMember } = parts;

/** @typedef {import("../arguments").Field} Field */

/** A falsy value counts as not given. @type {(toJson: Field[1]) => Field[1]} */
const ifTruthy = (toJson) => (name, value) => (value ? toJson(name, value) : undefined);

/** @type {Field[]} */
const createFields = [...environmentFields, ["envVars", document], ["metadata", document]];

/** Variables are never null. Metadata is copied as by a spread, and a falsy value clears it. @type {Field[]} */
const patchFields = [
  ...environmentFields,
  ["envVars", (name, value) => document(name, value ?? {})],
  ["metadata", (name, value) => (value ? document(name, withoutArchiveToken(value)) : "null")],
];

/** @type {Field[]} */
const acquireFields = [
  ...leaseFields,
  ["replacesReusableLeaseId", ifTruthy(text)],
  ["reusesReusableLeaseId", ifTruthy(text)],
];

/** The receipt, as the object to be merged into the metadata. */
const receipt = ifTruthy((name, value) => document(name, { remoteExecutionTermination: value }));

/** @type {Field[]} */
const endFields = [...releaseFields, ["remoteExecutionTermination", receipt]];

/** @type {Field[]} */
const pendingFields = [
  ...leaseFields.filter(([key]) => key !== "leasePolicy" && key !== "expiresAt"),
  ["failureReason", nullableText],
];

/** Whether an acquisition takes over another lease's sandbox, or depends on whose the environment is. */
function isConditional(/** @type {any} */ input) {
  const { replacesReusableLeaseId, reusesReusableLeaseId, assertCompanyBinding } = input ?? {};
  return Boolean(replacesReusableLeaseId || reusesReusableLeaseId || assertCompanyBinding);
}

/** Checks that ids for lookups are given. They may be null.
 * @param {Record<string, unknown>} input @param {string[]} keys */
function mustHave(input, ...keys) {
  for (const key of keys) if (input[key] === undefined) throw wrongType(`input.${key}`, "a string or null");
}

/** Refuses what the original refuses before it sends anything. @param {Record<string, unknown>} input */
function checkHandOff(input) {
  const { replacesReusableLeaseId, reusesReusableLeaseId } = input;
  if (!replacesReusableLeaseId && !reusesReusableLeaseId) return;
  if (!input["executionWorkspaceId"] || !input["providerLeaseId"]) {
    throw new Error("A reusable lease handoff requires an execution workspace and provider lease id.");
  }
  if (reusesReusableLeaseId && !input["heartbeatRunId"]) {
    throw new Error("A same-run reusable lease reacquisition requires a heartbeat run id.");
  }
  if (replacesReusableLeaseId && reusesReusableLeaseId) {
    throw new Error("A reusable lease cannot be replaced and reacquired in the same operation.");
  }
}

/** Whether the process serves an instance that Paperclip's cloud manages, by the server's own rule. */
function isCloudManaged() {
  const { PAPERCLIP_CLOUD_TENANT_SERVER_TOKEN: token, PAPERCLIP_MANAGED_CONFIG: config } = process.env;
  return Boolean(token?.trim()) || config !== undefined;
}

/** The input, which a company id may precede. The id is ignored. @param {unknown} first @param {unknown} second */
function createInput(first, second) {
  if (typeof first !== "string") return first;
  if (!second) throw new Error("Create environment input is required");
  return second;
}

/** @param {unknown} first @param {unknown} second */
const createdFields = (first, second) => membersOf("input", createInput(first, second), createFields);

/** @param {unknown} id @param {unknown} patch */
const patchedFields = (id, patch) =>
  new Map([["id", text("id", id)], ...membersOf("patch", patch, patchFields)]);

/** @satisfies {import("../arguments").Texts} */
const texts = {
  list(first, second) {
    const filters = (typeof first === "string" ? second : first) ?? {};
    return `{${members("filters", filters, environmentFilters).slice(1)}}`;
  },

  ensureLocalEnvironment: () => `{${now()},"adopt":${isCloudManaged()}}`,
  findKubernetesEnvironment: () => `{"marker":"${KUBERNETES}","includeArchived":false}`,

  findManagedSandboxEnvironment(_companyId, options) {
    const { includeArchived } = /** @type {{ includeArchived?: unknown }} */ (options ?? {});
    return `{"marker":"${MANAGED}","includeArchived":${includeArchived === true}}`;
  },

  create: (first, second) => `{${now()}${joined(createdFields(first, second))}}`,
  update: (id, patch) => `{${now()}${joined(patchedFields(id, patch))}}`,

  getDeleteBlastRadius(id) {
    const spelling = text("id", id);
    return `{"id":${spelling},"spelling":${spelling}}`;
  },

  acquireLease(input) {
    const fields = members("input", input, acquireFields);
    const values = object("input", input);
    checkHandOff(values);
    if (isConditional(values)) mustHave(values, "companyId", "environmentId");
    const { assertCompanyBinding, companyId } = values;
    const company = assertCompanyBinding ? `,"assertCompanyBinding":${text("", companyId ?? "")}` : "";
    return `{${now()}${fields}${company}}`;
  },

  releaseLease(id, status, options) {
    const fields = members("options", options ?? {}, endFields);
    return `{${now()},"id":${text("id", id)}${statusMember(status)}${fields}}`;
  },

  insertPendingCleanupLease(input) {
    const fields = members("input", input, pendingFields);
    mustHave(object("input", input), "environmentId");
    return `{${now()}${fields}}`;
  },
};

module.exports = { isConditional, createdFields, patchedFields, ...texts };
