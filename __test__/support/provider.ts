import { createRequire } from "node:module";

import type { Db } from "./database.js";
import { loadOriginal } from "./original.mjs";

export type EnvironmentDriver = "local" | "ssh" | "sandbox" | "plugin";
export type EnvironmentStatus = "active" | "archived";
export type LeaseStatus = "active" | "released" | "expired" | "failed" | "retained";
export type LeasePolicy =
  "ephemeral" | "reuse_by_environment" | "reuse_by_execution_workspace" | "retain_on_failure";
export type CleanupStatus = "pending" | "success" | "failed";

export interface Environment {
  id: string;
  companyId: string;
  name: string;
  description: string | null;
  driver: EnvironmentDriver;
  status: EnvironmentStatus;
  config: Record<string, unknown>;
  metadata: Record<string, unknown> | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface EnvironmentLease {
  id: string;
  companyId: string;
  environmentId: string;
  executionWorkspaceId: string | null;
  issueId: string | null;
  heartbeatRunId: string | null;
  status: LeaseStatus;
  leasePolicy: LeasePolicy;
  provider: string | null;
  providerLeaseId: string | null;
  acquiredAt: Date;
  lastUsedAt: Date;
  expiresAt: Date | null;
  releasedAt: Date | null;
  failureReason: string | null;
  cleanupStatus: CleanupStatus | null;
  metadata: Record<string, unknown> | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface CreateInput {
  name: string;
  description?: string | null;
  driver?: EnvironmentDriver;
  status?: EnvironmentStatus;
  config?: Record<string, unknown>;
  metadata?: Record<string, unknown> | null;
}

export interface UpdatePatch {
  name?: string;
  description?: string | null;
  driver?: EnvironmentDriver;
  status?: EnvironmentStatus;
  config?: Record<string, unknown>;
  metadata?: Record<string, unknown> | null;
}

export interface AcquireInput {
  companyId: string;
  environmentId: string;
  executionWorkspaceId?: string | null;
  issueId?: string | null;
  heartbeatRunId?: string | null;
  leasePolicy?: LeasePolicy;
  provider?: string | null;
  providerLeaseId?: string | null;
  expiresAt?: Date | null;
  metadata?: Record<string, unknown> | null;
}

export interface ReleaseOptions {
  failureReason?: string;
  cleanupStatus?: CleanupStatus;
}

/** The service of the contract's section 5. */
export interface EnvironmentService {
  list(companyId: string, filters?: { status?: string; driver?: string }): Promise<Environment[]>;
  getById(id: string): Promise<Environment | null>;
  getLeaseById(id: string): Promise<EnvironmentLease | null>;
  ensureLocalEnvironment(companyId: string): Promise<Environment>;
  create(companyId: string, input: CreateInput): Promise<Environment>;
  update(id: string, patch: UpdatePatch): Promise<Environment | null>;
  remove(id: string): Promise<Environment | null>;
  listLeases(environmentId: string, filters?: { status?: string }): Promise<EnvironmentLease[]>;
  acquireLease(input: AcquireInput): Promise<EnvironmentLease>;
  releaseLease(
    id: string,
    status?: Exclude<LeaseStatus, "active">,
    options?: ReleaseOptions,
  ): Promise<EnvironmentLease | null>;
  updateLeaseMetadata(id: string, metadata: Record<string, unknown> | null): Promise<EnvironmentLease | null>;
  releaseLeasesForRun(
    heartbeatRunId: string,
    status?: Exclude<LeaseStatus, "active" | "retained">,
  ): Promise<EnvironmentLease[]>;
}

export const methodNames = [
  "list",
  "getById",
  "getLeaseById",
  "ensureLocalEnvironment",
  "create",
  "update",
  "remove",
  "listLeases",
  "acquireLease",
  "releaseLease",
  "updateLeaseMetadata",
  "releaseLeasesForRun",
] as const satisfies readonly (keyof EnvironmentService)[];

export type ProviderName = "addon" | "original";
export type Factory = (db: Db) => EnvironmentService;

/** Which service the suite runs against. */
export const providerName = readProviderName();
export const isAddon = providerName === "addon";

export const createService: Factory = isAddon ? loadAddon() : ((await loadOriginal()) as Factory);

function readProviderName(): ProviderName {
  const name = process.env["PROVIDER"] || "addon";
  if (name === "addon" || name === "original") return name;
  throw new Error(`PROVIDER is "addon" or "original", not ${JSON.stringify(name)}`);
}

function loadAddon(): Factory {
  // By require, as a CommonJS user has it; that it can be imported as well is tested with the package.
  const require = createRequire(import.meta.url);
  const { environmentService } = require("../../index.js") as typeof import("../../index.js");
  return (db) => environmentService(db);
}
