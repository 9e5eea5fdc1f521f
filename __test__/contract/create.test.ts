import { describe, expect, it } from "vitest";

import { expectDatabaseError } from "../support/errors.js";
import type { CreateInput } from "../support/provider.js";
import { invalid, startSuite, unknownId } from "../support/suite.js";

const { service, seed, snapshot } = await startSuite();

describe("create", () => {
  it("inserts what it is given", async () => {
    const company = await seed.company();
    const input: CreateInput = {
      name: "Build host",
      description: "In the cellar",
      driver: "ssh",
      status: "archived",
      config: { host: "10.0.0.1", port: 22, strict: true, key: null },
      metadata: { owner: "ops" },
    };
    const environment = await service.create(company, input);
    expect(environment).toEqual({
      id: expect.any(String),
      companyId: company,
      ...input,
      createdAt: expect.any(Date),
      updatedAt: environment.createdAt,
    });
    expect(await service.getById(environment.id)).toEqual(environment);
  });

  it("fills in the defaults for absent fields", async () => {
    const company = await seed.company();
    expect(await service.create(company, { name: "n", driver: "plugin" })).toMatchObject({
      description: null,
      status: "active",
      config: {},
      metadata: null,
    });
  });

  it("takes an undefined field for an absent one", async () => {
    const company = await seed.company();
    const input = invalid<CreateInput>({
      name: "n",
      description: undefined,
      driver: undefined,
      status: undefined,
      config: undefined,
      metadata: undefined,
    });
    expect(await service.create(company, input)).toMatchObject({
      description: null,
      driver: "local",
      status: "active",
      config: {},
      metadata: null,
    });
  });

  it("takes null for the default in description, status, config and metadata", async () => {
    const company = await seed.company();
    const input = invalid<CreateInput>({
      name: "n",
      driver: "ssh",
      description: null,
      status: null,
      config: null,
      metadata: null,
    });
    expect(await service.create(company, input)).toMatchObject({
      description: null,
      status: "active",
      config: {},
      metadata: null,
    });
  });

  it("makes a local environment when no driver is given", async () => {
    expect(await service.create(await seed.company(), { name: "n" })).toMatchObject({ driver: "local" });
  });

  it.each([
    ["a null name", { name: null, driver: "ssh" }, "name"],
    ["no name", { driver: "ssh" }, "name"],
    ["an undefined name", { name: undefined, driver: "ssh" }, "name"],
    ["a null driver", { name: "n", driver: null }, "driver"],
    ["an empty input", {}, "name"],
  ])("rejects %s as Postgres does, and writes nothing", async (_, input, column_name) => {
    const company = await seed.company();
    const before = await snapshot();
    await expectDatabaseError(service.create(company, invalid(input)), "23502", {
      column_name,
      table_name: "environments",
      schema_name: "public",
      message: `null value in column "${column_name}" of relation "environments" violates not-null constraint`,
      detail: expect.stringMatching(/^Failing row contains \(/),
    });
    expect(await snapshot()).toEqual(before);
  });

  it("rejects a null company as Postgres does", async () => {
    const before = await snapshot();
    await expectDatabaseError(service.create(invalid(null), { name: "n", driver: "ssh" }), "23502", {
      column_name: "company_id",
    });
    await expectDatabaseError(service.ensureLocalEnvironment(invalid(null)), "23502", {
      column_name: "company_id",
    });
    expect(await snapshot()).toEqual(before);
  });

  it("rejects a company that does not exist", async () => {
    const company = unknownId();
    await expectDatabaseError(service.create(company, { name: "n", driver: "ssh" }), "23503", {
      constraint_name: "environments_company_id_companies_id_fk",
      detail: `Key (company_id)=(${company}) is not present in table "companies".`,
    });
  });

  it("rejects a second local environment, and leaves the first", async () => {
    const company = await seed.company();
    await service.create(company, { name: "first", driver: "local" });
    const before = await snapshot();
    await expectDatabaseError(service.create(company, { name: "second", driver: "local" }), "23505", {
      message: 'duplicate key value violates unique constraint "environments_company_driver_idx"',
      detail: `Key (company_id, driver)=(${company}, local) already exists.`,
      constraint_name: "environments_company_driver_idx",
    });
    expect(await snapshot()).toEqual(before);
  });

  it("allows any number of others, of the same name too", async () => {
    const company = await seed.company();
    const created = [];
    for (let n = 0; n < 3; n++)
      created.push(await service.create(company, { name: "same", driver: "sandbox" }));
    expect(new Set(created.map(({ id }) => id)).size).toBe(3);
  });

  it("ignores fields it does not know, an id and times among them", async () => {
    const company = await seed.company();
    const id = unknownId();
    const past = new Date(0);
    const input = invalid<CreateInput>({
      name: "n",
      driver: "ssh",
      id,
      companyId: unknownId(),
      createdAt: past,
      updatedAt: past,
      more: 1,
    });
    const environment = await service.create(company, input);
    expect(environment.id).not.toBe(id);
    expect(environment.companyId).toBe(company);
    expect(environment.createdAt).not.toEqual(past);
    expect(environment).not.toHaveProperty("more");
  });

  it("reads inherited fields of the input", async () => {
    class Preset {
      get name() {
        return "from a getter";
      }
      get driver() {
        return "ssh" as const;
      }
    }
    expect(await service.create(await seed.company(), new Preset())).toMatchObject({
      name: "from a getter",
      driver: "ssh",
    });
  });
});
