import { describe, expect, it } from "vitest";

import { methodNames } from "../support/methods.js";
import type { Environment, EnvironmentLease } from "../support/provider.js";
import { startSuite } from "../support/suite.js";

const { service, seed, sql } = await startSuite();

const ENVIRONMENT_KEYS = [
  "id",
  "companyId",
  "name",
  "description",
  "driver",
  "status",
  "config",
  "metadata",
  "createdAt",
  "updatedAt",
];

const LEASE_KEYS = [
  "id",
  "companyId",
  "environmentId",
  "executionWorkspaceId",
  "issueId",
  "heartbeatRunId",
  "status",
  "leasePolicy",
  "provider",
  "providerLeaseId",
  "acquiredAt",
  "lastUsedAt",
  "expiresAt",
  "releasedAt",
  "failureReason",
  "cleanupStatus",
  "metadata",
  "createdAt",
  "updatedAt",
];

/** A result of each method, with every optional field null and with every optional field set. */
async function environmentResults(): Promise<[string, Environment | null | undefined][]> {
  const company = await seed.company();
  const bare = await service.create(company, { name: "bare", driver: "ssh" });
  const full = await service.create(company, {
    name: "full",
    driver: "ssh",
    description: "d",
    config: { a: 1 },
    metadata: { b: 2 },
  });
  const listed = await service.list(company);
  return [
    ["create, bare", bare],
    ["create, full", full],
    ["list, first", listed[0]],
    ["list, second", listed[1]],
    ["getById, bare", await service.getById(bare.id)],
    ["getById, full", await service.getById(full.id)],
    ["ensureLocalEnvironment, inserted", await service.ensureLocalEnvironment(company)],
    ["ensureLocalEnvironment, found", await service.ensureLocalEnvironment(company)],
    ["update", await service.update(bare.id, { name: "renamed" })],
    ["remove", await service.remove(full.id)],
  ];
}

async function leaseResults(): Promise<[string, EnvironmentLease | null | undefined][]> {
  const companyId = await seed.company();
  const environmentId = await seed.environment(companyId);
  const heartbeatRunId = await seed.run(companyId);
  const bare = await service.acquireLease({ companyId, environmentId });
  const full = await service.acquireLease({
    companyId,
    environmentId,
    heartbeatRunId,
    executionWorkspaceId: await seed.workspace(companyId),
    issueId: await seed.issue(companyId),
    provider: "p",
    providerLeaseId: "l",
    expiresAt: new Date("2030-01-01T00:00:00Z"),
    metadata: { a: 1 },
  });
  const listed = await service.listLeases(environmentId);
  return [
    ["acquireLease, bare", bare],
    ["acquireLease, full", full],
    ["listLeases, first", listed[0]],
    ["listLeases, second", listed[1]],
    ["getLeaseById, bare", await service.getLeaseById(bare.id)],
    ["getLeaseById, full", await service.getLeaseById(full.id)],
    ["updateLeaseMetadata", await service.updateLeaseMetadata(full.id, { c: 3 })],
    ["releaseLeasesForRun", (await service.releaseLeasesForRun(heartbeatRunId))[0]],
    [
      "releaseLease",
      await service.releaseLease(full.id, "failed", { failureReason: "r", cleanupStatus: "failed" }),
    ],
  ];
}

function expectPlainRow(row: object, keys: string[]) {
  expect(Reflect.ownKeys(row)).toEqual(keys);
  expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
  expect(Object.isExtensible(row)).toBe(true);
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(row, key);
    expect(property, key).toMatchObject({ enumerable: true, writable: true, configurable: true });
    expect(property?.value, key).not.toBeUndefined();
  }
}

function expectDate(value: unknown) {
  expect(value).toBeInstanceOf(Date);
  expect(Object.getPrototypeOf(value)).toBe(Date.prototype);
  expect(Reflect.ownKeys(value as Date)).toEqual([]);
}

describe("an environment, from whatever method", async () => {
  const results = await environmentResults();

  it.each(results)("%s: has these keys in this order, own, enumerable, writable, and no other", (_, row) => {
    expectPlainRow(row as object, ENVIRONMENT_KEYS);
  });

  it.each(results)("%s: has Dates of this realm and plain objects", (_, row) => {
    expectDate(row?.createdAt);
    expectDate(row?.updatedAt);
    expect(Object.getPrototypeOf(row?.config)).toBe(Object.prototype);
    if (row?.metadata) expect(Object.getPrototypeOf(row.metadata)).toBe(Object.prototype);
  });

  it.each(results)("%s: says null for what is absent", (_, row) => {
    expect(row?.description === null || typeof row?.description === "string").toBe(true);
    expect(row?.metadata === null || typeof row?.metadata === "object").toBe(true);
  });
});

describe("a lease, from whatever method", async () => {
  const results = await leaseResults();

  it.each(results)("%s: has these keys in this order, own, enumerable, writable, and no other", (_, row) => {
    expectPlainRow(row as object, LEASE_KEYS);
  });

  it.each(results)("%s: has Dates of this realm, or null", (_, row) => {
    for (const date of [row?.acquiredAt, row?.lastUsedAt, row?.createdAt, row?.updatedAt]) expectDate(date);
    for (const date of [row?.expiresAt, row?.releasedAt]) if (date !== null) expectDate(date);
  });
});

describe("the nullable fields", () => {
  it("are null, not undefined, on a lease that has none of them", async () => {
    const companyId = await seed.company();
    const lease = await service.acquireLease({ companyId, environmentId: await seed.environment(companyId) });
    const nullable = {
      executionWorkspaceId: null,
      issueId: null,
      heartbeatRunId: null,
      provider: null,
      providerLeaseId: null,
      expiresAt: null,
      releasedAt: null,
      failureReason: null,
      cleanupStatus: null,
      metadata: null,
    };
    expect(lease).toStrictEqual({ ...lease, ...nullable });
  });

  it("become null when the row that a lease refers to is gone", async () => {
    const company = await seed.company();
    const run = await seed.run(company);
    const lease = await seed.lease(company, await seed.environment(company), { heartbeat_run_id: run });
    await sql.unsafe("delete from heartbeat_runs where id = $1", [run]);
    expect(await service.getLeaseById(lease)).toMatchObject({ heartbeatRunId: null });
  });
});

describe("lists", () => {
  it("are plain arrays with nothing but their elements", async () => {
    const companyId = await seed.company();
    const environmentId = await seed.environment(companyId);
    const heartbeatRunId = await seed.run(companyId);
    await seed.lease(companyId, environmentId, { heartbeat_run_id: heartbeatRunId });
    const lists = [
      await service.list(companyId),
      await service.listLeases(environmentId),
      await service.releaseLeasesForRun(heartbeatRunId),
    ];
    for (const list of lists) {
      expect(Object.getPrototypeOf(list)).toBe(Array.prototype);
      expect(Reflect.ownKeys(list)).toEqual(["0", "length"]);
      expect(Object.isExtensible(list)).toBe(true);
    }
  });
});

describe("the service", () => {
  it("has the twelve methods as own enumerable functions", () => {
    for (const name of methodNames) {
      expect(typeof service[name]).toBe("function");
      expect(Object.keys(service)).toContain(name);
    }
  });
});
