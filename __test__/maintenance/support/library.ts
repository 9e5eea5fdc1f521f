import { createRequire } from "node:module";

// By require, as a CommonJS user has it.
const require = createRequire(import.meta.url);

export const { leaseMaintenance } =
  require("../../../maintenance.js") as typeof import("../../../maintenance.js");

export type {
  EnvironmentLease,
  Finding,
  FindingCode,
  LeaseFilters,
  LeaseMaintenance,
  LeaseMaintenanceOptions,
  ReapEvent,
  ReapOptions,
  ReapReason,
  ReapResult,
  ReleaseLease,
} from "../../../maintenance.js";
