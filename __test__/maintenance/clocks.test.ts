// All ages and written times are by the database's clock. Node's clock has no influence.

import { afterEach, describe, expect, it, vi } from "vitest";

import { asking, plantAll, REASONS, WAYS_OF_PROVIDERS } from "./support/leaks.js";
import {
  ago,
  ahead,
  DAY,
  HOUR,
  idsOf,
  microseconds,
  MINUTE,
  startStand,
  type Place,
} from "./support/stand.js";

const stand = await startStand();
const { maintenance } = stand;

afterEach(() => {
  vi.useRealTimers();
});

const SKEWS: [name: string, milliseconds: number][] = [
  ["an hour ahead", HOUR],
  ["an hour behind", -HOUR],
  ["ten years ahead", 3650 * DAY],
  ["ten years behind", -3650 * DAY],
];

const shift = (milliseconds: number) =>
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + milliseconds });

describe.each(SKEWS)("with Node's clock %s", (name, skew) => {
  it("reap finds what it finds, and stamps it by the database's clock", async () => {
    const place = await stand.place({ driver: "plugin" });
    const ids = await plantAll(stand, place, WAYS_OF_PROVIDERS, (n) => ({
      ...{ provider: "daytona", provider_lease_id: `${name} ${n}` },
    }));
    const { companyId } = place;
    const release = async () => {};
    shift(skew);
    for (const reason of REASONS) {
      const expected = ids.filter((_, n) => WAYS_OF_PROVIDERS[n]?.by.includes(reason)).sort();
      const { ended } = await maintenance.reap({
        companyId,
        ...asking(reason),
        limit: 1000,
        dryRun: true,
        release,
      });
      expect(idsOf(ended), reason).toEqual(expected);
    }
    const begin = await stand.now();
    const { ended } = await maintenance.reap({ companyId, reasons: ["run_finished"], limit: 1000, release });
    const end = await stand.now();
    expect(ended.length).toBeGreaterThan(5);
    for (const { lease } of ended) {
      const row = await stand.row(lease.id);
      for (const column of ["released_at", "last_used_at", "updated_at"]) {
        const moment = microseconds(row[column]);
        expect(moment >= begin && moment <= end, column).toBe(true);
      }
    }
  });

  it("reap respects a claim for ten minutes", async () => {
    const place = await stand.place({ driver: "plugin" });
    const run = await stand.finishedRun(place.companyId);
    const claimed = (n: number, interval: string) =>
      stand.lease(place, {
        ...{ provider: "daytona", provider_lease_id: `claimed ${name} ${n}`, heartbeat_run_id: run },
        ...{ cleanup_status: "pending", updated_at: ago(interval) },
      });
    const [young, aged] = [await claimed(1, "9 minutes"), await claimed(2, "11 minutes")];
    shift(skew);
    const { ended, left } = await maintenance.reap({ companyId: place.companyId, release: async () => {} });
    expect([idsOf(ended), idsOf(left)]).toEqual([[aged], [young]]);
  });

  it("prune deletes what it deletes", async () => {
    const place = await stand.place();
    const used = (interval: string) => stand.lease(place, { status: "expired", last_used_at: ago(interval) });
    await used("30 days 30 minutes");
    const young = await used("29 days 23 hours 30 minutes");
    shift(skew);
    const what = { companyId: place.companyId, olderThan: 30 * DAY, keepPerEnvironment: 0 };
    expect(await maintenance.prune({ ...what, dryRun: true })).toEqual({ deleted: 1, more: false });
    expect(await maintenance.prune(what)).toEqual({ deleted: 1, more: false });
    expect((await stand.rows(`company_id = '${place.companyId}'`)).map(({ id }) => id)).toEqual([young]);
  });

  it("compareWithProvider takes for young what is", async () => {
    const now = Date.now();
    const sandboxes = [
      { id: `young ${name}`, startedAt: new Date(now - 14 * MINUTE) },
      { id: `old ${name}`, startedAt: new Date(now - 16 * MINUTE) },
    ];
    shift(skew);
    const { young, unknown } = await maintenance.compareWithProvider({ provider: "daytona", sandboxes });
    expect([young, unknown]).toEqual([[sandboxes[0]], [sandboxes[1]]]);
  });

  it("summarize counts as expired what is past its time", async () => {
    const place = await stand.place();
    await stand.lease(place, { expires_at: ago("1 minute") });
    await stand.lease(place, { expires_at: ahead("1 minute") });
    shift(skew);
    expect(await maintenance.summarize({ companyId: place.companyId })).toMatchObject([
      { count: 2, expired: 1 },
    ]);
  });

  it("diagnose finds what it finds, and says that the clocks disagree", async () => {
    const findings = await maintenance.diagnose();
    shift(skew);
    const shifted = await maintenance.diagnose();
    for (const [n, { code, count, severity, examples }] of findings.entries()) {
      if (code === "clock_skew") {
        expect(severity).toBe("ok");
        expect(shifted[n]?.severity).toMatch(/warning|problem/);
      } else if (code !== "connections" && code !== "history") {
        expect(shifted[n], code).toMatchObject({ code, count, severity });
        expect(shifted[n]?.examples.slice().sort(), code).toEqual(examples.slice().sort());
      }
    }
  });
});

describe("rows that are stamped by a clock an hour ahead", () => {
  const finished = (place: Place, finished_at: ReturnType<typeof ago>) =>
    stand.run(place.companyId, { status: "succeeded", finished_at });

  it("a run that finished in the future leaves its lease, and says why", async () => {
    const place = await stand.place();
    const id = await stand.lease(place, { heartbeat_run_id: await finished(place, ahead("1 hour")) });
    const result = await maintenance.reap({ companyId: place.companyId });
    expect(result).toMatchObject({ ended: [], left: [{ lease: { id }, why: "clock" }] });
  });

  it("a lease of one whose run finished long ago ends nevertheless", async () => {
    const place = await stand.place();
    const id = await stand.lease(place, {
      heartbeat_run_id: await finished(place, ago("1 hour")),
      ...{ acquired_at: ahead("1 hour"), last_used_at: ahead("1 hour"), updated_at: ahead("1 hour") },
    });
    expect(idsOf((await maintenance.reap({ companyId: place.companyId })).ended)).toEqual([id]);
    const row = await stand.row(id);
    expect(row["last_used_at"]).toBe(row["released_at"]);
  });

  it("none is unowned before its time, nor expired", async () => {
    const place = await stand.place();
    await stand.lease(place, { acquired_at: ahead("1 hour"), expires_at: ahead("1 hour") });
    const reasons = ["unowned", "expired"] as const;
    expect(await maintenance.reap({ companyId: place.companyId, reasons, olderThan: 0 })).toMatchObject({
      ...{ ended: [], left: [], failed: [] },
    });
  });

  it("by one an hour behind, a run that has just finished seems old: that is what grace is for", async () => {
    const place = await stand.place();
    await stand.lease(place, { heartbeat_run_id: await finished(place, ago("61 minutes")) });
    const { companyId } = place;
    expect((await maintenance.reap({ companyId, grace: 2 * HOUR })).ended).toEqual([]);
    expect((await maintenance.reap({ companyId, grace: HOUR })).ended).toHaveLength(1);
  });
});
