"use strict";

const { npx } = require("./command");
const { ago } = require("./duration");
const { columnsOf, leaseDocument } = require("./lease");
const { COMMON, DATABASE, SCOPE, UsageError } = require("./options");
const { table } = require("./table");
const { figure } = require("./text");

/** @typedef {import("../../maintenance").LeaseSummary} LeaseSummary */
/** @typedef {import("../../maintenance").EnvironmentLease} EnvironmentLease */
/** @typedef {import("./command").Command} Command */

/** @type {import("./options").Options} */
const FILTERS = {
  ...SCOPE,
  status: {
    type: "string",
    multiple: true,
    value: "STATUS",
    help: "only leases in this status; may be repeated",
  },
  provider: { type: "string", value: "NAME", help: "only leases of this provider" },
  run: { type: "string", value: "ID", help: "only leases of this run" },
  workspace: { type: "string", value: "ID", help: "only leases of this execution workspace" },
  "provider-lease": { type: "string", value: "ID", help: "only leases with this id at the provider" },
  cleanup: {
    type: "string",
    value: "STATUS",
    help: "only leases with this clean-up status: pending, success or failed",
  },
  "unused-for": {
    type: "string",
    value: "DURATION",
    help: "only leases not used for this long, such as 12h",
  },
  limit: { type: "string", value: "N", help: "the number of leases on a page, 1 to 1,000 (default: 100)" },
  after: { type: "string", value: "CURSOR", help: "continue after the previous page" },
};

/** @type {Command} */
const leases = {
  name: "leases",
  summary: "count leases, or list selected ones",
  usage: "[options]",
  about:
    "Counts the leases that are active, retained or pending clean-up. With any option that selects leases, lists them, the last used first. It only reads.",
  options: {
    ...FILTERS,
    history: { type: "boolean", help: "also count leases that have ended, which reads the whole table" },
    ...DATABASE,
    ...COMMON,
  },
  examples: [
    `${npx} leases`,
    `${npx} leases --status active --unused-for 12h`,
    `${npx} leases --cleanup failed --json`,
  ],
  statuses: { 0: "the database was read" },
  run: async (given, context) => {
    const which = Object.keys(FILTERS).filter((name) => given.has(name));
    if (!given.flag("history")) return which.length === 0 ? counted(given, context) : listed(given, context);
    if (which.some((name) => name !== "company")) throw new UsageError("--history goes with --company only");
    return counted(given, context);
  },
};

/** @type {Command["run"]} */
async function listed(given, { open, signal }) {
  const unused = given.duration("unused-for");
  const filters = {
    companyId: given.id("company"),
    environmentId: given.id("environment"),
    status: given.list("status"),
    provider: given.text("provider"),
    heartbeatRunId: given.id("run"),
    executionWorkspaceId: given.id("workspace"),
    providerLeaseId: given.text("provider-lease"),
    cleanupStatus: given.text("cleanup"),
    usedBefore: unused === undefined ? undefined : new Date(Date.now() - unused),
    limit: given.number("limit", 1, 1_000),
    after: given.text("after"),
  };
  const page = await open().find(filters, { signal });
  /** @param {EnvironmentLease} lease */
  const itself = (lease) => lease;
  const columns = columnsOf(itself, "id", "status", "provider", "held", "used", "run", "environment");
  const more = page.next === null ? [] : ["", `There are more: --after ${page.next}`];
  return {
    isClean: true,
    document: { leases: page.leases.map(leaseDocument), next: page.next },
    lines: (paper) =>
      page.leases.length === 0
        ? ["There are no such leases."]
        : [...table(paper, columns, page.leases), ...more],
  };
}

/** @type {Command["run"]} */
async function counted(given, { open, signal }) {
  const what = { companyId: given.id("company"), history: given.flag("history") };
  const summary = await open().summarize(what, { signal });
  /** @type {Map<string, LeaseSummary[]>} */
  const groups = new Map();
  for (const row of summary) {
    const key = JSON.stringify([row.status, row.provider]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const none = what.history ? "There are no leases." : "No lease is active, retained or pending clean-up.";
  return {
    isClean: true,
    document: {
      summary: summary.map(({ companyId, environmentId, provider, status, count, ...row }) => ({
        ...{ companyId, environmentId, provider, status, count },
        ...{ oldestAcquiredAt: row.oldestAcquiredAt, expired: row.expired, cleanupFailed: row.cleanupFailed },
      })),
    },
    lines: (page) => (groups.size === 0 ? [none] : table(page, COUNTS, [...groups.values()])),
  };
}

/** @param {string} title @param {(row: LeaseSummary) => number} number */
const sum = (title, number) => ({
  title,
  of: (/** @type {LeaseSummary[]} */ rows) => figure(rows.reduce((total, row) => total + number(row), 0)),
  isNumber: true,
});

/** @type {import("./table").Column<LeaseSummary[]>[]} */
const COUNTS = [
  { title: "STATUS", of: ([row]) => row?.status ?? null, least: 9 },
  { title: "PROVIDER", of: ([row]) => row?.provider ?? null, least: 9 },
  sum("LEASES", ({ count }) => count),
  sum("EXPIRED", ({ expired }) => expired),
  sum("CLEANUP FAILED", ({ cleanupFailed }) => cleanupFailed),
  {
    title: "ENVIRONMENTS",
    of: (rows) => figure(new Set(rows.map(({ environmentId }) => environmentId)).size),
    isNumber: true,
  },
  {
    title: "OLDEST",
    of: (rows) => ago(new Date(Math.min(...rows.map(({ oldestAcquiredAt }) => oldestAcquiredAt.getTime())))),
  },
];

module.exports = { leases };
