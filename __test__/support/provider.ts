import { createRequire } from "node:module";

import type {
  AcquireEnvironmentLease,
  CreateEnvironment,
  Environment,
  EnvironmentLeaseCleanupStatus,
  EnvironmentLeasePolicy,
  EnvironmentService as AddonService,
  UpdateEnvironment,
} from "../../index.js";
import type { Db } from "./database.js";
import type { Method } from "./methods.js";
import { generation } from "./generation.js";
import { loadOriginal, loadServer } from "./original.mjs";

export type { Environment, EnvironmentDriver, EnvironmentLease, EnvironmentStatus } from "../../index.js";
export type CleanupStatus = EnvironmentLeaseCleanupStatus;
export type LeasePolicy = EnvironmentLeasePolicy;
export type AcquireInput = AcquireEnvironmentLease;
export type UpdatePatch = UpdateEnvironment;

/** Also without a driver, which the types forbid and both services take. */
export type CreateInput = Omit<CreateEnvironment, "driver"> & Partial<Pick<CreateEnvironment, "driver">>;

/** The service of the contract's section 5, which either provider is. */
export interface EnvironmentService extends Omit<Pick<AddonService, Method>, "create"> {
  create(companyId: string, input: CreateInput): Promise<Environment>;
}

export type ProviderName = "addon" | "original";
export type Factory = (db: Db) => EnvironmentService;

/** Which service the suite runs against. */
export const providerName = readProviderName();
export const isAddon = providerName === "addon";

/** The release whose service is the original: of its generation, unless `ORIGINAL` names another of the same tables. */
export const original = (process.env["ORIGINAL"] || generation) as Parameters<typeof loadOriginal>[0];

/** What Paperclip's own server gives the service since 2026.916, and what it has been told. */
export const server = generation === "2026.427" ? null : await loadServer(original);

export const createService: Factory = isAddon ? loadAddon() : ((await loadOriginal(original)) as Factory);

function readProviderName(): ProviderName {
  const name = process.env["PROVIDER"] || "addon";
  if (name === "addon" || name === "original") return name;
  throw new Error(`PROVIDER is "addon" or "original", not ${JSON.stringify(name)}`);
}

/** The addon, as the server of its generation builds it. */
export function loadAddon(): Factory {
  // By require, as a CommonJS user has it; that it can be imported as well is tested with the package.
  const require = createRequire(import.meta.url);
  if (server === null) {
    const { environmentService } = require("../../index.js") as typeof import("../../index.js");
    return (db) => environmentService(db);
  }
  const { environmentService } = require("../../2026.916.js");
  const { conflict, forbidden, logActivity } = server;
  return (db) => environmentService(db, { server: { conflict, forbidden, logActivity } });
}
