// Leases on this machine and on SSH hosts, which hold nothing at a provider: ending one only changes its row.

import { setTimeout as pause } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import type { ReapReason } from "./support/library.js";
import { rowLock } from "../addon/support/locked.js";
import { asking } from "./support/leaks.js";
import { ago, idsOf, microseconds, startStand, type Columns, type Place, type Row } from "./support/stand.js";

const stand = await startStand();
const { maintenance, sql } = stand;

const NOTES: [provider: string, columns: Columns][] = [
  ["none", { provider: null }],
  ["local", { provider: "local" }],
  ["ssh", { provider: "ssh", provider_lease_id: "ssh://somebody@host/place" }],
];

const stale = async (place: Place, columns: Columns = {}) =>
  stand.lease(place, { heartbeat_run_id: await stand.finishedRun(place.companyId), ...columns });

const without = (row: Row, ...columns: string[]) =>
  Object.fromEntries(Object.entries(row).filter(([column]) => !columns.includes(column)));

const WRITTEN = ["status", "released_at", "last_used_at", "updated_at", "failure_reason"];

describe.each(NOTES)("provider %s", (_, columns) => {
  const FULL: Columns = {
    ...{ acquired_at: ago("2 days"), last_used_at: ago("1 day"), updated_at: ago("1 day") },
    ...{ metadata: '{"kept": [1, 2.50], "large": 12345678901234567890}', cleanup_status: null },
  };

  it("ends expired, by the clock of the database, and nothing else of it changes", async () => {
    const place = await stand.place();
    const workspace = await stand.workspace(place.companyId);
    const issue_id = await stand.issue(place.companyId);
    const id = await stale(place, { ...FULL, ...columns, issue_id, execution_workspace_id: workspace });
    const before = await stand.row(id);
    const begin = await stand.now();
    const { ended, left, failed } = await maintenance.reap({ companyId: place.companyId });
    const end = await stand.now();
    const after = await stand.row(id);

    expect([left, failed]).toEqual([[], []]);
    expect(after["status"]).toBe("expired");
    const moment = microseconds(after["updated_at"]);
    expect(moment >= begin && moment <= end).toBe(true);
    expect(after["released_at"]).toBe(after["updated_at"]);
    expect(after["last_used_at"]).toBe(after["updated_at"]);
    expect(after["failure_reason"]).toMatch(/^Reaped: \S+ \S+/);
    expect(without(after, ...WRITTEN)).toEqual(without(before, ...WRITTEN));
    expect(ended).toMatchObject([{ reason: "run_finished", lease: { id, status: "expired" } }]);
  });

  it("is returned as it is afterwards", async () => {
    const place = await stand.place();
    const id = await stale(place, { ...FULL, ...columns });
    const { companyId } = place;
    const { ended } = await maintenance.reap({ companyId });
    const { leases } = await maintenance.find({ companyId });
    expect(ended.map(({ lease }) => lease)).toEqual(leases);
    expect(leases.map((lease) => lease.id)).toEqual([id]);
  });

  it("keeps the reason of a failure that it has", async () => {
    const place = await stand.place();
    const id = await stale(place, { ...columns, failure_reason: "the disk was full" });
    await maintenance.reap({ companyId: place.companyId });
    expect(await stand.row(id)).toMatchObject({ status: "expired", failure_reason: "the disk was full" });
  });

  it("never reaches the hook", async () => {
    const place = await stand.place();
    const id = await stale(place, columns);
    const calls: unknown[] = [];
    const release = async (lease: unknown) => void calls.push(lease);
    const { ended } = await maintenance.reap({ companyId: place.companyId, release });
    expect(idsOf(ended)).toEqual([id]);
    expect(calls).toEqual([]);
  });

  it("of reuse_by_environment ends expired as well", async () => {
    const place = await stand.place();
    const id = await stale(place, { ...columns, lease_policy: "reuse_by_environment" });
    await maintenance.reap({ companyId: place.companyId });
    expect(await stand.row(id)).toMatchObject({ status: "expired" });
  });
});

it("each reason has words of its own", async () => {
  const words = new Map<ReapReason, string | null | undefined>();
  const plants: [ReapReason, (place: Place) => Promise<string>][] = [
    ["run_finished", (place) => stale(place)],
    ["expired", (place) => stand.lease(place, { expires_at: ago("1 hour") })],
    ["unowned", (place) => stand.lease(place, { acquired_at: ago("2 days") })],
    ["retained", (place) => stand.lease(place, { status: "retained", last_used_at: ago("2 days") })],
  ];
  for (const [reason, plant] of plants) {
    const place = await stand.place();
    const id = await plant(place);
    const { ended } = await maintenance.reap({ companyId: place.companyId, ...asking(reason) });
    expect(ended).toMatchObject([{ reason, lease: { id, status: "expired" } }]);
    words.set(reason, (await stand.row(id))["failure_reason"]);
  }
  for (const text of words.values()) expect(text).toMatch(/^Reaped: /);
  expect(new Set(words.values()).size).toBe(plants.length);
});

it("two that share a place both end: there is nothing to give back", async () => {
  const place = await stand.place();
  const held = { provider: "ssh", provider_lease_id: "ssh://host/one-place" };
  const live = await stand.run(place.companyId, { status: "running" });
  const used = await stand.lease(place, { ...held, heartbeat_run_id: live });
  const id = await stale(place, held);
  const { ended, left } = await maintenance.reap({ companyId: place.companyId });
  expect([idsOf(ended), left]).toEqual([[id], []]);
  expect(await stand.row(used)).toMatchObject({ status: "active" });
});

describe("where somebody else is at it", () => {
  it("a locked lease is passed over, and the others end at once", async () => {
    const place = await stand.place();
    const [locked, free] = [await stale(place), await stale(place)];
    const { companyId } = place;
    await sql.begin(async (other) => {
      await other.unsafe(rowLock("environment_leases", locked));
      const { ended, left } = await maintenance.reap({ companyId });
      expect(idsOf(ended)).toEqual([free]);
      // It was found, and somebody else deals with it.
      expect(left.filter(({ why }) => why !== "claimed")).toEqual([]);
    });
    expect(await stand.row(locked)).toMatchObject({ status: "active" });
    expect(idsOf((await maintenance.reap({ companyId })).ended)).toEqual([locked]);
  });

  it("a lease whose run comes back to life in the same moment is not ended", async () => {
    const place = await stand.place();
    const run = await stand.finishedRun(place.companyId);
    const id = await stand.lease(place, { heartbeat_run_id: run });
    const { companyId } = place;
    const { reap } = await sql.begin(async (other) => {
      await other`update heartbeat_runs set status = 'running', finished_at = null where id = ${run}`;
      // Whoever waits for the run learns of its life, and whoever passes over it leaves it alone.
      const reap = maintenance.reap({ companyId });
      await pause(200);
      return { reap };
    });
    expect(await reap).toMatchObject({ ended: [], failed: [] });
    expect(await stand.row(id)).toMatchObject({ status: "active", released_at: null });
  });
});

describe("a finish in the future", () => {
  it.each([
    ["that the run says", { finished_at: "ahead" }],
    ["that its last change says", { updated_at: "ahead" }],
  ])("%s: the lease is left, and the clock is why", async (_, when) => {
    const place = await stand.place();
    const at = Object.fromEntries(
      Object.keys(when).map((column) => [column, { expression: "now() + interval '1 hour'" }]),
    );
    const heartbeat_run_id = await stand.run(place.companyId, { status: "succeeded", ...at });
    const id = await stand.lease(place, { heartbeat_run_id });
    const before = await stand.row(id);
    for (const dryRun of [true, false]) {
      const result = await maintenance.reap({ companyId: place.companyId, dryRun });
      expect(result).toMatchObject({
        ended: [],
        failed: [],
        left: [{ lease: { id, status: "active" }, reason: "run_finished", why: "clock" }],
        more: false,
      });
    }
    expect(await stand.row(id)).toEqual(before);
  });

  it("of a lease that has also expired does not keep it", async () => {
    const place = await stand.place();
    const finished_at = { expression: "now() + interval '1 hour'" };
    const heartbeat_run_id = await stand.run(place.companyId, { status: "succeeded", finished_at });
    const id = await stand.lease(place, { heartbeat_run_id, expires_at: ago("1 hour") });
    const reasons = ["run_finished", "expired"] as const;
    const { ended } = await maintenance.reap({ companyId: place.companyId, reasons });
    expect(idsOf(ended)).toEqual([id]);
  });
});
