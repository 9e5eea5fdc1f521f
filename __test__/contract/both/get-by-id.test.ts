import { describe, expect, it } from "vitest";

import { isByCompany } from "../../support/generation.js";
import { startSuite, unknownId } from "../../support/suite.js";

const { service, seed } = await startSuite();

describe("getById", () => {
  it("gives the environment", async () => {
    const company = await seed.company();
    const id = await seed.environment(company, { name: "Build host", driver: "ssh" });
    expect(await service.getById(id)).toMatchObject({
      id,
      ...(isByCompany ? { companyId: company } : {}),
      name: "Build host",
      driver: "ssh",
    });
  });

  it("gives null for an unknown id", async () => {
    expect(await service.getById(unknownId())).toBeNull();
  });

  it("does not take a lease's id for an environment's", async () => {
    const company = await seed.company();
    const lease = await seed.lease(company, await seed.environment(company));
    expect(await service.getById(lease)).toBeNull();
  });

  it("gives an archived environment as well", async () => {
    const id = await seed.environment(await seed.company(), { status: "archived" });
    expect(await service.getById(id)).toMatchObject({ id, status: "archived" });
  });
});

describe("getLeaseById", () => {
  it("gives the lease, whatever its state", async () => {
    const company = await seed.company();
    const environment = await seed.environment(company);
    for (const status of ["active", "released", "expired", "failed", "retained"]) {
      const id = await seed.lease(company, environment, { status });
      expect(await service.getLeaseById(id)).toMatchObject({
        id,
        companyId: company,
        environmentId: environment,
        status,
      });
    }
  });

  it("gives null for an unknown id", async () => {
    expect(await service.getLeaseById(unknownId())).toBeNull();
  });

  it("does not take an environment's id for a lease's", async () => {
    const environment = await seed.environment(await seed.company());
    expect(await service.getLeaseById(environment)).toBeNull();
  });
});
