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

/** The driver is optional: the types require it, but both services accept its absence. */
export type CreateInput = Omit<CreateEnvironment, "driver"> & Partial<Pick<CreateEnvironment, "driver">>;

/** The methods that both providers have. */
export interface EnvironmentService extends Omit<Pick<AddonService, Method>, "create"> {
  create(companyId: string, input: CreateInput): Promise<Environment>;
}

export type ProviderName = "addon" | "original";
export type Factory = (db: Db) => EnvironmentService;

/** Which service the suite runs against. */
export const providerName = readProviderName();
export const isAddon = providerName === "addon";

/** The release of the original: that of the generation, unless `ORIGINAL` names another with the same tables. */
export const original = (process.env["ORIGINAL"] || generation) as Parameters<typeof loadOriginal>[0];

/** The functions that Paperclip's server passes to the service since 2026.916, and their entries. */
export const server = generation === "2026.427" ? null : await loadServer(original);

export const createService: Factory = isAddon ? loadAddon() : ((await loadOriginal(original)) as Factory);

function readProviderName(): ProviderName {
  const name = process.env["PROVIDER"] || "addon";
  if (name === "addon" || name === "original") return name;
  throw new Error(`PROVIDER is "addon" or "original", not ${JSON.stringify(name)}`);
}

/** The addon, created as the server of its generation does. */
export function loadAddon(): Factory {
  // Loaded with require, as in CommonJS. The tests of the package import it.
  const require = createRequire(import.meta.url);
  if (server === null) {
    const { environmentService } = require("../../index.js") as typeof import("../../index.js");
    return (db) => environmentService(db);
  }
  const { environmentService } = require("../../2026.916.js");
  const { conflict, forbidden, logActivity } = server;
  return (db) => environmentService(db, { server: { conflict, forbidden, logActivity } });
}
