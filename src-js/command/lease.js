"use strict";

/** The shown parts of a lease. Its metadata is left out, because it may hold secrets. */

const { ago } = require("./duration");

/** @typedef {import("../../maintenance").EnvironmentLease} EnvironmentLease */

/** A lease as JSON. The keys are listed, so that no other is shown. @param {EnvironmentLease} lease */
const leaseDocument = (lease) => ({
  id: lease.id,
  companyId: lease.companyId,
  environmentId: lease.environmentId,
  executionWorkspaceId: lease.executionWorkspaceId,
  issueId: lease.issueId,
  heartbeatRunId: lease.heartbeatRunId,
  status: lease.status,
  leasePolicy: lease.leasePolicy,
  provider: lease.provider,
  providerLeaseId: lease.providerLeaseId,
  acquiredAt: lease.acquiredAt,
  lastUsedAt: lease.lastUsedAt,
  expiresAt: lease.expiresAt,
  releasedAt: lease.releasedAt,
  failureReason: lease.failureReason,
  cleanupStatus: lease.cleanupStatus,
  createdAt: lease.createdAt,
  updatedAt: lease.updatedAt,
});

/** The columns of tables whose rows are leases. */
const COLUMNS = {
  id: { title: "LEASE", of: (/** @type {EnvironmentLease} */ { id }) => id, least: 9 },
  status: { title: "STATUS", of: (/** @type {EnvironmentLease} */ { status }) => status, least: 9 },
  policy: { title: "POLICY", of: (/** @type {EnvironmentLease} */ { leasePolicy }) => leasePolicy },
  provider: { title: "PROVIDER", of: (/** @type {EnvironmentLease} */ { provider }) => provider, least: 9 },
  held: {
    title: "PROVIDER LEASE",
    of: (/** @type {EnvironmentLease} */ { providerLeaseId }) => providerLeaseId,
    least: 14,
  },
  acquired: { title: "ACQUIRED", of: (/** @type {EnvironmentLease} */ { acquiredAt }) => ago(acquiredAt) },
  used: { title: "LAST USED", of: (/** @type {EnvironmentLease} */ { lastUsedAt }) => ago(lastUsedAt) },
  run: { title: "RUN", of: (/** @type {EnvironmentLease} */ { heartbeatRunId }) => heartbeatRunId, least: 9 },
  environment: {
    title: "ENVIRONMENT",
    of: (/** @type {EnvironmentLease} */ { environmentId }) => environmentId,
    least: 11,
  },
};

/**
 * The same columns, for rows that contain a lease.
 *
 * @template Row
 * @param {(row: Row) => EnvironmentLease} leaseOf @param {...(keyof typeof COLUMNS)} names
 */
const columnsOf = (leaseOf, ...names) =>
  names.map((name) => ({ ...COLUMNS[name], of: (/** @type {Row} */ row) => COLUMNS[name].of(leaseOf(row)) }));

module.exports = { columnsOf, leaseDocument };
