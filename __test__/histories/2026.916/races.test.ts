// Races in 2026.916: several services with connections of their own write the same rows at once.

import { createRequire } from "node:module";

import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { afterAll, expect, it } from "vitest";

import { openDatabase } from "../../support/database.js";
import type * as entry from "../../../2026.916.js";

const { environmentService } = createRequire(import.meta.url)("../../../2026.916.js") as typeof entry;

const database = await openDatabase();
const { seed, sql } = database;
const clients = [1, 2, 3].map(() => postgres(database.url, { max: 4 }));
const services = clients.map((client) => environmentService(drizzle(client)));
afterAll(async () => {
  await Promise.all(services.map((service) => service.close()));
  await Promise.all(clients.map((client) => client.end()));
  await database.close();
});

const companyId = await seed.company();
const TIMEOUT = { timeout: 60_000 };

type Service = (typeof services)[number];

/** Does something with each service so many times, all at once, and gives what came of it. */
const race = <T>(times: number, work: (service: Service, n: number) => Promise<T>) =>
  Promise.allSettled(
    Array.from({ length: times }, (_, n) =>
      services.map((service, m) => work(service, n * services.length + m)),
    ).flat(),
  );

const values = <T>(outcomes: PromiseSettledResult<T>[]) =>
  outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
const reasons = (outcomes: PromiseSettledResult<unknown>[]) =>
  outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));

it("an environment is removed, or it has a lease that forbids it: never both", TIMEOUT, async () => {
  let [removals, refusals] = [0, 0];
  for (let round = 0; round < 60; round++) {
    const environmentId = await seed.environment(companyId, { driver: "sandbox" });
    const ends = { companyId, environmentId, failureReason: "f" };
    const outcomes = await race(3, async (service, n) => {
      if (n % 3 === 0) return { removed: (await service.removeIfDeletable(environmentId)) !== null };
      if (n % 3 === 1) return { lease: await service.insertPendingCleanupLease(ends) };
      const input = { companyId, environmentId, leasePolicy: "reuse_by_environment" } as const;
      return { lease: await service.acquireLease(input) };
    });
    // An acquisition after the removal finds no environment.
    expect(reasons(outcomes).filter(({ code }) => code !== "23503")).toEqual([]);
    const seen: { removed?: boolean; lease?: entry.EnvironmentLease }[] = values(outcomes);
    const removed = seen.filter((one) => one.removed).length;
    const leases = seen.flatMap(({ lease }) => (lease ? [lease] : []));
    expect(removed).toBeLessThan(2);
    for (const lease of leases) expect(lease.environmentId).toBe(removed === 1 ? null : environmentId);
    removals += removed;
    refusals += 1 - removed;
  }
  // Otherwise nothing would have been raced.
  expect(Math.min(removals, refusals)).toBeGreaterThan(0);
});

it("a sandbox is handed to one run of those that want it", TIMEOUT, async () => {
  const environmentId = await seed.environment(companyId, { driver: "sandbox" });
  const executionWorkspaceId = await seed.workspace(companyId);
  const input = { companyId, environmentId, executionWorkspaceId, providerLeaseId: "box" };
  let old = await seed.lease(companyId, environmentId, {
    execution_workspace_id: executionWorkspaceId,
    provider_lease_id: "box",
    lease_policy: "reuse_by_environment",
    status: "released",
  });
  for (let round = 0; round < 30; round++) {
    const outcomes = await race(4, (service) =>
      service.acquireLease({ ...input, leasePolicy: "reuse_by_environment", replacesReusableLeaseId: old }),
    );
    const [winner, ...others] = values(outcomes);
    expect(others).toEqual([]);
    expect(new Set(reasons(outcomes).map(({ status }) => status))).toEqual(new Set([409]));
    old = String(winner?.id);
    await services[round % 3]?.releaseLease(old);
  }
  const leases = await services[0]?.listLeases(environmentId);
  expect(leases?.filter(({ status }) => status !== "expired")).toHaveLength(1);
});

it("a name belongs to one environment, whoever wants it", TIMEOUT, async () => {
  const outcomes = await race(40, async (service, n) => {
    const name = `raced ${n % 7}`;
    if (n % 3 > 0) return service.create({ name, driver: "ssh", config: { n } });
    const { id } = await service.create({ name: `other ${n}`, driver: "ssh" });
    return service.update(id, { name });
  });
  expect(new Set(reasons(outcomes).map(({ status }) => status))).toEqual(new Set([409]));
  expect(values(outcomes)).toHaveLength(7);
  const [row] = await sql.unsafe("select count(*)::int as raced from environments where name like 'raced %'");
  expect(row).toEqual({ raced: 7 });
});

it("reconciliations and updates leave one managed environment, and nobody in error", TIMEOUT, async () => {
  const outcomes = await race(12, (service, n): Promise<unknown> => {
    const wanted = {
      name: "Managed",
      provider: "p",
      config: { version: n % 4 },
      platformFullyManaged: n % 2 === 0,
    };
    if (n % 4 < 2) return service.ensureManagedSandboxEnvironment(wanted);
    if (n % 4 === 2) return service.archiveManagedSandboxEnvironment({ provider: "p" });
    return service.findManagedSandboxEnvironment(undefined, { includeArchived: true }).then((row) => {
      const patch = n % 8 === 3 ? { status: "active" as const } : { metadata: { ...row?.metadata, by: n } };
      return row && service.update(row.id, patch);
    });
  });
  expect(reasons(outcomes)).toEqual([]);
  const [row] = await sql.unsafe(
    "select count(*)::int as managed from environments where driver = 'sandbox' and metadata -> 'managedByPaperclip' = 'true'",
  );
  expect(row).toEqual({ managed: 1 });
  const last = { name: "Managed", provider: "p", config: { version: 9 }, platformFullyManaged: true };
  await services[0]?.update(String((await services[0]?.list({ driver: "sandbox" }))?.[0]?.id), {
    status: "active",
  });
  await services[1]?.ensureManagedSandboxEnvironment(last);
  const again = await services[2]?.ensureManagedSandboxEnvironment(last);
  expect(["unchanged", "skipped"]).toContain(again?.action);
});

it("the server met no deadlock", async () => {
  const [row] = await sql.unsafe(
    "select deadlocks::text as deadlocks from pg_stat_database where datname = current_database()",
  );
  expect(row).toEqual({ deadlocks: "0" });
});
