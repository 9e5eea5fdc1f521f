/** Leases, which both generations have in the same columns. */

import { lease } from "./results.mjs";
import { assignments, first, firstOrNull, given } from "./query.mjs";

/** @typedef {import("./query.mjs").Query} Query */
/** @typedef {import("./query.mjs").Statement} Statement */

const COLUMNS =
  "id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, " +
  "provider, provider_lease_id, acquired_at, last_used_at, expires_at, released_at, failure_reason, " +
  "cleanup_status, metadata, created_at, updated_at";

/** pgbench runs the same texts. */
export const statements = {
  getLeaseById: {
    name: "getLeaseById",
    text: `select ${COLUMNS} from environment_leases where id = $1`,
  },

  listLeases: {
    name: "listLeases",
    text: `
      select ${COLUMNS} from environment_leases where environment_id = $1
      order by last_used_at desc, created_at desc`,
  },

  acquireLease: {
    name: "acquireLease",
    text: `
      insert into environment_leases
        (company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy,
         provider, provider_lease_id, acquired_at, last_used_at, expires_at, metadata, created_at, updated_at)
      values ($1, $2, $3, $4, $5, 'active', $6, $7, $8, $9, $9, $10, $11, $9, $9)
      returning ${COLUMNS}`,
  },

  updateLeaseMetadata: {
    name: "updateLeaseMetadata",
    text: `
      update environment_leases set metadata = $2, last_used_at = $3, updated_at = $3
      where id = $1
      returning ${COLUMNS}`,
  },
};

/**
 * @param {string[]} columns that are set; their values follow the id, the three times and the status
 * @param {string} [also] an assignment
 * @returns {Statement}
 */
export const releaseLease = (columns, also) => ({
  name: ["release_lease", ...columns, also && "also"].filter(Boolean).join("_"),
  text: `
    update environment_leases
    set ${assignments(["released_at", "last_used_at", "updated_at", "status", ...columns])}${also ? `, ${also}` : ""}
    where id = $1
    returning ${COLUMNS}`,
});

/**
 * @param {Query} query
 * @param {string} [onRelease] an assignment
 */
export function leases(query, onRelease) {
  return {
    /** @param {string} id */
    getLeaseById: async (id) => firstOrNull(await query(statements.getLeaseById, [id]), lease),

    /** @param {string} environmentId */
    listLeases: async (environmentId) => (await query(statements.listLeases, [environmentId])).map(lease),

    /** @param {import("../../../index.js").AcquireEnvironmentLease} input */
    acquireLease: async (input) => {
      const values = [
        input.companyId,
        input.environmentId,
        input.executionWorkspaceId ?? null,
        input.issueId ?? null,
        input.heartbeatRunId ?? null,
        input.leasePolicy ?? "ephemeral",
        input.provider ?? null,
        input.providerLeaseId ?? null,
        new Date(),
        input.expiresAt ?? null,
        input.metadata ?? null,
      ];
      return first(await query(statements.acquireLease, values), lease);
    },

    /** @param {string} id @param {Record<string, unknown> | null} metadata */
    updateLeaseMetadata: async (id, metadata) =>
      firstOrNull(await query(statements.updateLeaseMetadata, [id, metadata, new Date()]), lease),

    /**
     * @param {string} id
     * @param {string} [status]
     * @param {{ failureReason?: string | null, cleanupStatus?: string | null }} [options]
     */
    releaseLease: async (id, status = "released", options = {}) => {
      const now = new Date();
      const also = { failure_reason: options.failureReason, cleanup_status: options.cleanupStatus };
      const [columns, values] = given(also);
      const times = [status === "retained" ? null : now, now, now];
      const statement = releaseLease(columns, onRelease);
      return firstOrNull(await query(statement, [id, ...times, status, ...values]), lease);
    },
  };
}
