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

/**
 * @param {string} name the argument, as the caller knows it: `id`, `input.name`
 * @param {string} wanted what it has to be
 * @returns {TypeError}
 */
function wrongType(name, wanted) {
  return new TypeError(`${name} must be ${wanted}`);
}

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

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {Record<string, unknown>}
 */
function object(name, value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrongType(name, "an object");
  }
  return /** @type {Record<string, unknown>} */ (value);
}

/** @typedef {[key: string, toJson: (name: string, value: unknown) => string | undefined]} Field */

/**
 * The members of an object that were given, as JSON with a comma before each.
 *
 * @param {string} owner the object, as the caller knows it
 * @param {unknown} given
 * @param {Field[]} fields
 */
function members(owner, given, fields) {
  let json = "";
  for (const [key, member] of membersOf(owner, given, fields)) json += `,"${key}":${member}`;
  return json;
}

/**
 * The members of an object that were given, each as JSON.
 *
 * @param {string} owner
 * @param {unknown} given
 * @param {Field[]} fields
 * @returns {Map<string, string>}
 */
function membersOf(owner, given, fields) {
  const values = object(owner, given);
  /** @type {Map<string, string>} */
  const result = new Map();
  for (const [key, toJson] of fields) {
    const value = values[key];
    const member = value === undefined ? undefined : toJson(`${owner}.${key}`, value);
    if (member !== undefined) result.set(key, member);
  }
  return result;
}

/** The caller's clock, one value a call; read through `Date` so that fake timers work. */
function now() {
  return `"now":"${new Date(Date.now()).toISOString()}"`;
}

/** @type {Field[]} */
const createFields = Object.entries({
  name: nullableText,
  description: nullableText,
  driver: nullableText,
  status: nullableText,
  config: document,
  metadata: document,
});

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

/** The parts of calls; the text of a call that several generations have, by its method; and what comes behind. */
module.exports = {
  ...{ wrongType, text, nullableText, document, object, members, membersOf, now, statusMember },
  ...{ environmentFilters, leaseFields, releaseFields },

  /**
   * The signal among the options of a call. What is no object is none of ours: `ids.map(service.getById)`
   * hands over an index.
   *
   * @param {unknown} options
   * @returns {AbortSignal | undefined}
   */
  signalIn(options) {
    if (typeof options !== "object" || options === null) return undefined;
    const { signal } = /** @type {{ signal?: unknown }} */ (options);
    if (signal === undefined || signal === null) return undefined;
    // Of whatever realm: what counts is that it can be listened to.
    const { aborted, addEventListener, removeEventListener } = /** @type {Record<string, unknown>} */ (
      signal
    );
    const isSignal =
      typeof aborted === "boolean" &&
      typeof addEventListener === "function" &&
      typeof removeEventListener === "function";
    if (!isSignal) throw wrongType("options.signal", "an AbortSignal");
    return /** @type {AbortSignal} */ (signal);
  },

  /**
   * The database among the options of a call, unless it is the service's own source.
   *
   * @param {unknown} options
   * @param {unknown} source
   */
  databaseIn(options, source) {
    if (typeof options !== "object" || options === null) return undefined;
    const { db } = /** @type {{ db?: unknown }} */ (options);
    if (db === undefined || db === null || db === source) return undefined;
    if (!isDatabase(db)) throw wrongType("options.db", "a drizzle database or transaction");
    return db;
  },

  /** @param {unknown} companyId @param {unknown} filters */
  list(companyId, filters = {}) {
    const id = text("companyId", companyId);
    return `{"companyId":${id}${members("filters", filters, environmentFilters)}}`;
  },

  /** @param {unknown} id */
  withId(id) {
    return text("id", id);
  },

  /** @param {unknown} environmentId */
  withEnvironmentId(environmentId) {
    return text("environmentId", environmentId);
  },

  /** @param {unknown} companyId */
  ensureLocalEnvironment(companyId) {
    return `{${now()},"companyId":${nullableText("companyId", companyId)}}`;
  },

  /** @param {unknown} companyId @param {unknown} input */
  create(companyId, input) {
    const fields = members("input", input, createFields);
    return `{${now()},"companyId":${nullableText("companyId", companyId)}${fields}}`;
  },

  /** @param {unknown} id @param {unknown} patch */
  update(id, patch) {
    const fields = members("patch", patch, createFields);
    return `{${now()},"id":${text("id", id)}${fields}}`;
  },

  /** @param {unknown} environmentId @param {unknown} filters */
  listLeases(environmentId, filters = {}) {
    const id = text("environmentId", environmentId);
    return `{"environmentId":${id}${members("filters", filters, statusFilter)}}`;
  },

  /** @param {unknown} input */
  acquireLease(input) {
    return `{${now()}${members("input", input, leaseFields)}}`;
  },

  /** @param {unknown} id @param {unknown} status @param {unknown} options */
  releaseLease(id, status, options) {
    const fields = members("options", options ?? {}, releaseFields);
    return `{${now()},"id":${text("id", id)}${statusMember(status)}${fields}}`;
  },

  /** @param {unknown} id @param {unknown} metadata */
  updateLeaseMetadata(id, metadata) {
    const member = metadata === undefined ? "" : `,"metadata":${document("metadata", metadata)}`;
    return `{${now()},"id":${text("id", id)}${member}}`;
  },

  /** @param {unknown} heartbeatRunId @param {unknown} status */
  releaseLeasesForRun(heartbeatRunId, status) {
    return `{${now()},"heartbeatRunId":${text("heartbeatRunId", heartbeatRunId)}${statusMember(status)}}`;
  },
};

/** @param {unknown} status */
function statusMember(status) {
  return status === undefined ? "" : `,"status":${nullableText("status", status)}`;
}
