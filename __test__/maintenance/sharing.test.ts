// Maintenance and services share connections if their sources and settings are the same.

import { createRequire } from "node:module";

import { afterEach, describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { connectionsOf } from "../addon/support/connections.js";
import { leaseMaintenance, type LeaseMaintenance } from "./support/library.js";
import { DAY, idsOf, startStand, times, type Place } from "./support/stand.js";

const require = createRequire(import.meta.url);

/** As much of a service as both entries have. */
interface Service {
  acquireLease(input: object): Promise<{ id: string }>;
  getLeaseById(id: string): Promise<{ id: string } | null>;
  stats(): { connections: object };
  close(): Promise<void>;
}
type Factory = (source: unknown, options?: object) => Service;

const ENTRIES = [
  { entry: "2026.427", stand: await startStand("T1"), file: "../../2026.427.js" },
  { entry: "2026.916", stand: await startStand("T4"), file: "../../2026.916.js" },
];

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

let names = 0;

describe.each(ENTRIES)("beside the service of $entry", ({ stand, file }) => {
  const connections = connectionsOf(stand.sql);
  const factory = (require(file) as { environmentService: Factory }).environmentService;

  function both(options: object = {}) {
    const applicationName = `shared ${(names += 1)}`;
    const settings = { applicationName, ...options };
    const service = factory(stand.url, settings);
    const maintenance = leaseMaintenance(stand.url, settings);
    cleanups.push(
      () => service.close(),
      () => maintenance.close(),
    );
    return { applicationName, service, maintenance };
  }

  const useAll = async ({ service, maintenance }: ReturnType<typeof both>, place: Place) => {
    const { companyId } = place;
    await Promise.all(
      times(10, async () => {
        await service.acquireLease(place);
        await maintenance.find({ companyId });
        await maintenance.summarize({ companyId });
        await maintenance.reap({ companyId });
        await maintenance.prune({ companyId, olderThan: 30 * DAY });
      }),
    );
    await maintenance.diagnose();
  };

  it.each([1, 2])("%d connections are all that both have", async (maxConnections) => {
    const pair = both({ maxConnections });
    await useAll(pair, await stand.place());
    expect(await connections.count(pair.applicationName)).toBe(maxConnections);
    expect(pair.maintenance.stats().connections).toEqual(pair.service.stats().connections);
  });

  it("a source of their own has its own", async () => {
    const pair = both({ maxConnections: 1 });
    const other = leaseMaintenance(`${stand.url}?search_path=public`, {
      ...{ maxConnections: 1, applicationName: pair.applicationName },
    });
    cleanups.push(() => other.close());
    await useAll(pair, await stand.place());
    await other.find();
    expect(await connections.count(pair.applicationName)).toBe(2);
  });

  it("close ends the one that is closed, and the other goes on", async () => {
    const { service, maintenance } = both();
    const { id } = await service.acquireLease(await stand.place());
    await maintenance.find();
    await maintenance.close();
    for (const call of calls(maintenance)) {
      expect(await rejection(call())).toMatchObject({ code: "CONNECTION_ENDED" });
    }
    expect(await service.getLeaseById(id)).toMatchObject({ id });
    await service.close();
  });

  it("the service's close leaves maintenance alone", async () => {
    const { applicationName, service, maintenance } = both();
    await maintenance.find();
    await service.close();
    expect((await maintenance.find({ limit: 1 })).leases.length).toBeLessThanOrEqual(1);
    await maintenance.close();
    await connections.gone(applicationName);
  });

  it("close waits for what is under way", async () => {
    const { applicationName, maintenance } = both();
    const place = await stand.place({ driver: "plugin" });
    const id = await stand.lease(place, {
      heartbeat_run_id: await stand.finishedRun(place.companyId),
      ...{ provider: "daytona", provider_lease_id: `closing ${applicationName}` },
    });
    let isReleased = false;
    const reap = maintenance.reap({
      companyId: place.companyId,
      release: async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        isReleased = true;
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await maintenance.close();
    expect(isReleased).toBe(true);
    expect(idsOf((await reap).ended)).toEqual([id]);
    await connections.gone(applicationName);
  });

  it("a lease that the service has acquired is found, and ends once its run is over", async () => {
    const { service, maintenance } = both();
    const place = await stand.place();
    const { companyId } = place;
    const run = await stand.run(companyId);
    const { id } = await service.acquireLease({ ...place, heartbeatRunId: run });
    expect((await maintenance.find({ heartbeatRunId: run })).leases).toEqual([
      await service.getLeaseById(id),
    ]);
    expect((await maintenance.reap({ companyId })).ended).toEqual([]);
    await stand.update("heartbeat_runs", run, {
      ...{ status: "failed", finished_at: { expression: "now() - interval '1 hour'" } },
    });
    const { ended } = await maintenance.reap({ companyId });
    expect(ended[0]?.lease).toEqual(await service.getLeaseById(id));
  });
});

const calls = (maintenance: LeaseMaintenance) => [
  () => maintenance.find(),
  () => maintenance.summarize(),
  () => maintenance.reap(),
  () => maintenance.compareWithProvider({ provider: "p", sandboxes: [] }),
  () => maintenance.prune({ olderThan: 30 * DAY }),
  () => maintenance.diagnose(),
];

const [, { stand }] = ENTRIES as [(typeof ENTRIES)[0], (typeof ENTRIES)[0]];
const { count, gone } = connectionsOf(stand.sql);

it("the factory opens nothing, and neither do stats and close", async () => {
  const maintenance = leaseMaintenance(stand.url, { applicationName: "opens nothing" });
  expect(maintenance.stats()).toMatchObject({
    ...{ connections: { open: 0, opened: 0 }, calls: { underWay: 0, resolved: 0 } },
    reaped: { ended: 0, left: 0, failed: 0 },
  });
  expect(await count("opens nothing")).toBe(0);
  await maintenance.close();
  await maintenance.close();
});

it("nothing runs by itself: without a call nothing is written and nothing is sent", async () => {
  const place = await stand.place();
  const id = await stand.lease(place, { heartbeat_run_id: await stand.finishedRun(place.companyId) });
  const maintenance = leaseMaintenance(stand.url, { applicationName: "by itself" });
  await maintenance.find({ companyId: place.companyId });
  const { batches } = maintenance.stats();
  const before = await stand.row(id);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(maintenance.stats().batches).toEqual(batches);
  expect(await stand.row(id)).toEqual(before);
  await maintenance.close();
});

it("`await using` closes it", async () => {
  {
    await using maintenance = leaseMaintenance(stand.url, { applicationName: "await using" });
    await maintenance.find();
    expect(await count("await using")).toBe(1);
  }
  await gone("await using");
});

it("without a source it is the database of DATABASE_URL", async () => {
  const before = process.env["DATABASE_URL"];
  process.env["DATABASE_URL"] = stand.url;
  try {
    await using maintenance = leaseMaintenance();
    const place = await stand.place();
    const id = await stand.lease(place);
    const { leases } = await maintenance.find({ companyId: place.companyId });
    expect(leases.map((lease) => lease.id)).toEqual([id]);
  } finally {
    if (before === undefined) delete process.env["DATABASE_URL"];
    else process.env["DATABASE_URL"] = before;
  }
});
