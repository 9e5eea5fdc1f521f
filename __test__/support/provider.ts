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
import { loadOriginal } from "./original.mjs";

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
