import { describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import type {
  CleanupStatus,
  EnvironmentDriver,
  EnvironmentStatus,
  LeasePolicy,
} from "../support/provider.js";
import { startSuite } from "../support/suite.js";

const { service, seed, sql } = await startSuite();

const DRIVERS: EnvironmentDriver[] = ["local", "ssh", "sandbox", "plugin"];
const STATUSES: EnvironmentStatus[] = ["active", "archived"];
const LEASE_STATUSES = ["active", "released", "expired", "failed", "retained"];
const POLICIES: LeasePolicy[] = [
  "ephemeral",
  "reuse_by_environment",
  "reuse_by_execution_workspace",
  "retain_on_failure",
];
const CLEANUP_STATUSES: CleanupStatus[] = ["pending", "success", "failed"];

async function newLease(columns: Record<string, string> = {}) {
  const company = await seed.company();
  const environment = await seed.environment(company);
  const run = await seed.run(company);
  return {
    company,
    environment,
    run,
    id: await seed.lease(company, environment, { heartbeat_run_id: run, ...columns }),
  };
}

describe("the sets", () => {
  it.each(DRIVERS)("the driver %s is written and read", async (driver) => {
    const { id } = await service.create(await seed.company(), { name: "n", driver });
    expect(await service.getById(id)).toMatchObject({ driver });
    const other = await service.create(await seed.company(), { name: "n", driver: "ssh" });
    expect(await service.update(other.id, { driver })).toMatchObject({ driver });
  });

  it.each(STATUSES)("the environment status %s is written and read", async (status) => {
    const { id } = await service.create(await seed.company(), { name: "n", driver: "ssh", status });
    expect(await service.getById(id)).toMatchObject({ status });
    const other = await seed.environment(await seed.company());
    expect(await service.update(other, { status })).toMatchObject({ status });
  });

  it.each(LEASE_STATUSES)("the lease status %s is read", async (status) => {
    const { id } = await newLease({ status });
    expect(await service.getLeaseById(id)).toMatchObject({ status });
  });

  it.each(POLICIES)("the lease policy %s is written and read", async (leasePolicy) => {
    const companyId = await seed.company();
    const environmentId = await seed.environment(companyId);
    expect(await service.acquireLease({ companyId, environmentId, leasePolicy })).toMatchObject({
      leasePolicy,
    });
  });

  it.each(CLEANUP_STATUSES)("the cleanup status %s is written and read", async (cleanupStatus) => {
    const { id } = await newLease();
    expect(await service.releaseLease(id, "released", { cleanupStatus })).toMatchObject({ cleanupStatus });
  });
});

const UNKNOWN = [
  "docker",
  "",
  "LOCAL",
  "active ",
  "null",
  "🚀 – 'quoted' \"twice\"",
  "pending_cleanup",
  "line\nbreak",
];

async function expectUnexpected(call: Promise<unknown>, setName: string, value: string) {
  const error = await rejection(call);
  expect(error.message).toBe(`Unexpected ${setName} value: ${value}`);
  expect(error.name).toBe("Error");
  expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
  expect(Object.keys(error)).toEqual([]);
}

describe("a row that holds another value makes the read that meets it reject", () => {
  describe.each([
    ["driver", "environment driver"],
    ["status", "environment status"],
  ])("environments.%s", (column, setName) => {
    it.each(UNKNOWN)("%j: getById, list", async (value) => {
      const company = await seed.company();
      const id = await seed.environment(company, { [column]: value });
      await expectUnexpected(service.getById(id), setName, value);
      await expectUnexpected(service.list(company), setName, value);
    });

    it("update writes what it is told, and rejects", async () => {
      const id = await seed.environment(await seed.company(), { [column]: "docker" });
      await expectUnexpected(service.update(id, { name: "renamed" }), setName, "docker");
      const repair = column === "driver" ? { driver: "ssh" as const } : { status: "active" as const };
      expect(await service.update(id, repair)).toMatchObject({ name: "renamed" });
    });

    it("remove deletes the row, and rejects", async () => {
      const id = await seed.environment(await seed.company(), { [column]: "docker" });
      await expectUnexpected(service.remove(id), setName, "docker");
      expect(await service.getById(id)).toBeNull();
    });

    it("a list whose filter passes the row by does not reject", async () => {
      const company = await seed.company();
      await seed.environment(company, { [column]: "docker" });
      const good = await seed.environment(company);
      expect(await service.list(company, { [column]: column === "driver" ? "ssh" : "active" })).toMatchObject(
        [{ id: good }],
      );
      await expectUnexpected(service.list(company, { [column]: "docker" }), setName, "docker");
    });
  });

  it("ensureLocalEnvironment rejects for an existing row of an unknown status", async () => {
    const company = await seed.company();
    await seed.environment(company, { driver: "local", status: "gone" });
    await expectUnexpected(service.ensureLocalEnvironment(company), "environment status", "gone");
  });

  describe.each([
    ["status", "environment lease status"],
    ["lease_policy", "environment lease policy"],
    ["cleanup_status", "environment lease cleanup status"],
  ])("environment_leases.%s", (column, setName) => {
    it.each(UNKNOWN)("%j: getLeaseById, listLeases", async (value) => {
      const { id, environment } = await newLease({ [column]: value });
      await expectUnexpected(service.getLeaseById(id), setName, value);
      await expectUnexpected(service.listLeases(environment), setName, value);
    });

    it("updateLeaseMetadata writes what it is told, and rejects", async () => {
      const { id } = await newLease({ [column]: "gone" });
      await expectUnexpected(service.updateLeaseMetadata(id, { written: true }), setName, "gone");
      await expectStored(id, "metadata", '{"written": true}');
    });
  });

  describe.each([
    ["lease_policy", "environment lease policy"],
    ["cleanup_status", "environment lease cleanup status"],
  ])("environment_leases.%s", (column, setName) => {
    it("releaseLease releases, and rejects", async () => {
      const { id } = await newLease({ [column]: "gone" });
      await expectUnexpected(service.releaseLease(id, "failed"), setName, "gone");
      await expectStored(id, "status", "failed");
    });

    it("releaseLeasesForRun releases every lease of the run, and rejects", async () => {
      const { id, run, company, environment } = await newLease({ [column]: "gone" });
      const good = await seed.lease(company, environment, { heartbeat_run_id: run });
      await expectUnexpected(service.releaseLeasesForRun(run, "expired"), setName, "gone");
      await expectStored(id, "status", "expired");
      await expectStored(good, "status", "expired");
    });
  });

  it("releaseLease mends an unknown status", async () => {
    const { id } = await newLease({ status: "gone" });
    expect(await service.releaseLease(id)).toMatchObject({ status: "released" });
  });

  it("releaseLeasesForRun passes by a lease of an unknown status: it is not active", async () => {
    const { run } = await newLease({ status: "gone" });
    expect(await service.releaseLeasesForRun(run)).toEqual([]);
  });
});

describe("which of several unknown values is reported", () => {
  it("of an environment, the driver before the status", async () => {
    const id = await seed.environment(await seed.company(), { driver: "d", status: "s" });
    await expectUnexpected(service.getById(id), "environment driver", "d");
  });

  it("of a lease, the status before the policy before the cleanup status", async () => {
    const all = await newLease({ status: "s", lease_policy: "p", cleanup_status: "c" });
    await expectUnexpected(service.getLeaseById(all.id), "environment lease status", "s");
    const two = await newLease({ lease_policy: "p", cleanup_status: "c" });
    await expectUnexpected(service.getLeaseById(two.id), "environment lease policy", "p");
  });

  it("of a list, the first in its order", async () => {
    const company = await seed.company();
    await seed.environment(company, { driver: "older", updated_at: "2026-01-01" });
    await seed.environment(company, { driver: "newer", updated_at: "2026-01-02" });
    await expectUnexpected(service.list(company), "environment driver", "newer");
  });
});

async function expectStored(lease: string, column: string, text: string) {
  const [row] = await sql.unsafe(`select ${column}::text as value from environment_leases where id = $1`, [
    lease,
  ]);
  expect(row).toEqual({ value: text });
}
