import type { CallOptions, EnvironmentService } from "./addon.js";

export type Method = Exclude<keyof EnvironmentService, "stats" | "close" | symbol>;

/**
 * Each method as a call about one id, with its options behind all other arguments. Whether a row has the id
 * decides the outcome alone.
 */
export const callsWithOptions: Record<
  Method,
  (service: EnvironmentService, id: string, options: CallOptions) => Promise<unknown>
> = {
  list: (service, id, options) => service.list(id, {}, options),
  listJson: (service, id, options) => service.listJson(id, {}, options),
  getById: (service, id, options) => service.getById(id, options),
  getLeaseById: (service, id, options) => service.getLeaseById(id, options),
  ensureLocalEnvironment: (service, id, options) => service.ensureLocalEnvironment(id, options),
  create: (service, id, options) => service.create(id, { name: "n", driver: "ssh" }, options),
  update: (service, id, options) => service.update(id, { name: "n" }, options),
  remove: (service, id, options) => service.remove(id, options),
  listLeases: (service, id, options) => service.listLeases(id, {}, options),
  listLeasesJson: (service, id, options) => service.listLeasesJson(id, {}, options),
  acquireLease: (service, id, options) => service.acquireLease({ companyId: id, environmentId: id }, options),
  releaseLease: (service, id, options) => service.releaseLease(id, undefined, undefined, options),
  updateLeaseMetadata: (service, id, options) => service.updateLeaseMetadata(id, { a: 1 }, options),
  releaseLeasesForRun: (service, id, options) => service.releaseLeasesForRun(id, undefined, options),
};

export const allMethods = Object.keys(callsWithOptions) as Method[];
