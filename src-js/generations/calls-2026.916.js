"use strict";

/** The arguments of Paperclip 2026.916, where they differ from those of 2026.427, as JSON text. */

const parts = require("../arguments");
const { withoutArchiveToken } = require("../managed/marks");

const { document, environmentFilters, leaseFields, members, membersOf, now, nullableText, object } = parts;
const { releaseFields, statusMember, text, wrongType } = parts;

/** @typedef {import("../arguments").Field} Field */

/** What is falsy counts as not given. @type {(toJson: Field[1]) => Field[1]} */
const ifTruthy = (toJson) => (name, value) => (value ? toJson(name, value) : undefined);

/** @type {Field[]} */
const createFields = Object.entries({
  name: nullableText,
  description: nullableText,
  driver: nullableText,
  status: nullableText,
  config: document,
  envVars: document,
  metadata: document,
});

/** Variables are never null; metadata is copied as by a spread, and what is falsy clears it. @type {Field[]} */
const patchFields = [
  ...createFields.slice(0, -2),
  ["envVars", (name, value) => document(name, value ?? {})],
  ["metadata", (name, value) => (value ? document(name, withoutArchiveToken(value)) : "null")],
];

/** @type {Field[]} */
const acquireFields = [
  ...leaseFields,
  ["replacesReusableLeaseId", ifTruthy(text)],
  ["reusesReusableLeaseId", ifTruthy(text)],
];

/** The receipt crosses as the object that is merged into the metadata. @type {Field[]} */
const endFields = [
  ...releaseFields,
  [
    "remoteExecutionTermination",
    ifTruthy((name, remoteExecutionTermination) => document(name, { remoteExecutionTermination })),
  ],
];

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

/** What is looked up has to be given, be it as null. @param {Record<string, unknown>} input @param {string[]} keys */
function mustHave(input, ...keys) {
  for (const key of keys) if (input[key] === undefined) throw wrongType(`input.${key}`, "a string or null");
}

/** What the original refuses before it sends anything. @param {Record<string, unknown>} input */
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

/** Whether the process serves an instance that Paperclip's cloud manages: as its server tells it. */
function isCloudManaged() {
  const { PAPERCLIP_CLOUD_TENANT_SERVER_TOKEN: token, PAPERCLIP_MANAGED_CONFIG: config } = process.env;
  return Boolean(token?.trim()) || config !== undefined;
}

/** A company, which no longer matters, may stand before the input. @param {unknown} first @param {unknown} second */
function createInput(first, second) {
  if (typeof first !== "string") return first;
  if (!second) throw new Error("Create environment input is required");
  return second;
}

module.exports = {
  isConditional,

  /** @param {unknown} first @param {unknown} second */
  list(first, second) {
    const filters = (typeof first === "string" ? second : first) ?? {};
    return `{${members("filters", filters, environmentFilters).slice(1)}}`;
  },

  ensureLocalEnvironment() {
    return `{${now()},"adopt":${isCloudManaged()}}`;
  },

  findKubernetesEnvironment() {
    return `{"includeArchived":false}`;
  },

  /** @param {unknown} _companyId @param {any} options */
  findManagedSandboxEnvironment(_companyId, options) {
    return `{"includeArchived":${options?.includeArchived === true}}`;
  },

  /** @param {unknown} first @param {unknown} second */
  create(first, second) {
    return `{${now()}${members("input", createInput(first, second), createFields)}}`;
  },

  /** The same as a map. @param {unknown} first @param {unknown} second */
  createdFields(first, second) {
    return membersOf("input", createInput(first, second), createFields);
  },

  /** @param {unknown} id @param {unknown} patch */
  update(id, patch) {
    return `{${now()},"id":${text("id", id)}${members("patch", patch, patchFields)}}`;
  },

  /** The same as a map. @param {unknown} id @param {unknown} patch */
  patchedFields(id, patch) {
    return new Map([["id", text("id", id)], ...membersOf("patch", patch, patchFields)]);
  },

  /** @param {unknown} id */
  getDeleteBlastRadius(id) {
    const spelling = text("id", id);
    return `{"id":${spelling},"spelling":${spelling}}`;
  },

  /** @param {unknown} input */
  acquireLease(input) {
    const fields = members("input", input, acquireFields);
    const values = object("input", input);
    checkHandOff(values);
    if (isConditional(values)) mustHave(values, "companyId", "environmentId");
    const { assertCompanyBinding, companyId } = values;
    const company = assertCompanyBinding ? `,"assertCompanyBinding":${text("", companyId ?? "")}` : "";
    return `{${now()}${fields}${company}}`;
  },

  /** @param {unknown} id @param {unknown} status @param {unknown} options */
  releaseLease(id, status, options) {
    const fields = members("options", options ?? {}, endFields);
    return `{${now()},"id":${text("id", id)}${statusMember(status)}${fields}}`;
  },

  /** @param {unknown} input */
  insertPendingCleanupLease(input) {
    const fields = members("input", input, pendingFields);
    mustHave(object("input", input), "environmentId");
    return `{${now()}${fields}}`;
  },
};
