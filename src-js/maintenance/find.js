"use strict";

/** Finds pages of leases, and counts leases. */

const { createHash } = require("node:crypto");
const { date, flag, integer, members, oneOrSeveral, text, uuid } = require("./arguments");
const { leaseOf, partOf } = require("./parts");

/** @typedef {import("../methods").Tools} Tools */

/** The filters, and how they are checked. */
const FILTERS = {
  companyId: uuid,
  environmentId: uuid,
  status: oneOrSeveral(text),
  provider: text,
  heartbeatRunId: uuid,
  executionWorkspaceId: uuid,
  providerLeaseId: text,
  cleanupStatus: text,
  usedBefore: date,
};

/** The native calls that use an index for one filter, by that filter. */
const BY_FILTER = {
  heartbeatRunId: "findOfRun",
  providerLeaseId: "findOfProviderLease",
  executionWorkspaceId: "findOfWorkspace",
  environmentId: "findOfEnvironment",
};

/** States that few leases are in. */
const LIVE = ["active", "retained", "pending_cleanup"];

/** @param {unknown} given */
function find(given = {}) {
  const {
    limit = 100,
    after,
    ...wanted
  } = members("filters", given, {
    ...FILTERS,
    limit: integer(1, 1000),
    after: text,
  });
  const print = fingerprint(wanted);
  const call = {
    ...Object.fromEntries(Object.entries(wanted).map(([key, value]) => [snakeCase(key), value])),
    ...(after !== undefined && placeOf(after, print)),
    most: limit + 1,
  };
  const served = Object.entries(BY_FILTER).find(([filter]) => filter in wanted);
  const isLive = wanted["status"]?.every((/** @type {string} */ status) => LIVE.includes(status));
  const part = partOf(isLive && !served ? "findOfLive" : (served?.[1] ?? "find"));

  /** @param {Tools} tools @returns {Promise<import("../../maintenance").LeasePage>} */
  return async ({ ask, signal }) => {
    const rows = await ask(part, call, signal);
    const page = rows.slice(0, limit);
    const next = rows.length > limit ? cursor(page.at(-1).about.after, print) : null;
    return { leases: page.map(leaseOf), next };
  };
}

/** @param {string} key */
const snakeCase = (key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A hash of the filters. @param {Record<string, unknown>} wanted */
function fingerprint(wanted) {
  return createHash("sha256").update(JSON.stringify(wanted)).digest("base64url").slice(0, 12);
}

/** Writes a cursor. Its times are texts, because a `Date` would truncate their microseconds.
 * @param {string[]} place @param {string} print */
function cursor(place, print) {
  return Buffer.from(JSON.stringify([print, ...place])).toString("base64url");
}

/** @param {string} after @param {string} print */
function placeOf(after, print) {
  const [of, use, creation, id] = entriesOf(after);
  if (of !== print) throw new RangeError("filters.after belongs to a page with other filters");
  return { after_use: use, after_creation: creation, after_id: id };
}

/** Whether a text is a time as PostgreSQL writes it. Years may have more than four digits. @param {string} text */
function isTime(text) {
  const [, time = "", era] = /^\d*(\d{4}-\d\d-\d\dT[\d:.]+)[-+][\d:]+( BC)?$/.exec(text) ?? [];
  return /^-?infinity$/.test(text) || era !== undefined || !Number.isNaN(Date.parse(time));
}

/** @param {string} after @returns {string[]} */
function entriesOf(after) {
  try {
    const [print, use, creation, id] = JSON.parse(Buffer.from(after, "base64url").toString());
    if (isTime(use) && isTime(creation)) return [print, use, creation, String(uuid("id", id))];
  } catch {
    // The error below applies.
  }
  throw new RangeError("filters.after must be the `next` of a page");
}

/** @param {unknown} options */
function summarize(options = {}) {
  const { companyId, history = false } = members("options", options, { companyId: uuid, history: flag });
  const part = partOf(history ? "summarizeHistory" : "summarize");

  /** @param {Tools} tools @returns {Promise<import("../../maintenance").LeaseSummary[]>} */
  return async ({ ask, signal }) => {
    const rows = await ask(part, { company_id: companyId }, signal);
    return rows.map((/** @type {any} */ { about }) => ({
      companyId: about.companyId,
      environmentId: about.environmentId,
      provider: about.provider,
      status: about.status,
      count: about.count,
      oldestAcquiredAt: new Date(about.oldestAcquiredAt),
      expired: about.expired,
      cleanupFailed: about.cleanupFailed,
    }));
  };
}

module.exports = { find, summarize };
