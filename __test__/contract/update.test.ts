import { describe, expect, it } from "vitest";

import { expectDatabaseError } from "../support/errors.js";
import type { UpdatePatch } from "../support/provider.js";
import { invalid, startSuite, unknownId } from "../support/suite.js";

const { service, seed, snapshot } = await startSuite();

const PAST = "2001-01-01T00:00:00.000Z";

async function newEnvironment() {
  const company = await seed.company();
  const id = await seed.environment(company, {
    name: "before",
    description: "before",
    driver: "ssh",
    status: "active",
    config: '{"before": true}',
    metadata: '{"before": true}',
    created_at: PAST,
    updated_at: PAST,
  });
  const row = await service.getById(id);
  if (!row) throw new Error("the seeded row is there");
  return row;
}

describe("update", () => {
  const changes: [keyof UpdatePatch, UpdatePatch][] = [
    ["name", { name: "after" }],
    ["description", { description: "after" }],
    ["driver", { driver: "sandbox" }],
    ["status", { status: "archived" }],
    ["config", { config: { after: [1, { deep: null }] } }],
    ["metadata", { metadata: { after: true } }],
  ];

  it.each(changes)("sets %s alone, and the time of the update", async (_, patch) => {
    const before = await newEnvironment();
    const after = await service.update(before.id, patch);
    expect(after).toEqual({ ...before, ...patch, updatedAt: expect.any(Date) });
    expect(after?.updatedAt.getTime()).toBeGreaterThan(before.updatedAt.getTime());
    expect(await service.getById(before.id)).toEqual(after);
  });

  it("sets all of them at once", async () => {
    const before = await newEnvironment();
    const patch = Object.assign({}, ...changes.map(([, change]) => change)) as UpdatePatch;
    expect(await service.update(before.id, patch)).toEqual({
      ...before,
      ...patch,
      updatedAt: expect.any(Date),
    });
  });

  it.each([
    ["an empty patch", {}],
    [
      "a patch of undefined values",
      {
        name: undefined,
        description: undefined,
        driver: undefined,
        status: undefined,
        config: undefined,
        metadata: undefined,
      },
    ],
    [
      "a patch of keys it does not know",
      { id: unknownId(), companyId: unknownId(), createdAt: new Date(0), more: 1 },
    ],
  ])("sets nothing but the time of the update for %s", async (_, patch) => {
    const before = await newEnvironment();
    const after = await service.update(before.id, invalid(patch));
    expect(after).toEqual({ ...before, updatedAt: expect.any(Date) });
    expect(after?.updatedAt).not.toEqual(before.updatedAt);
  });

  it("clears description and metadata with null", async () => {
    const before = await newEnvironment();
    expect(await service.update(before.id, { description: null })).toMatchObject({
      description: null,
      metadata: before.metadata,
    });
    expect(await service.update(before.id, { metadata: null })).toMatchObject({
      description: null,
      metadata: null,
    });
  });

  it("stores empty text as it is", async () => {
    const before = await newEnvironment();
    expect(await service.update(before.id, { name: "", description: "" })).toMatchObject({
      name: "",
      description: "",
    });
  });

  it.each(["name", "driver", "status", "config"])(
    "rejects a null %s as Postgres does, and writes nothing",
    async (key) => {
      const { id } = await newEnvironment();
      const before = await snapshot();
      await expectDatabaseError(service.update(id, invalid({ description: "x", [key]: null })), "23502", {
        column_name: key,
        table_name: "environments",
      });
      expect(await snapshot()).toEqual(before);
    },
  );

  it("gives null for an unknown id, whatever the patch", async () => {
    const before = await snapshot();
    expect(await service.update(unknownId(), { name: "x" })).toBeNull();
    expect(await service.update(unknownId(), {})).toBeNull();
    expect(await service.update(unknownId(), invalid({ name: null, config: null }))).toBeNull();
    expect(await snapshot()).toEqual(before);
  });

  it("changes no other row", async () => {
    const target = await newEnvironment();
    const other = await newEnvironment();
    await service.update(target.id, { name: "after" });
    expect(await service.getById(other.id)).toEqual(other);
  });

  it("rejects to make a second local environment", async () => {
    const target = await newEnvironment();
    await service.ensureLocalEnvironment(target.companyId);
    const before = await snapshot();
    await expectDatabaseError(service.update(target.id, { driver: "local", name: "x" }), "23505", {
      constraint_name: "environments_company_driver_idx",
    });
    expect(await snapshot()).toEqual(before);
  });

  it("reads inherited keys of the patch", async () => {
    const { id } = await newEnvironment();
    const patch = Object.create({ name: "inherited" }) as UpdatePatch;
    expect(await service.update(id, patch)).toMatchObject({ name: "inherited" });
  });
});
