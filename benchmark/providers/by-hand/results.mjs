/** From a driver's plain row to what the contract promises. */

/** @typedef {import("../../../index.js").Environment} EnvironmentOfCompany */
/** @typedef {import("../../../2026.916.js").Environment} EnvironmentOfInstance */
/** @typedef {import("../../../index.js").EnvironmentLease} EnvironmentLease */
/** @typedef {import("./query.mjs").Row} Row */

const DRIVERS = new Set(["local", "ssh", "sandbox", "plugin"]);
const STATUSES = new Set(["active", "archived"]);
const LEASE_STATUSES = new Set(["active", "released", "expired", "failed", "retained", "pending_cleanup"]);
const POLICIES = new Set([
  "ephemeral",
  "reuse_by_environment",
  "reuse_by_execution_workspace",
  "retain_on_failure",
]);
const CLEANUP_STATUSES = new Set([null, "pending", "success", "failed"]);

/** @param {Row} row @returns {EnvironmentOfCompany} */
export function environmentOfCompany(row) {
  return {
    id: row.id,
    companyId: row.company_id,
    name: row.name,
    description: row.description,
    driver: known(DRIVERS, row.driver, "environment driver"),
    status: known(STATUSES, row.status, "environment status"),
    config: objectOr(row.config, {}),
    metadata: objectOr(row.metadata, null),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** @param {Row} row @returns {EnvironmentOfInstance} */
export function environmentOfInstance(row) {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    driver: known(DRIVERS, row.driver, "environment driver"),
    status: known(STATUSES, row.status, "environment status"),
    config: objectOr(row.config, {}),
    envVars: objectOr(row.env_vars, {}),
    metadata: objectOr(row.metadata, null),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** @param {Row} row @returns {EnvironmentLease} */
export function lease(row) {
  return {
    id: row.id,
    companyId: row.company_id,
    environmentId: row.environment_id,
    executionWorkspaceId: row.execution_workspace_id,
    issueId: row.issue_id,
    heartbeatRunId: row.heartbeat_run_id,
    status: known(LEASE_STATUSES, row.status, "environment lease status"),
    leasePolicy: known(POLICIES, row.lease_policy, "environment lease policy"),
    provider: row.provider,
    providerLeaseId: row.provider_lease_id,
    acquiredAt: row.acquired_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    releasedAt: row.released_at,
    failureReason: row.failure_reason,
    cleanupStatus: known(CLEANUP_STATUSES, row.cleanup_status, "environment lease cleanup status"),
    metadata: objectOr(row.metadata, null),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** @param {Set<unknown>} set @param {any} value @param {string} name */
function known(set, value, name) {
  if (!set.has(value)) throw new Error(`Unexpected ${name} value: ${value}`);
  return value;
}

/**
 * @template {Record<string, unknown> | null} T
 * @param {any} value
 * @param {T} otherwise
 */
function objectOr(value, otherwise) {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : otherwise;
}
