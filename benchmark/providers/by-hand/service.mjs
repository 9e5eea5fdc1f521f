/** The service as one writes it by hand, over whatever runs a statement. */

import { environment, lease } from "./results.mjs";
import { list, listLeases, releaseLease, statement, update } from "./statements.mjs";

/** @typedef {import("../provider.mjs").Service} Service */
/** @typedef {import("./statements.mjs").Statement} Statement */
/** @typedef {(statement: Statement, values: unknown[]) => Promise<readonly Record<string, any>[]>} Query */

const LOCAL_DESCRIPTION = "Default execution environment for Paperclip runs on this machine.";
const LOCAL_METADATA = { managedByPaperclip: true, defaultForCompany: true };

/**
 * @param {Query} query
 * @returns {Omit<Service, "listJson" | "listLeasesJson">}
 */
export function byHand(query) {
  return {
    list: async (companyId, filters = {}) => {
      const [columns, values] = chosen({ status: filters.status, driver: filters.driver }, Boolean);
      return (await query(list(columns), [companyId, ...values])).map(environment);
    },

    getById: async (id) => firstOr(await query(statement("getById"), [id]), environment),

    getLeaseById: async (id) => firstOr(await query(statement("getLeaseById"), [id]), lease),

    ensureLocalEnvironment: async (companyId) => {
      const values = [companyId, "Local", LOCAL_DESCRIPTION, {}, LOCAL_METADATA, new Date()];
      const [made] = await query(statement("insertLocal"), values);
      return first(made ? [made] : await query(statement("selectLocal"), [companyId]), environment);
    },

    create: async (companyId, input) => {
      const { name, description = null, driver, status = "active", config = {}, metadata = null } = input;
      const values = [companyId, name, description, driver, status, config, metadata, new Date()];
      return first(await query(statement("create"), values), environment);
    },

    update: async (id, { name, description, driver, status, config, metadata }) => {
      const patch = { name, description, driver, status, config, metadata };
      const [columns, values] = chosen(patch, isGiven);
      return firstOr(await query(update(columns), [id, new Date(), ...values]), environment);
    },

    remove: async (id) => firstOr(await query(statement("remove"), [id]), environment),

    listLeases: async (environmentId, filters = {}) => {
      const [columns, values] = chosen({ status: filters.status }, Boolean);
      return (await query(listLeases(columns), [environmentId, ...values])).map(lease);
    },

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
      return first(await query(statement("acquireLease"), values), lease);
    },

    releaseLease: async (id, status = "released", options = {}) => {
      const now = new Date();
      const also = { failure_reason: options.failureReason, cleanup_status: options.cleanupStatus };
      const [columns, values] = chosen(also, isGiven);
      const times = [status === "retained" ? null : now, now, now];
      return firstOr(await query(releaseLease(columns), [id, ...times, status, ...values]), lease);
    },

    updateLeaseMetadata: async (id, metadata) =>
      firstOr(await query(statement("updateLeaseMetadata"), [id, metadata, new Date()]), lease),

    releaseLeasesForRun: async (heartbeatRunId, status = "released") => {
      const values = [heartbeatRunId, status, new Date()];
      return (await query(statement("releaseLeasesForRun"), values)).map(lease);
    },
  };
}

/** @param {unknown} value */
const isGiven = (value) => value !== undefined;

/**
 * @param {Record<string, unknown>} fields by column
 * @param {(value: unknown) => boolean} isChosen
 * @returns {[columns: string[], values: unknown[]]}
 */
function chosen(fields, isChosen) {
  const entries = Object.entries(fields).filter(([, value]) => isChosen(value));
  return [entries.map(([column]) => column), entries.map(([, value]) => value)];
}

/**
 * @template T
 * @param {readonly Record<string, any>[]} rows
 * @param {(row: Record<string, any>) => T} read
 * @returns {T | null}
 */
function firstOr([row], read) {
  return row ? read(row) : null;
}

/**
 * @template T
 * @param {readonly Record<string, any>[]} rows
 * @param {(row: Record<string, any>) => T} read
 * @returns {T}
 */
function first([row], read) {
  if (!row) throw new Error("The statement returned no row.");
  return read(row);
}
