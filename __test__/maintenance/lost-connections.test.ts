// Connections that break while leases are reaped.

import { setTimeout as pause } from "node:timers/promises";

import { beforeEach, expect, it } from "vitest";

import { startProxy } from "../addon/support/proxy.js";
import { leaseMaintenance } from "./support/library.js";
import { ago, idsOf, inTurn, startStand, type Place } from "./support/stand.js";

const stand = await startStand();
const { sql, url } = stand;

await sql.unsafe(`
  create table seen (lease_id uuid, was text, became text);
  create function see() returns trigger language plpgsql as $$
  begin
    insert into seen values (new.id, old.status, new.status);
    return null;
  end $$;
  create trigger see after update on environment_leases for each row execute function see()`);
beforeEach(() => sql.unsafe("truncate seen"));

const terminate = (applicationName: string) => sql`
  select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and application_name = ${applicationName}`;

async function plant(place: Place, count: number, isHeld: (n: number) => boolean) {
  const heartbeat_run_id = await stand.finishedRun(place.companyId);
  return inTurn(count, (n) =>
    stand.lease(place, {
      heartbeat_run_id,
      ...(isHeld(n) && { provider: "daytona", provider_lease_id: `${place.companyId} ${n}` }),
    }),
  );
}

it("in a hook: the lease ends all the same", async () => {
  const place = await stand.place({ driver: "plugin" });
  const [id] = await plant(place, 1, () => true);
  const own = stand.open({ applicationName: "cut in a hook" });
  let calls = 0;
  const release = async () => {
    calls += 1;
    await terminate("cut in a hook");
  };
  const { ended, failed } = await own.reap({ companyId: place.companyId, release });
  expect(failed).toEqual([]);
  expect(idsOf(ended)).toEqual([id]);
  expect(calls).toBe(1);
  expect(await stand.row(String(id))).toMatchObject({ status: "expired", cleanup_status: "success" });
});

it("again and again: each lease ends once, and nothing is lost", { timeout: 60_000 }, async () => {
  const place = await stand.place({ driver: "plugin" });
  const ids = await plant(place, 120, (n) => n % 2 === 0);
  const { companyId } = place;
  const name = "cut again and again";
  const own = stand.open({ applicationName: name, maxConnections: 3 });
  const hooked: string[] = [];
  const told = new Map<string, number>();
  let cuts = 0;
  const cut = async () => {
    cuts += (await terminate(name)).length;
  };
  const release = async ({ id }: { id: string }) => {
    hooked.push(id);
    if (hooked.length % 7 === 0) await cut();
  };
  const open = () => stand.rows(`company_id = '${companyId}' and status = 'active'`);
  for (let round = 0; (await open()).length > 0; round++) {
    expect(round, "rounds, and leases are still active").toBeLessThan(300);
    const call = own.reap({ companyId, release, limit: 15, concurrency: 5 });
    const cutting = pause(10 + (cuts % 5) * 10).then(cut);
    const result = await call.catch(() => null);
    await cutting;
    for (const { lease } of result?.ended ?? []) told.set(lease.id, (told.get(lease.id) ?? 0) + 1);
    // A claim whose maker never learned of it has to age first.
    await sql`update environment_leases set updated_at = now() - interval '11 minutes'
      where company_id = ${companyId} and cleanup_status = 'pending'`;
  }

  expect(cuts).toBeGreaterThan(10);
  const rows = await stand.rows(`company_id = '${companyId}'`);
  expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(["expired"]));
  for (const row of rows) expect(row["cleanup_status"]).toBe(row["provider"] === null ? null : "success");
  const ends = await sql<{ id: string }[]>`
    select lease_id as id from seen where was = 'active' and became = 'expired'`;
  expect(ends.map(({ id }) => id).sort()).toEqual(ids.sort());
  // None is told to have ended twice, and none has ended without its hook.
  for (const [id, times] of told) expect(times, id).toBe(1);
  const held = rows.filter(({ provider }) => provider !== null).map(({ id }) => String(id));
  expect(held.filter((id) => !hooked.includes(id))).toEqual([]);
});

it("behind a write whose answer is lost: the outcome is true, or said to be unknown", async () => {
  const proxy = await startProxy(url);
  const place = await stand.place({ driver: "plugin" });
  const ids = await plant(place, 4, () => false);
  const { companyId } = place;
  const own = leaseMaintenance(proxy.url, { connectTimeout: 2_000 });
  try {
    await own.find({ companyId });
    const plan = proxy.plan(/update environment_leases/, "cut after");
    const first = await own.reap({ companyId }).catch((error: Error & { code?: string }) => error);
    expect(plan.met).toBe(1);
    const rows = await stand.rows(`company_id = '${companyId}'`);
    expect(rows.map(({ status }) => status)).toEqual(["expired", "expired", "expired", "expired"]);
    if (first instanceof Error) expect(first.code).toBe("OUTCOME_UNKNOWN");
    else expect([...idsOf(first.ended), ...idsOf(first.failed)].sort()).toEqual(ids.sort());
    expect(await own.reap({ companyId })).toMatchObject({ ended: [], left: [], failed: [], more: false });
  } finally {
    await own.close();
    await proxy.close();
  }
});

it("before a write: it is made, or nothing is", async () => {
  const proxy = await startProxy(url);
  const place = await stand.place();
  const ids = await plant(place, 3, () => false);
  const { companyId } = place;
  const own = leaseMaintenance(proxy.url, { connectTimeout: 2_000 });
  try {
    await own.find({ companyId });
    const plan = proxy.plan(/update environment_leases/, "cut before");
    const first = await own.reap({ companyId }).catch(() => null);
    expect(plan.met).toBe(1);
    const second = await own.reap({ companyId });
    const ended = [...idsOf(first?.ended ?? []), ...idsOf(second.ended)].sort();
    expect(ended).toEqual(ids.sort());
  } finally {
    await own.close();
    await proxy.close();
  }
});

it("behind the end of a claim: the lease has ended, and its hook was called once", async () => {
  const proxy = await startProxy(url);
  const place = await stand.place({ driver: "plugin" });
  const [id] = await plant(place, 1, () => true);
  const { companyId } = place;
  const own = leaseMaintenance(proxy.url, { connectTimeout: 2_000 });
  let calls = 0;
  let plan = { met: 0 };
  try {
    const release = async () => {
      calls += 1;
      plan = proxy.plan(/update environment_leases/, "cut after");
    };
    const { ended, failed } = await own.reap({ companyId, release });
    expect(plan.met).toBe(1);
    expect(idsOf([...ended, ...failed])).toEqual([id]);
    expect(await stand.row(String(id))).toMatchObject({ status: "expired", cleanup_status: "success" });
    await stand.update("environment_leases", String(id), { updated_at: ago("11 minutes") });
    await own.reap({ companyId, release, reasons: ["run_finished", "cleanup_failed"] });
    expect(calls).toBe(1);
  } finally {
    await own.close();
    await proxy.close();
  }
});
