import { describe, expect, it } from "vitest";

import { expectDatabaseError } from "../support/errors.js";
import { startSuite, unknownId } from "../support/suite.js";

const { service, seed, sql, snapshot } = await startSuite();

describe("ensureLocalEnvironment", () => {
  it("inserts the default local environment", async () => {
    const company = await seed.company();
    const environment = await service.ensureLocalEnvironment(company);
    expect(environment).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      companyId: company,
      name: "Local",
      description: "Default execution environment for Paperclip runs on this machine.",
      driver: "local",
      status: "active",
      config: {},
      metadata: { managedByPaperclip: true, defaultForCompany: true },
      createdAt: expect.any(Date),
      updatedAt: environment.createdAt,
    });
    expect(await service.getById(environment.id)).toEqual(environment);
  });

  it("gives the same row again, and leaves it untouched", async () => {
    const company = await seed.company();
    const first = await service.ensureLocalEnvironment(company);
    const before = await snapshot();
    expect(await service.ensureLocalEnvironment(company)).toEqual(first);
    expect(await snapshot()).toEqual(before);
  });

  it.each(["active", "archived"])("gives an existing %s local environment as it is", async (status) => {
    const company = await seed.company();
    const id = await seed.environment(company, {
      driver: "local",
      status,
      name: "My machine",
      config: '{"a": 1}',
      metadata: null,
      updated_at: "2001-01-01",
    });
    const before = await snapshot();
    expect(await service.ensureLocalEnvironment(company)).toMatchObject({
      id,
      status,
      name: "My machine",
      description: null,
      config: { a: 1 },
      metadata: null,
      updatedAt: new Date("2001-01-01T00:00:00Z"),
    });
    expect(await snapshot()).toEqual(before);
  });

  it("inserts beside environments of other drivers, even one that is called Local", async () => {
    const company = await seed.company();
    const other = await seed.environment(company, { driver: "ssh", name: "Local" });
    const local = await service.ensureLocalEnvironment(company);
    expect(local.id).not.toBe(other);
    expect(local.driver).toBe("local");
  });

  it("keeps a local environment for each company", async () => {
    const first = await service.ensureLocalEnvironment(await seed.company());
    const second = await service.ensureLocalEnvironment(await seed.company());
    expect(second.id).not.toBe(first.id);
    expect(second.companyId).not.toBe(first.companyId);
  });

  it("inserts a new one after the old one was removed", async () => {
    const company = await seed.company();
    const first = await service.ensureLocalEnvironment(company);
    await service.remove(first.id);
    expect((await service.ensureLocalEnvironment(company)).id).not.toBe(first.id);
  });

  it("rejects for a company that does not exist, and writes nothing", async () => {
    const before = await snapshot();
    await expectDatabaseError(service.ensureLocalEnvironment(unknownId()), "23503", {
      constraint_name: "environments_company_id_companies_id_fk",
    });
    expect(await snapshot()).toEqual(before);
  });

  it("stores the metadata as a JSON object", async () => {
    const { id } = await service.ensureLocalEnvironment(await seed.company());
    const [row] = await sql.unsafe("select config::text, metadata::text from environments where id = $1", [
      id,
    ]);
    expect(row).toEqual({
      config: "{}",
      metadata: '{"defaultForCompany": true, "managedByPaperclip": true}',
    });
  });
});
