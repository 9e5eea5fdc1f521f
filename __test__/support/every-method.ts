import type { AcquireInput, EnvironmentService } from "./provider.js";

/**
 * Each method as a call that depends on one id alone, for the rules that hold for all of them. The other
 * arguments are good, so that only the id decides the outcome.
 */
export const callsById: Record<
  keyof EnvironmentService,
  (service: EnvironmentService, id: string) => Promise<unknown>
> = {
  list: (service, id) => service.list(id),
  getById: (service, id) => service.getById(id),
  getLeaseById: (service, id) => service.getLeaseById(id),
  ensureLocalEnvironment: (service, id) => service.ensureLocalEnvironment(id),
  create: (service, id) => service.create(id, { name: "n", driver: "ssh" }),
  update: (service, id) => service.update(id, { name: "n" }),
  remove: (service, id) => service.remove(id),
  listLeases: (service, id) => service.listLeases(id),
  acquireLease: (service, id) => service.acquireLease(acquireInput({ companyId: id })),
  releaseLease: (service, id) => service.releaseLease(id),
  updateLeaseMetadata: (service, id) => service.updateLeaseMetadata(id, { a: 1 }),
  releaseLeasesForRun: (service, id) => service.releaseLeasesForRun(id),
};

const ANY_ID = "00000000-0000-4000-8000-000000000000";

function acquireInput(fields: Partial<AcquireInput>): AcquireInput {
  return { companyId: ANY_ID, environmentId: ANY_ID, ...fields };
}
