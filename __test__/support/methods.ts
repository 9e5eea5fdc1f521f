// All methods of the service, and one call of each, for rules that hold for all of them.

import type { CallOptions, EnvironmentService } from "../../index.js";

/** A method that reads or writes the database. */
export type AddonMethod = Exclude<keyof EnvironmentService, "stats" | "close" | symbol>;

/** A method of the contract, which the original has as well. */
export type Method = Exclude<AddonMethod, "listJson" | "listLeasesJson">;

type CallById<M extends AddonMethod> = (
  service: Pick<EnvironmentService, M>,
  id: string,
  options?: CallOptions,
) => Promise<unknown>;

const ANY_ID = "00000000-0000-4000-8000-000000000000";

/**
 * Each method as a call with one id. The other arguments are valid, so that the outcome depends only on the id and on
 * whether a row has it. The addon's options are the last argument, which the original ignores.
 */
export const callsById: { readonly [M in AddonMethod]: CallById<M> } = {
  list: (service, id, options) => service.list(id, {}, options),
  getById: (service, id, options) => service.getById(id, options),
  getLeaseById: (service, id, options) => service.getLeaseById(id, options),
  ensureLocalEnvironment: (service, id, options) => service.ensureLocalEnvironment(id, options),
  create: (service, id, options) => service.create(id, { name: "n", driver: "ssh" }, options),
  update: (service, id, options) => service.update(id, { name: "n" }, options),
  remove: (service, id, options) => service.remove(id, options),
  listLeases: (service, id, options) => service.listLeases(id, {}, options),
  acquireLease: (service, id, options) =>
    service.acquireLease({ companyId: id, environmentId: ANY_ID }, options),
  releaseLease: (service, id, options) => service.releaseLease(id, undefined, undefined, options),
  updateLeaseMetadata: (service, id, options) => service.updateLeaseMetadata(id, { a: 1 }, options),
  releaseLeasesForRun: (service, id, options) => service.releaseLeasesForRun(id, undefined, options),
  listJson: (service, id, options) => service.listJson(id, {}, options),
  listLeasesJson: (service, id, options) => service.listLeasesJson(id, {}, options),
};

/** The methods of the addon: those of the contract, and two of its own. */
export const addonMethods = Object.keys(callsById) as AddonMethod[];

/** The methods of the contract. */
export const methodNames = addonMethods.filter(
  (name): name is Method => name !== "listJson" && name !== "listLeasesJson",
);
