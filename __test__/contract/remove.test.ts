import { describe, expect, it } from "vitest";

import { startSuite, unknownId } from "../support/suite.js";

const { service, seed, snapshot } = await startSuite();

describe("remove", () => {
  it("deletes the row and gives it", async () => {
    const id = await seed.environment(await seed.company(), { name: "gone", metadata: '{"a": 1}' });
    const before = await service.getById(id);
    expect(await service.remove(id)).toEqual(before);
    expect(await service.getById(id)).toBeNull();
  });

  it("gives null the second time, and for an unknown id", async () => {
    const id = await seed.environment(await seed.company());
    await service.remove(id);
    expect(await service.remove(id)).toBeNull();
    expect(await service.remove(unknownId())).toBeNull();
  });

  it("takes the environment's leases with it, active or not, and no others", async () => {
    const company = await seed.company();
    const environment = await seed.environment(company);
    const active = await seed.lease(company, environment);
    const released = await seed.lease(company, environment, { status: "released" });
    const other = await seed.lease(company, await seed.environment(company));
    await service.remove(environment);
    expect(await service.getLeaseById(active)).toBeNull();
    expect(await service.getLeaseById(released)).toBeNull();
    expect(await service.getLeaseById(other)).not.toBeNull();
  });

  it("leaves every other environment", async () => {
    const company = await seed.company();
    const kept = await seed.environment(company);
    const before = await snapshot();
    await service.remove(await seed.environment(company));
    expect(await snapshot()).toEqual(before);
    expect(await service.getById(kept)).not.toBeNull();
  });
});
