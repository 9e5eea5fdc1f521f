import { describe, expect, it } from "vitest";

import type { Columns } from "../../support/seed.js";
import { expectDatabaseError } from "../../support/errors.js";
import { invalid, startSuite, unknownId } from "../../support/suite.js";

const { service, seed, snapshot } = await startSuite();

const PAST = "2001-01-01T00:00:00.000Z";

async function newLease(columns: Columns = {}) {
  const company = await seed.company();
  const id = await seed.lease(company, await seed.environment(company), {
    provider: "ssh",
    metadata: '{"kept": true}',
    acquired_at: PAST,
    last_used_at: PAST,
    created_at: PAST,
    updated_at: PAST,
    ...columns,
  });
  const lease = await service.getLeaseById(id);
  if (!lease) throw new Error("the seeded row is there");
  return lease;
}

describe("releaseLease", () => {
  it("sets the status released and the three times to one moment, and nothing else", async () => {
    const before = await newLease();
    const after = await service.releaseLease(before.id);
    const now = after?.releasedAt;
    expect(now?.getTime()).toBeGreaterThan(before.updatedAt.getTime());
    expect(after).toEqual({
      ...before,
      status: "released",
      releasedAt: now,
      lastUsedAt: now,
      updatedAt: now,
    });
    expect(await service.getLeaseById(before.id)).toEqual(after);
  });

  it.each(["released", "expired", "failed"] as const)(
    "sets the status %s, and releasedAt to now",
    async (status) => {
      const { id } = await newLease();
      expect(await service.releaseLease(id, status)).toMatchObject({ status, releasedAt: expect.any(Date) });
    },
  );

  it("leaves releasedAt null for retained, and touches the other times", async () => {
    const before = await newLease();
    const after = await service.releaseLease(before.id, "retained");
    expect(after).toMatchObject({ status: "retained", releasedAt: null, lastUsedAt: after?.updatedAt });
    expect(after?.updatedAt).not.toEqual(before.updatedAt);
  });

  it("clears releasedAt of a lease that was released before it was retained", async () => {
    const { id } = await newLease({ status: "released", released_at: PAST });
    expect(await service.releaseLease(id, "retained")).toMatchObject({
      status: "retained",
      releasedAt: null,
    });
  });

  it("sets the status active as well, with releasedAt", async () => {
    const { id } = await newLease({ status: "failed" });
    expect(await service.releaseLease(id, invalid("active"))).toMatchObject({
      status: "active",
      releasedAt: expect.any(Date),
    });
  });

  it.each(["active", "released", "expired", "failed", "retained"])(
    "works on a lease that is %s",
    async (status) => {
      const { id } = await newLease({ status, released_at: PAST });
      const after = await service.releaseLease(id, "expired");
      expect(after).toMatchObject({ status: "expired" });
      expect(after?.releasedAt).not.toEqual(new Date(PAST));
    },
  );

  it("takes undefined for the default status", async () => {
    const { id } = await newLease();
    expect(await service.releaseLease(id, undefined, undefined)).toMatchObject({ status: "released" });
  });

  it("rejects a null status as Postgres does, and writes nothing", async () => {
    const { id } = await newLease();
    const before = await snapshot();
    await expectDatabaseError(service.releaseLease(id, invalid(null)), "23502", { column_name: "status" });
    expect(await snapshot()).toEqual(before);
  });

  it("sets the failure reason and the cleanup status when given", async () => {
    const { id } = await newLease();
    const options = { failureReason: "ssh: broken pipe", cleanupStatus: "pending" } as const;
    expect(await service.releaseLease(id, "failed", options)).toMatchObject({ status: "failed", ...options });
  });

  it("sets one of the options and leaves the other", async () => {
    const { id } = await newLease({ failure_reason: "old", cleanup_status: "pending" });
    expect(await service.releaseLease(id, "failed", { failureReason: "new" })).toMatchObject({
      failureReason: "new",
      cleanupStatus: "pending",
    });
    expect(await service.releaseLease(id, "failed", { cleanupStatus: "success" })).toMatchObject({
      failureReason: "new",
      cleanupStatus: "success",
    });
  });

  it.each([undefined, null, {}, { failureReason: undefined, cleanupStatus: undefined }, { more: 1 }])(
    "leaves the failure reason and the cleanup status for the options %j",
    async (options) => {
      const { id } = await newLease({ failure_reason: "old", cleanup_status: "failed" });
      expect(await service.releaseLease(id, "released", invalid(options))).toMatchObject({
        failureReason: "old",
        cleanupStatus: "failed",
      });
    },
  );

  it("clears the failure reason and the cleanup status with null", async () => {
    const { id } = await newLease({ failure_reason: "old", cleanup_status: "failed" });
    const options = invalid<{ failureReason?: string }>({ failureReason: null, cleanupStatus: null });
    expect(await service.releaseLease(id, "released", options)).toMatchObject({
      failureReason: null,
      cleanupStatus: null,
    });
  });

  it("stores an empty failure reason as it is", async () => {
    const { id } = await newLease({ failure_reason: "old" });
    expect(await service.releaseLease(id, "failed", { failureReason: "" })).toMatchObject({
      failureReason: "",
    });
  });

  it("gives null for an unknown id, and writes nothing", async () => {
    const before = await snapshot();
    expect(await service.releaseLease(unknownId())).toBeNull();
    expect(await service.releaseLease(unknownId(), "failed", { failureReason: "x" })).toBeNull();
    expect(await service.releaseLease(unknownId(), invalid(null))).toBeNull();
    expect(await snapshot()).toEqual(before);
  });

  it("releases no other lease of the same run", async () => {
    const company = await seed.company();
    const environment = await seed.environment(company);
    const run = await seed.run(company);
    const first = await seed.lease(company, environment, { heartbeat_run_id: run });
    const second = await seed.lease(company, environment, { heartbeat_run_id: run });
    await service.releaseLease(first);
    expect(await service.getLeaseById(second)).toMatchObject({ status: "active", releasedAt: null });
  });
});
