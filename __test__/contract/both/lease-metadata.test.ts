import { describe, expect, it } from "vitest";

import { invalid, startSuite, unknownId } from "../../support/suite.js";

const { service, seed, snapshot } = await startSuite();

const PAST = "2001-01-01T00:00:00.000Z";

async function newLease() {
  const company = await seed.company();
  const id = await seed.lease(company, await seed.environment(company), {
    metadata: '{"old": 1, "kept": false}',
    last_used_at: PAST,
    updated_at: PAST,
    expires_at: PAST,
  });
  const lease = await service.getLeaseById(id);
  if (!lease) throw new Error("the seeded row is there");
  return lease;
}

describe("updateLeaseMetadata", () => {
  it("replaces the metadata, touches the two times, and nothing else", async () => {
    const before = await newLease();
    const after = await service.updateLeaseMetadata(before.id, { fresh: { deep: [1] } });
    expect(after).toEqual({
      ...before,
      metadata: { fresh: { deep: [1] } },
      lastUsedAt: expect.any(Date),
      updatedAt: expect.any(Date),
    });
    expect(after?.lastUsedAt).not.toEqual(before.lastUsedAt);
    expect(after?.updatedAt).not.toEqual(before.updatedAt);
    expect(await service.getLeaseById(before.id)).toEqual(after);
  });

  it("clears the metadata with null", async () => {
    const { id } = await newLease();
    expect(await service.updateLeaseMetadata(id, null)).toMatchObject({ metadata: null });
  });

  it("leaves the metadata for undefined, and touches the two times all the same", async () => {
    const before = await newLease();
    const after = await service.updateLeaseMetadata(before.id, invalid(undefined));
    expect(after?.metadata).toEqual(before.metadata);
    expect(after?.lastUsedAt).not.toEqual(before.lastUsedAt);
    expect(after?.updatedAt).not.toEqual(before.updatedAt);
  });

  it("works on a lease that is no longer active, and leaves its status", async () => {
    const { id } = await newLease();
    await service.releaseLease(id, "failed");
    expect(await service.updateLeaseMetadata(id, { a: 1 })).toMatchObject({
      status: "failed",
      metadata: { a: 1 },
    });
  });

  it("gives null for an unknown id, and writes nothing", async () => {
    const before = await snapshot();
    expect(await service.updateLeaseMetadata(unknownId(), { a: 1 })).toBeNull();
    expect(await service.updateLeaseMetadata(unknownId(), null)).toBeNull();
    expect(await snapshot()).toEqual(before);
  });

  it("changes no other lease", async () => {
    const target = await newLease();
    const other = await newLease();
    await service.updateLeaseMetadata(target.id, { a: 1 });
    expect(await service.getLeaseById(other.id)).toEqual(other);
  });
});
