import { describe, expect, it } from "vitest";

import { expectDatabaseError } from "../../support/errors.js";
import type { EnvironmentLease } from "../../support/provider.js";
import { invalid, startSuite, unknownId } from "../../support/suite.js";

const { service, seed } = await startSuite();

const STATUSES = ["active", "released", "expired", "failed", "retained"];

const ids = (leases: EnvironmentLease[]) => leases.map(({ id }) => id);

async function environmentWithEveryStatus() {
  const company = await seed.company();
  const environment = await seed.environment(company);
  const leases = new Map<string, string>();
  for (const status of STATUSES) leases.set(status, await seed.lease(company, environment, { status }));
  return { company, environment, leases };
}

describe("listLeases", () => {
  it("gives an empty array for an environment without leases and for an unknown environment", async () => {
    expect(await service.listLeases(await seed.environment(await seed.company()))).toEqual([]);
    expect(await service.listLeases(unknownId())).toEqual([]);
  });

  it("gives every lease of the environment, whatever its status, and no other environment's", async () => {
    const { company, environment, leases } = await environmentWithEveryStatus();
    await seed.lease(company, await seed.environment(company));
    expect(ids(await service.listLeases(environment)).sort()).toEqual([...leases.values()].sort());
  });

  it("puts the most recently used first, and the most recently created first among equals", async () => {
    const company = await seed.company();
    const environment = await seed.environment(company);
    const add = (last_used_at: string, created_at: string) =>
      seed.lease(company, environment, { last_used_at, created_at });
    const oldest = await add("2026-01-01", "2026-03-01");
    const tiedEarlier = await add("2026-02-01", "2026-01-01");
    const newest = await add("2026-03-01", "2026-01-01");
    const tiedLater = await add("2026-02-01", "2026-01-02");
    expect(ids(await service.listLeases(environment))).toEqual([newest, tiedLater, tiedEarlier, oldest]);
  });

  it.each(STATUSES)("filters by the status %s", async (status) => {
    const { environment, leases } = await environmentWithEveryStatus();
    expect(ids(await service.listLeases(environment, { status }))).toEqual([leases.get(status)]);
  });

  it.each(["", null, undefined, 0, false])("does not filter by the falsy value %j", async (status) => {
    const { environment } = await environmentWithEveryStatus();
    const filters = invalid<{ status?: string }>({ status });
    expect(await service.listLeases(environment, filters)).toHaveLength(STATUSES.length);
  });

  it.each(["gone", "Active", "active ", "\udfff"])(
    "matches nothing for the filter %j, which is outside the set",
    async (status) => {
      const { environment } = await environmentWithEveryStatus();
      expect(await service.listLeases(environment, { status })).toEqual([]);
    },
  );

  it.each([
    ["an array", ["active", "released"]],
    ["an empty array", []],
    ["an object", { status: "active" }],
    ["a number", 5],
    ["a function", () => "active"],
  ])("matches nothing for a filter that is no text: %s", async (_, status) => {
    const { environment } = await environmentWithEveryStatus();
    expect(await service.listLeases(environment, invalid({ status }))).toEqual([]);
    await expectDatabaseError(service.listLeases("nope", invalid({ status })), "22P02");
  });

  it("takes undefined and an empty object for no filter, and ignores filters it does not know", async () => {
    const { environment } = await environmentWithEveryStatus();
    const unknown = invalid<{ status?: string }>({ provider: "x", driver: "ssh" });
    for (const filters of [undefined, {}, unknown]) {
      expect(await service.listLeases(environment, filters)).toHaveLength(STATUSES.length);
    }
  });
});
