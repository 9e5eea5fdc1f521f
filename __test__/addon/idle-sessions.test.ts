import { setTimeout as pause } from "node:timers/promises";

import { afterEach, describe, expect, it } from "vitest";

import { startSuite } from "../support/suite.js";
import { environmentService, type EnvironmentService } from "./support/addon.js";
import type { AddonMethod as Method } from "../support/methods.js";

// A server may end an idle session before the addon checks the connection. Its unsolicited error must not be taken for
// the answer to the next statement.

const { url, seed, sql } = await startSuite();

const IDLE = 300;
const LONGER = 600;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function open(): EnvironmentService {
  const service = environmentService(`${url}?idle_session_timeout=${IDLE}`);
  cleanups.push(() => service.close());
  return service;
}

async function rows() {
  const companyId = await seed.company();
  const environmentId = await seed.environment(companyId);
  const runId = await seed.run(companyId);
  const leaseId = await seed.lease(companyId, environmentId, { heartbeat_run_id: runId });
  return { companyId, environmentId, runId, leaseId };
}

type Rows = Awaited<ReturnType<typeof rows>>;

const calls: Record<Method, (service: EnvironmentService, rows: Rows) => Promise<unknown>> = {
  list: (service, { companyId }) => service.list(companyId),
  listJson: (service, { companyId }) => service.listJson(companyId),
  getById: (service, { environmentId }) => service.getById(environmentId),
  getLeaseById: (service, { leaseId }) => service.getLeaseById(leaseId),
  ensureLocalEnvironment: (service, { companyId }) => service.ensureLocalEnvironment(companyId),
  create: (service, { companyId }) => service.create(companyId, { name: "n", driver: "ssh" }),
  update: (service, { environmentId }) => service.update(environmentId, { name: "changed" }),
  remove: (service, { environmentId }) => service.remove(environmentId),
  listLeases: (service, { environmentId }) => service.listLeases(environmentId),
  listLeasesJson: (service, { environmentId }) => service.listLeasesJson(environmentId),
  acquireLease: (service, { companyId, environmentId }) => service.acquireLease({ companyId, environmentId }),
  releaseLease: (service, { leaseId }) => service.releaseLease(leaseId),
  updateLeaseMetadata: (service, { leaseId }) => service.updateLeaseMetadata(leaseId, { a: 1 }),
  releaseLeasesForRun: (service, { runId }) => service.releaseLeasesForRun(runId),
};

describe("a call on a session that the server has ended for its idleness is done on another", () => {
  it.each(Object.keys(calls) as Method[])("%s", async (method) => {
    const service = open();
    const target = await rows();
    await service.getById(target.environmentId);
    await pause(LONGER);
    const [outcome] = await Promise.allSettled([calls[method](service, target)]);
    expect(outcome).toMatchObject({ status: "fulfilled" });
    expect((outcome as PromiseFulfilledResult<unknown>).value).toSatisfy(Boolean);
    expect(service.stats().connections.opened).toBe(2);
  });

  it("again and again, each call is done once", async () => {
    const service = open();
    const { companyId, environmentId } = await rows();
    const ids: string[] = [];
    for (let n = 0; n < 4; n++) {
      const acquired = await Promise.all(
        Array.from({ length: 5 }, () => service.acquireLease({ companyId, environmentId })),
      );
      ids.push(...acquired.map(({ id }) => id));
      await pause(LONGER);
    }
    expect(await sql`select 1 from environment_leases where id in ${sql(ids)}`).toHaveLength(20);
    expect(await service.remove(environmentId)).toMatchObject({ id: environmentId });
    await pause(LONGER);
    expect(await service.remove(environmentId)).toBeNull();
  });
});
