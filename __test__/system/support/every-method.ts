// One caller's way through all twelve methods, on rows of its own, so that every answer is known beforehand.

import { expect } from "vitest";

import type { EnvironmentService } from "../../addon/support/addon.js";
import type { Seed } from "../../support/seed.js";

export interface Caller {
  companyId: string;
  runId: string;
}

export function seedCallers(seed: Seed, count: number): Promise<Caller[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const companyId = await seed.company();
      return { companyId, runId: await seed.run(companyId) };
    }),
  );
}

/** Calls each method, several of them at the same time, and compares each answer with the only right one. */
export async function callEveryMethod(service: EnvironmentService, caller: Caller): Promise<void> {
  const { companyId, runId } = caller;
  const local = await service.ensureLocalEnvironment(companyId);
  expect(local).toMatchObject({ companyId, driver: "local" });
  const made = await service.create(companyId, { name: runId, driver: "ssh", config: { runId } });
  expect(made).toMatchObject({ companyId, name: runId, config: { runId } });

  const input = { companyId, environmentId: made.id, heartbeatRunId: runId };
  const [first, second, seen, listed] = await Promise.all([
    service.acquireLease({ ...input, provider: "first" }),
    service.acquireLease({ ...input, provider: "second" }),
    service.getById(made.id),
    service.list(companyId, { driver: "ssh" }),
  ]);
  expect([first, second]).toMatchObject([
    { ...input, provider: "first", status: "active" },
    { ...input, provider: "second", status: "active" },
  ]);
  expect(seen).toEqual(made);
  expect(listed).toEqual([made]);

  const metadata = { of: first.id };
  const [changed, ended, updated] = await Promise.all([
    service.updateLeaseMetadata(first.id, metadata),
    service.releaseLease(second.id, "failed", { failureReason: second.id }),
    service.update(made.id, { description: made.id }),
  ]);
  expect(changed).toMatchObject({ id: first.id, metadata, status: "active" });
  expect(ended).toMatchObject({ id: second.id, status: "failed", failureReason: second.id });
  expect(updated).toMatchObject({ id: made.id, description: made.id, name: runId });
  expect(await service.getLeaseById(first.id)).toEqual(changed);
  expect(await service.listLeases(made.id, { status: "active" })).toEqual([changed]);

  const released = await service.releaseLeasesForRun(runId, "expired");
  expect(released).toMatchObject([{ id: first.id, status: "expired", metadata }]);
  expect(await service.remove(made.id)).toMatchObject({ id: made.id, description: made.id });
  expect(await service.getLeaseById(second.id)).toBeNull();
  expect(await service.list(companyId)).toEqual([local]);
  // So that the same caller can begin again.
  expect(await service.remove(local.id)).toEqual(local);
}
