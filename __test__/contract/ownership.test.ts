import { describe, expect, it } from "vitest";

import type { CreateInput, UpdatePatch } from "../support/provider.js";
import { startSuite } from "../support/suite.js";

const { service, seed } = await startSuite();

async function rows() {
  const company = await seed.company();
  const json = '{"deep": {"list": [1]}}';
  const environment = await seed.environment(company, { config: json, metadata: json });
  const lease = await seed.lease(company, environment, { metadata: json, expires_at: "2030-01-01" });
  return { company, environment, lease };
}

/** Every object that can be reached from the value. */
function reachable(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value === "object" && value !== null && !found.has(value)) {
    found.add(value);
    for (const member of Object.values(value)) reachable(member, found);
  }
  return found;
}

describe("a result belongs to its caller alone", () => {
  it.each([
    ["getById", ({ environment }: Awaited<ReturnType<typeof rows>>) => service.getById(environment)],
    ["getLeaseById", ({ lease }: Awaited<ReturnType<typeof rows>>) => service.getLeaseById(lease)],
    ["list", ({ company }: Awaited<ReturnType<typeof rows>>) => service.list(company)],
    ["listLeases", ({ environment }: Awaited<ReturnType<typeof rows>>) => service.listLeases(environment)],
    [
      "ensureLocalEnvironment",
      ({ company }: Awaited<ReturnType<typeof rows>>) => service.ensureLocalEnvironment(company),
    ],
  ])("%s: callers at the same moment share no object", async (_, call) => {
    const target = await rows();
    const results = await Promise.all([call(target), call(target), call(target)]);
    const seen = new Set<object>();
    for (const result of results) {
      for (const object of reachable(result)) {
        expect(seen.has(object)).toBe(false);
        seen.add(object);
      }
      expect(result).toEqual(results[0]);
    }
  });

  it("what a caller does to it, no later caller sees", async () => {
    const { environment } = await rows();
    const first = await service.getById(environment);
    const untouched = structuredClone(first);
    if (!first) throw new Error("the seeded row is there");
    first.name = "mine";
    first.config["deep"] = "mine";
    first.createdAt.setTime(0);
    (first as unknown as Record<string, unknown>)["more"] = 1;
    expect(await service.getById(environment)).toEqual(untouched);
  });

  it("an empty config is a new object each time", async () => {
    const company = await seed.company();
    const [a, b] = [
      await seed.environment(company, { config: "[]" }),
      await seed.environment(company, { config: "{}" }),
    ];
    const results = await Promise.all([
      service.getById(a),
      service.getById(a),
      service.getById(b),
      service.getById(b),
    ]);
    expect(new Set(results.map((row) => row?.config)).size).toBe(4);
  });

  it("an empty list is a new array each time", async () => {
    const { lease } = await rows();
    const [first, second] = await Promise.all([service.listLeases(lease), service.listLeases(lease)]);
    expect(first).not.toBe(second);
  });

  it("a stored object is not the object that was given", async () => {
    const config = { deep: { list: [1] } };
    const result = await service.create(await seed.company(), { name: "n", driver: "ssh", config });
    expect(result.config).toEqual(config);
    expect(result.config).not.toBe(config);
    expect(result.config["deep"]).not.toBe(config.deep);
  });
});

describe("the arguments are read during the call: what is done to them afterwards changes nothing", () => {
  it("create", async () => {
    const input: CreateInput = {
      name: "before",
      driver: "ssh",
      config: { list: ["before"] },
      metadata: { a: "before" },
    };
    const pending = service.create(await seed.company(), input);
    input.name = "after";
    input.driver = "plugin";
    (input.config?.["list"] as string[]).push("after");
    input.metadata = null;
    expect(await pending).toMatchObject({
      name: "before",
      driver: "ssh",
      config: { list: ["before"] },
      metadata: { a: "before" },
    });
  });

  it("update", async () => {
    const { environment } = await rows();
    const patch: UpdatePatch = { name: "before", config: { a: "before" } };
    const pending = service.update(environment, patch);
    patch.name = "after";
    patch.description = "after";
    Object.assign(patch.config ?? {}, { a: "after" });
    expect(await pending).toMatchObject({ name: "before", description: null, config: { a: "before" } });
  });

  it("acquireLease", async () => {
    const { company: companyId, environment: environmentId } = await rows();
    const expiresAt = new Date("2027-01-01T00:00:00Z");
    const input = { companyId, environmentId, provider: "before", expiresAt, metadata: { a: "before" } };
    const pending = service.acquireLease(input);
    input.provider = "after";
    input.metadata.a = "after";
    expiresAt.setTime(0);
    expect(await pending).toMatchObject({
      provider: "before",
      expiresAt: new Date("2027-01-01T00:00:00Z"),
      metadata: { a: "before" },
    });
  });

  it("releaseLease", async () => {
    const { lease } = await rows();
    const options: { failureReason: string; cleanupStatus?: "failed" } = { failureReason: "before" };
    const pending = service.releaseLease(lease, "failed", options);
    options.failureReason = "after";
    options.cleanupStatus = "failed";
    expect(await pending).toMatchObject({ failureReason: "before", cleanupStatus: null });
  });

  it("updateLeaseMetadata", async () => {
    const { lease } = await rows();
    const metadata = { a: { b: "before" } };
    const pending = service.updateLeaseMetadata(lease, metadata);
    metadata.a.b = "after";
    expect(await pending).toMatchObject({ metadata: { a: { b: "before" } } });
  });

  it("list and listLeases", async () => {
    const { company, environment } = await rows();
    const filters = { status: "active" };
    const lists = [service.list(company, filters), service.listLeases(environment, filters)];
    filters.status = "archived";
    for (const list of lists) expect(await list).toHaveLength(1);
  });

  it("and they are left as they were", async () => {
    const companyId = await seed.company();
    const input = Object.freeze({
      name: "n",
      driver: "ssh",
      config: Object.freeze({ a: Object.freeze([1]) }),
    } as const);
    const { id } = await service.create(companyId, input as unknown as CreateInput);
    await service.update(id, Object.freeze({ name: "m" }));
    const lease = await service.acquireLease(Object.freeze({ companyId, environmentId: id }));
    await service.releaseLease(lease.id, "failed", Object.freeze({ failureReason: "x" }));
    expect(input).toEqual({ name: "n", driver: "ssh", config: { a: [1] } });
  });
});
