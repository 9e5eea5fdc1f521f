import { createRequire } from "node:module";

// By require, as a CommonJS user has it; that it can be imported as well is tested in process.test.ts.
const require = createRequire(import.meta.url);

export const { environmentService } = require("../../../index.js") as typeof import("../../../index.js");

export type {
  AcquireEnvironmentLease,
  CallEvent,
  CallOptions,
  Environment,
  EnvironmentLease,
  EnvironmentService,
  EnvironmentServiceOptions,
  EnvironmentServiceSource,
  ServiceStatistics,
} from "../../../index.js";
