"use strict";

/**
 * From the arguments of a call to the JSON text that crosses to Rust.
 *
 * An argument of the wrong JavaScript type is refused here, by name, before anything is sent; what
 * only the database or the value sets can judge is left to them. The text is made when the call is
 * made, so that what the caller does to an argument afterwards changes nothing.
 *
 * Three things are told apart: `undefined` is a field that was not given, `null` is SQL's null
 * (which the database refuses where a column may not hold it), anything else is a value.
 */

const { types } = require("node:util");
const { isDatabase } = require("./caller/database");

/** @param {string} name the argument, as the caller knows it: `id`, `input.name` @param {string} wanted */
const wrongType = (name, wanted) => new TypeError(`${name} must be ${wanted}`);

/** From arguments to the text of a call. @typedef {Record<string, (...args: unknown[]) => string>} Texts */
/** Writes an argument of this name as JSON. @typedef {(name: string, value: unknown) => string} ToJson */

/** Text. Half a surrogate pair becomes U+FFFD, as every UTF-8 encoder has it. @type {ToJson} */
function text(name, value) {
  if (typeof value !== "string") throw wrongType(name, "a string");
  return JSON.stringify(value.toWellFormed());
}

/** Text that may be null. @type {ToJson} */
function nullableText(name, value) {
  if (value === null) return "null";
  if (typeof value !== "string") throw wrongType(name, "a string or null");
  return text(name, value);
}

/** A JSON document, in an array of one so that the document `null` is not taken for SQL's null. @type {ToJson} */
function document(name, value) {
  if (value === null) return "null";
  const json = JSON.stringify(value);
  if (json === undefined) throw wrongType(name, "a JSON value");
  return `[${json}]`;
}

/**
 * A date as ISO 8601 text; an invalid one is the RangeError of `toISOString`. A Date of another realm (a `vm`
 * context) is a Date as well.
 *
 * @type {ToJson}
 */
function date(name, value) {
  if (value === null) return "null";
  if (!types.isDate(value)) throw wrongType(name, "a Date or null");
  return `"${value.toISOString()}"`;
}

/**
 * A filter. What is falsy does not filter; what is truthy and no string matches nothing, since Express makes an array
 * of `?status=a&status=b`.
 *
 * @type {(name: string, value: unknown) => string | undefined}
 */
function filter(name, value) {
  if (!value) return undefined;
  return typeof value === "string" ? text(name, value) : "null";
}

/** @param {string} name @param {unknown} value @returns {Record<string, unknown>} */
function object(name, value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongType(name, "an object");
  return /** @type {Record<string, unknown>} */ (value);
}

/** @typedef {[key: string, toJson: (name: string, value: unknown) => string | undefined]} Field */

/**
 * Takes the members of an object that were given, each as JSON.
 *
 * @param {string} owner the object, as the caller knows it
 * @param {unknown} given
 * @param {Field[]} fields
 * @param {(key: string, json: string) => void} take
 */
function takeMembers(owner, given, fields, take) {
  const values = object(owner, given);
  for (const [key, toJson] of fields) {
    const value = values[key];
    const member = value === undefined ? undefined : toJson(`${owner}.${key}`, value);
    if (member !== undefined) take(key, member);
  }
}

/** The members by their keys. @type {(owner: string, given: unknown, fields: Field[]) => Map<string, string>} */
function membersOf(owner, given, fields) {
  const members = new Map();
  takeMembers(owner, given, fields, (key, member) => members.set(key, member));
  return members;
}

/** Members as JSON, with a comma before each. @param {Map<string, string>} members */
const joined = (members) => Array.from(members, ([key, member]) => `,"${key}":${member}`).join("");

/** The same of an object. @type {(owner: string, given: unknown, fields: Field[]) => string} */
function members(owner, given, fields) {
  let json = "";
  takeMembers(owner, given, fields, (key, member) => (json += `,"${key}":${member}`));
  return json;
}

/** The caller's clock, one value a call; read through `Date` so that fake timers work. */
function now() {
  return `"now":"${new Date(Date.now()).toISOString()}"`;
}

/** @type {Field[]} */
const environmentFields = Object.entries({
  name: nullableText,
  description: nullableText,
  driver: nullableText,
  status: nullableText,
  config: document,
});

/** @type {Field[]} */
const createFields = [...environmentFields, ["metadata", document]];

/** @type {Field[]} */
const leaseFields = Object.entries({
  companyId: nullableText,
  environmentId: nullableText,
  executionWorkspaceId: nullableText,
  issueId: nullableText,
  heartbeatRunId: nullableText,
  leasePolicy: nullableText,
  provider: nullableText,
  providerLeaseId: nullableText,
  expiresAt: date,
  metadata: document,
});

/** @type {Field[]} */
const releaseFields = Object.entries({ failureReason: nullableText, cleanupStatus: nullableText });

/** @type {Field[]} */
const statusFilter = [["status", filter]];

/** @type {Field[]} */
const environmentFilters = [...statusFilter, ["driver", filter]];

/**
 * The signal among the options of a call. What is no object is none of ours: `ids.map(service.getById)`
 * hands over an index.
 *
 * @param {unknown} options
 * @returns {AbortSignal | undefined}
 */
function signalIn(options) {
  const signal = optionIn(options, "signal");
  if (signal === undefined || signal === null) return undefined;
  // Of whatever realm: what counts is that it can be listened to.
  const { aborted, addEventListener, removeEventListener } = /** @type {Record<string, unknown>} */ (signal);
  const isSignal =
    typeof aborted === "boolean" &&
    typeof addEventListener === "function" &&
    typeof removeEventListener === "function";
  if (!isSignal) throw wrongType("options.signal", "an AbortSignal");
  return /** @type {AbortSignal} */ (signal);
}

/** A database among the options of a call, but for the source. @param {unknown} options @param {unknown} source */
function databaseIn(options, source) {
  const db = optionIn(options, "db");
  if (db === undefined || db === null || db === source) return undefined;
  if (!isDatabase(db)) throw wrongType("options.db", "a drizzle database or transaction");
  return db;
}

/** @param {unknown} options @param {string} key */
function optionIn(options, key) {
  return typeof options === "object" ? /** @type {Record<string, unknown> | null} */ (options)?.[key] : null;
}

/** @param {unknown} status */
function statusMember(status) {
  return status === undefined ? "" : `,"status":${nullableText("status", status)}`;
}

/** The text of a call that several generations have, by its method. @satisfies {Texts} */
const texts = {
  list(companyId, filters = {}) {
    const id = text("companyId", companyId);
    return `{"companyId":${id}${members("filters", filters, environmentFilters)}}`;
  },

  withId: (id) => text("id", id),
  withEnvironmentId: (environmentId) => text("environmentId", environmentId),
  ensureLocalEnvironment: (companyId) => `{${now()},"companyId":${nullableText("companyId", companyId)}}`,

  create(companyId, input) {
    const fields = members("input", input, createFields);
    return `{${now()},"companyId":${nullableText("companyId", companyId)}${fields}}`;
  },

  update(id, patch) {
    const fields = members("patch", patch, createFields);
    return `{${now()},"id":${text("id", id)}${fields}}`;
  },

  listLeases(environmentId, filters = {}) {
    const id = text("environmentId", environmentId);
    return `{"environmentId":${id}${members("filters", filters, statusFilter)}}`;
  },

  acquireLease: (input) => `{${now()}${members("input", input, leaseFields)}}`,

  releaseLease(id, status, options) {
    const fields = members("options", options ?? {}, releaseFields);
    return `{${now()},"id":${text("id", id)}${statusMember(status)}${fields}}`;
  },

  updateLeaseMetadata(id, metadata) {
    const member = metadata === undefined ? "" : `,"metadata":${document("metadata", metadata)}`;
    return `{${now()},"id":${text("id", id)}${member}}`;
  },

  releaseLeasesForRun(heartbeatRunId, status) {
    return `{${now()},"heartbeatRunId":${text("heartbeatRunId", heartbeatRunId)}${statusMember(status)}}`;
  },
};

/** A lease that nobody knows of would cost its owner a running machine.
 * @type {(id: string) => [method: string, ...args: unknown[]]} */
function releaseAborted(id) {
  const options = { failureReason: "The call that acquired it was aborted" };
  return ["releaseLease", id, "released", options];
}

module.exports = {
  ...{ wrongType, text, nullableText, document, object, members, membersOf, joined, now, statusMember },
  ...{ environmentFields, environmentFilters, leaseFields, releaseFields },
  ...{ signalIn, databaseIn, releaseAborted },
  ...texts,
};
