"use strict";

/** The native calls that the methods consist of. Each takes one document. */

const { fact, fits, lease } = require("../generated/maintenance");
const { many, methodsOf } = require("../methods");

/** @typedef {import("../methods").Method} Method */
/** @typedef {import("../../maintenance").EnvironmentLease} Lease */

const name = "maintenance";

const leases = [
  "find",
  "findOfEnvironment",
  "findOfLive",
  "findOfRun",
  "findOfWorkspace",
  "findOfProviderLease",
  "findStale",
  "actOnStale",
  "finishClaim",
  "newestOfSandboxes",
  "lost",
];
const facts = [
  "summarize",
  "summarizeHistory",
  "sessions",
  "leasesOfSessions",
  "now",
  "keepers",
  "countPrunable",
  "prune",
  "diagnose",
];

/** A native call, which is one statement. @param {import("../reply").ReadRow<unknown>} readRow */
const part = (readRow) => ({
  toText: (/** @type {object} */ call) => `[${JSON.stringify(call)}]`,
  arity: 1,
  answering: many(readRow),
  mostCalls: 1,
});

const declarations = Object.fromEntries([
  ...leases.map((each) => [each, part(lease)]),
  ...facts.map((each) => [each, part(fact)]),
]);

/** @type {Record<string, Method>} */
const parts = Object.fromEntries(
  methodsOf(name, new Set(), declarations).map((method) => [method.name, method]),
);

/** @param {string} which @returns {Method} */
function partOf(which) {
  return /** @type {Method} */ (parts[which]);
}

/** A row without what the statement says about it. @param {Lease & { about: unknown }} row @returns {Lease} */
function leaseOf({ about, ...lease }) {
  return lease;
}

module.exports = { name, fits, partOf, leaseOf };
