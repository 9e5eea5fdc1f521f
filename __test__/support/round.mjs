// One round: a caller uses all methods of the contract on rows of its own. A plain module, because processes without
// vitest use it as well.

/** @typedef {import("../../index.js").EnvironmentService} EnvironmentService */

/**
 * A company without environments, and one of its runs.
 *
 * @typedef {{ companyId: string, runId: string }} Caller
 */

/** How many calls a round makes. */
export const CALLS_OF_A_ROUND = 16;

/**
 * Makes the calls, some of them concurrently, and returns their answers. It leaves the tables as they were, so that the
 * same caller can begin again.
 *
 * @param {EnvironmentService} service
 * @param {Caller} caller
 */
export async function goRound(service, { companyId, runId }) {
  const local = await service.ensureLocalEnvironment(companyId);
  const made = await service.create(companyId, { name: runId, driver: "ssh", config: { runId } });

  const input = { companyId, environmentId: made.id, heartbeatRunId: runId };
  const [first, second, seen, listed] = await Promise.all([
    service.acquireLease({ ...input, provider: "first" }),
    service.acquireLease({ ...input, provider: "second" }),
    service.getById(made.id),
    service.list(companyId, { driver: "ssh" }),
  ]);
  const [changed, ended, updated] = await Promise.all([
    service.updateLeaseMetadata(first.id, { of: first.id }),
    service.releaseLease(second.id, "failed", { failureReason: second.id }),
    service.update(made.id, { description: made.id }),
  ]);
  const lease = await service.getLeaseById(first.id);
  const active = await service.listLeases(made.id, { status: "active" });

  const released = await service.releaseLeasesForRun(runId, "expired");
  const removed = await service.remove(made.id);
  const gone = await service.getLeaseById(second.id);
  const left = await service.list(companyId);
  const removedLocal = await service.remove(local.id);
  return {
    ...{ local, made, first, second, seen, listed, changed, ended, updated },
    ...{ lease, active, released, removed, gone, left, removedLocal },
  };
}
