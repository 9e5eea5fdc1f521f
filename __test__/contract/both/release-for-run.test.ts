import { describe, expect, it } from "vitest";

import { expectDatabaseError } from "../../support/errors.js";
import { invalid, startSuite, unknownId } from "../../support/suite.js";

const { service, seed, snapshot } = await startSuite();

async function newRun() {
  const company = await seed.company();
  const environment = await seed.environment(company);
  const run = await seed.run(company);
  const add = (status: string, heartbeat_run_id: string | null = run) =>
    seed.lease(company, environment, {
      status,
      heartbeat_run_id,
      last_used_at: "2001-01-01",
      metadata: '{"a": 1}',
    });
  return { company, environment, run, add };
}

describe("releaseLeasesForRun", () => {
  it("releases the run's active leases and gives them, with one moment for all", async () => {
    const { run, add } = await newRun();
    const active = [await add("active"), await add("active"), await add("active")];
    const released = await service.releaseLeasesForRun(run);
    expect(released.map(({ id }) => id).sort()).toEqual(active.sort());
    const [first] = released;
    for (const lease of released) {
      expect(lease).toMatchObject({
        status: "released",
        heartbeatRunId: run,
        metadata: { a: 1 },
        failureReason: null,
        cleanupStatus: null,
        releasedAt: first?.releasedAt,
        lastUsedAt: first?.releasedAt,
        updatedAt: first?.releasedAt,
      });
      expect(await service.getLeaseById(lease.id)).toEqual(lease);
    }
  });

  it("leaves the run's leases that are not active", async () => {
    const { run, add } = await newRun();
    for (const status of ["released", "expired", "failed", "retained"]) await add(status);
    const before = await snapshot();
    expect(await service.releaseLeasesForRun(run)).toEqual([]);
    expect(await snapshot()).toEqual(before);
  });

  it("leaves the leases of other runs, and those of no run", async () => {
    const { run, add } = await newRun();
    const other = await newRun();
    const elsewhere = await other.add("active");
    const ofNoRun = await add("active", null);
    await add("active");
    expect(await service.releaseLeasesForRun(run)).toHaveLength(1);
    expect(await service.getLeaseById(elsewhere)).toMatchObject({ status: "active" });
    expect(await service.getLeaseById(ofNoRun)).toMatchObject({ status: "active" });
  });

  it("releases across companies and environments: the run alone decides", async () => {
    const { run, add } = await newRun();
    const company = await seed.company();
    const foreign = await seed.lease(company, await seed.environment(company), { heartbeat_run_id: run });
    const own = await add("active");
    const released = await service.releaseLeasesForRun(run);
    expect(released.map(({ id }) => id).sort()).toEqual([foreign, own].sort());
  });

  it.each(["released", "expired", "failed"] as const)("sets the status %s", async (status) => {
    const { run, add } = await newRun();
    await add("active");
    expect(await service.releaseLeasesForRun(run, status)).toMatchObject([
      { status, releasedAt: expect.any(Date) },
    ]);
  });

  it("sets releasedAt for every status, retained and active too", async () => {
    for (const status of ["retained", "active"]) {
      const { run, add } = await newRun();
      await add("active");
      expect(await service.releaseLeasesForRun(run, invalid(status))).toMatchObject([
        { status, releasedAt: expect.any(Date) },
      ]);
    }
  });

  it("takes undefined for the default status", async () => {
    const { run, add } = await newRun();
    await add("active");
    expect(await service.releaseLeasesForRun(run, undefined)).toMatchObject([{ status: "released" }]);
  });

  it("rejects a null status as Postgres does, and writes nothing", async () => {
    const { run, add } = await newRun();
    await add("active");
    const before = await snapshot();
    await expectDatabaseError(service.releaseLeasesForRun(run, invalid(null)), "23502", {
      column_name: "status",
    });
    expect(await snapshot()).toEqual(before);
  });

  it("has nothing to reject in a null status when there is no lease to release", async () => {
    const { run } = await newRun();
    expect(await service.releaseLeasesForRun(run, invalid(null))).toEqual([]);
  });

  it("gives an empty array the second time, and for an unknown run", async () => {
    const { run, add } = await newRun();
    await add("active");
    await service.releaseLeasesForRun(run);
    expect(await service.releaseLeasesForRun(run)).toEqual([]);
    expect(await service.releaseLeasesForRun(unknownId())).toEqual([]);
  });
});
