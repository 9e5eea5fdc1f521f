"use strict";

/**
 * Writes the arguments of a call as the JSON text that crosses to Rust.
 *
 * An argument of the wrong JavaScript type is refused here, by name, before anything is sent. Values are
 * checked by Rust and by the database. The text is written when the call is made, so that later changes to an
 * argument have no effect.
 *
 * An `undefined` field was not given; `null` is SQL's null, which the database refuses if the column does not
 * allow it; anything else is a value.
 */

const { types } = require("node:util");
const { isDatabase } = require("./caller/database");

/** @param {string} name the argument in the caller's terms: `id`, `input.name` @param {string} wanted */
const wrongType = (name, wanted) => new TypeError(`${name} must be ${wanted}`);

/** Writes arguments as the text of a call. @typedef {Record<string, (...args: unknown[]) => string>} Texts */
/** Writes an argument of this name as JSON. @typedef {(name: string, value: unknown) => string} ToJson */

/** Text. An unpaired surrogate becomes U+FFFD, as in every UTF-8 encoder. @type {ToJson} */
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

/** A JSON document, in an array of one so that the document `null` differs from SQL's null. @type {ToJson} */
function document(name, value) {
  if (value === null) return "null";
  const json = JSON.stringify(value);
  if (json === undefined) throw wrongType(name, "a JSON value");
  return `[${json}]`;
}

/**
 * A date as ISO 8601 text. For an invalid date, `toISOString` throws a RangeError. Dates of other realms (`vm`
 * contexts) are accepted.
 *
 * @type {ToJson}
 */
function date(name, value) {
  if (value === null) return "null";
  if (!types.isDate(value)) throw wrongType(name, "a Date or null");
  return `"${value.toISOString()}"`;
}

/**
 * A filter. A falsy value does not filter. A truthy value that is not a string matches nothing: Express parses
 * `?status=a&status=b` as an array.
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
 * Passes each given member of an object to `take`, as JSON.
 *
 * @param {string} owner the object in the caller's terms
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

/** The given members of an object as JSON, with a comma before each.
 * @type {(owner: string, given: unknown, fields: Field[]) => string} */
function members(owner, given, fields) {
  let json = "";
  takeMembers(owner, given, fields, (key, member) => (json += `,"${key}":${member}`));
  return json;
}

/** The caller's time, one value for each call. It is read through `Date` so that fake timers work. */
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
 * The signal in the options of a call. Options that are not an object are ignored: `ids.map(service.getById)`
 * passes an index.
 *
 * @param {unknown} options
 * @returns {AbortSignal | undefined}
 */
function signalIn(options) {
  const signal = optionIn(options, "signal");
  if (signal === undefined || signal === null) return undefined;
  // Signals of other realms are accepted, so this checks the methods and not the class.
  const { aborted, addEventListener, removeEventListener } = /** @type {Record<string, unknown>} */ (signal);
  const isSignal =
    typeof aborted === "boolean" &&
    typeof addEventListener === "function" &&
    typeof removeEventListener === "function";
  if (!isSignal) throw wrongType("options.signal", "an AbortSignal");
  return /** @type {AbortSignal} */ (signal);
}

/** A database in the options of a call, unless it is the source itself.
 * @param {unknown} options @param {unknown} source */
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

/** The texts of calls that several generations have, by method. @satisfies {Texts} */
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

/** Releases the lease of an aborted call: nobody else knows of it, and its owner pays for the machine.
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
