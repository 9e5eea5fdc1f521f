// Leases that hold something at a provider: the row is the only reference to something that costs money.

import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { afterEach, describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { until } from "../addon/support/until.js";
import type { EnvironmentLease, ReapEvent, ReapReason, ReleaseLease } from "./support/library.js";
import { asking } from "./support/leaks.js";
import {
  ago,
  DAY,
  idsOf,
  inTurn,
  microseconds,
  startStand,
  type Columns,
  type Place,
} from "./support/stand.js";

const stand = await startStand();
const { maintenance, sql } = stand;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

let boxes = 0;
/** A thing at a provider that no other lease holds. */
const held = (columns: Columns = {}): Columns => ({
  ...{ provider: "daytona", provider_lease_id: `box ${(boxes += 1)}`, ...columns },
});

/** A lease of a provider whose run is over. */
const stale = async (place: Place, columns: Columns = {}) =>
  stand.lease(place, {
    ...held(),
    heartbeat_run_id: await stand.finishedRun(place.companyId),
    ...columns,
  });

const placeOfPlugin = () => stand.place({ driver: "plugin" });

/** A hook that takes down whom it was called for. */
function hook(answer: ReleaseLease = async () => {}) {
  const calls: EnvironmentLease[] = [];
  const release: ReleaseLease = (lease, options) => {
    calls.push(lease);
    return answer(lease, options);
  };
  return { release, calls, ids: () => calls.map(({ id }) => id).sort() };
}

/** Something that is awaited until it is let go. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

const aged = (id: string, interval: string) =>
  stand.update("environment_leases", id, { updated_at: ago(interval) });

describe("without a hook", () => {
  it("is left, since ending it would lose the only reference", async () => {
    const place = await placeOfPlugin();
    const id = await stale(place);
    const before = await stand.row(id);
    const { companyId } = place;
    for (const dryRun of [true, false]) {
      expect(await maintenance.reap({ companyId, dryRun })).toMatchObject({
        ended: [],
        failed: [],
        left: [{ lease: { id }, reason: "run_finished", why: "provider" }],
        more: false,
      });
    }
    expect(await stand.row(id)).toEqual(before);
  });

  it.each(["expired", "unowned", "cleanup_failed", "retained"] as ReapReason[])(
    "is left for the reason %s, too",
    async (reason) => {
      const place = await placeOfPlugin();
      const id = await stand.lease(place, { ...held(), ...FOUND_BY[reason] });
      const before = await stand.row(id);
      const result = await maintenance.reap({ companyId: place.companyId, ...asking(reason) });
      expect(result).toMatchObject({ ended: [], left: [{ lease: { id }, reason, why: "provider" }] });
      expect(await stand.row(id)).toEqual(before);
    },
  );

  it("left has no more than the limit", async () => {
    const place = await placeOfPlugin();
    for (let n = 0; n < 4; n++) await stale(place);
    const { left, more } = await maintenance.reap({ companyId: place.companyId, limit: 3 });
    expect(left).toHaveLength(3);
    expect(more).toBe(false);
  });
});

const FOUND_BY: Record<string, Columns> = {
  expired: { expires_at: ago("1 hour") },
  unowned: { acquired_at: ago("2 days") },
  cleanup_failed: { status: "released", released_at: ago("2 days"), cleanup_status: "failed" },
  retained: { status: "retained", last_used_at: ago("2 days"), lease_policy: "retain_on_failure" },
};

describe("of a sandbox, without a hook, where the server sweeps", () => {
  const SANDBOXES: [name: string, environment: Columns, columns: Columns][] = [
    ["whose environment is one", { driver: "sandbox" }, {}],
    ["that has outlived its environment", { driver: "ssh" }, { environment_id: null }],
  ];
  it.each(SANDBOXES)("%s is handed to the server", async (_, environment, columns) => {
    const place = await stand.place(environment);
    const id = await stale(place, columns);
    const { companyId } = place;
    const before = await stand.row(id);
    const begin = await stand.now();
    const { ended, left } = await maintenance.reap({ companyId });
    expect(left).toEqual([]);
    expect(ended).toMatchObject([
      { lease: { id, status: "pending_cleanup", cleanupStatus: "failed" }, reason: "run_finished" },
    ]);
    const row = await stand.row(id);
    expect(row).toMatchObject({ status: "pending_cleanup", cleanup_status: "failed" });
    expect(row["provider_lease_id"]).toBe(before["provider_lease_id"]);
    expect(row["metadata"]).toBe(before["metadata"]);
    expect(microseconds(row["updated_at"]) >= begin).toBe(true);
    // It is the server's from now on.
    expect(await maintenance.reap({ companyId })).toMatchObject({ ended: [], left: [] });
  });

  it.each(["expired", "unowned", "cleanup_failed"] as ReapReason[])(
    "is handed over for the reason %s, too",
    async (reason) => {
      const place = await stand.place({ driver: "sandbox" });
      const id = await stand.lease(place, { ...held(), ...FOUND_BY[reason] });
      const { ended } = await maintenance.reap({ companyId: place.companyId, ...asking(reason) });
      expect(ended).toMatchObject([{ lease: { id, status: "pending_cleanup" }, reason }]);
      expect(await stand.row(id)).toMatchObject({ status: "pending_cleanup", cleanup_status: "failed" });
    },
  );

  it("is given back at once if there is a hook", async () => {
    const place = await stand.place({ driver: "sandbox" });
    const id = await stale(place);
    const { release, ids } = hook();
    await maintenance.reap({ companyId: place.companyId, release });
    expect(ids()).toEqual([id]);
    expect(await stand.row(id)).toMatchObject({ status: "expired", cleanup_status: "success" });
  });

  it("keeps the reason of a failure that it has", async () => {
    const place = await stand.place({ driver: "sandbox" });
    const id = await stale(place, { failure_reason: "out of memory" });
    await maintenance.reap({ companyId: place.companyId });
    expect(await stand.row(id)).toMatchObject({ failure_reason: "out of memory" });
  });
});

describe("with a hook", () => {
  it("is claimed, given back and ended", async () => {
    const place = await placeOfPlugin();
    const id = await stale(place, { metadata: '{"region": "eu"}', acquired_at: ago("2 days") });
    const before = await stand.row(id);
    let during: unknown;
    const { release, calls } = hook(async () => void (during = await stand.row(id)));
    const begin = await stand.now();
    const { ended, left, failed } = await maintenance.reap({ companyId: place.companyId, release });

    expect([left, failed]).toEqual([[], []]);
    expect(calls).toMatchObject([
      { id, providerLeaseId: before["provider_lease_id"], metadata: { region: "eu" }, ...place },
    ]);
    expect(during).toMatchObject({ status: "active", cleanup_status: "pending", released_at: null });
    const row = await stand.row(id);
    expect(row).toMatchObject({ status: "expired", cleanup_status: "success" });
    expect(microseconds(row["updated_at"]) >= begin).toBe(true);
    expect(row["released_at"]).toBe(row["updated_at"]);
    expect(row["acquired_at"]).toBe(before["acquired_at"]);
    const { leases } = await maintenance.find({ companyId: place.companyId });
    expect(ended).toEqual([{ lease: leases[0], reason: "run_finished" }]);
  });

  it("the claim is stamped by the clock of the database", async () => {
    const place = await placeOfPlugin();
    const id = await stale(place, { updated_at: ago("2 days") });
    const begin = await stand.now();
    let claimed = 0n;
    const { release } = hook(async () => {
      claimed = microseconds((await stand.row(id))["updated_at"]);
    });
    await maintenance.reap({ companyId: place.companyId, release });
    expect(claimed >= begin && claimed <= (await stand.now())).toBe(true);
  });

  const POLICIES = [
    ["ephemeral", "expired"],
    ["reuse_by_environment", "released"],
    ["reuse_by_execution_workspace", "expired"],
    ["retain_on_failure", "expired"],
  ] as const;
  it.each(POLICIES)("of the policy %s ends %s", async (lease_policy, status) => {
    const place = await placeOfPlugin();
    const id = await stale(place, { lease_policy });
    const { release } = hook();
    const { ended } = await maintenance.reap({ companyId: place.companyId, release });
    expect(ended).toMatchObject([{ lease: { id, status, cleanupStatus: "success" } }]);
    expect(await stand.row(id)).toMatchObject({ status, cleanup_status: "success" });
  });

  it.each(["released", "expired", "failed"])(
    "that is %s, and whose clean-up had failed, keeps its end",
    async (status) => {
      const place = await placeOfPlugin();
      const id = await stand.lease(place, { ...held(), ...FOUND_BY["cleanup_failed"], status });
      const before = await stand.row(id);
      const { release, ids } = hook();
      await maintenance.reap({ companyId: place.companyId, reasons: ["cleanup_failed"], release });
      expect(ids()).toEqual([id]);
      const row = await stand.row(id);
      expect(row).toMatchObject({ cleanup_status: "success", released_at: before["released_at"] });
      expect(["released", "expired", "failed"]).toContain(row["status"]);
    },
  );

  it("that is retained ends", async () => {
    const place = await placeOfPlugin();
    const id = await stand.lease(place, { ...held(), ...FOUND_BY["retained"] });
    const { release, ids } = hook();
    const what = { companyId: place.companyId, reasons: ["retained"], olderThan: DAY } as const;
    await maintenance.reap({ ...what, release });
    expect(ids()).toEqual([id]);
    expect(await stand.row(id)).toMatchObject({ status: "expired", cleanup_status: "success" });
  });

  it("says why, unless it has a reason already", async () => {
    const place = await placeOfPlugin();
    const [silent, told] = [await stale(place), await stale(place, { failure_reason: "out of memory" })];
    await maintenance.reap({ companyId: place.companyId, release: hook().release });
    expect((await stand.row(silent))["failure_reason"]).toMatch(/^Reaped: /);
    expect((await stand.row(told))["failure_reason"]).toBe("out of memory");
  });
});

describe("a hook that rejects", () => {
  it("the lease stays as it is, but for its clean-up, and the error is told", async () => {
    const place = await placeOfPlugin();
    const id = await stale(place);
    const before = await stand.row(id);
    const error = new Error("the provider is down");
    const { release } = hook(() => Promise.reject(error));
    const result = await maintenance.reap({ companyId: place.companyId, release });
    expect(result).toMatchObject({ ended: [], left: [] });
    expect(result.failed).toMatchObject([
      { lease: { id, status: "active", cleanupStatus: "failed" }, reason: "run_finished" },
    ]);
    expect(result.failed[0]?.error).toBe(error);
    const row = await stand.row(id);
    const kept = ["status", "released_at", "last_used_at", "failure_reason", "provider_lease_id"];
    for (const column of kept) expect(row[column], column).toBe(before[column]);
    expect(row["cleanup_status"]).toBe("failed");
  });

  it("is tried again by the next reap, which may succeed", async () => {
    const place = await placeOfPlugin();
    const id = await stale(place);
    let works = false;
    const { release, ids } = hook(async () => {
      if (!works) throw new Error("not yet");
    });
    const { companyId } = place;
    expect((await maintenance.reap({ companyId, release })).failed).toHaveLength(1);
    works = true;
    expect(idsOf((await maintenance.reap({ companyId, release })).ended)).toEqual([id]);
    expect(ids()).toEqual([id, id]);
    expect(await stand.row(id)).toMatchObject({ status: "expired", cleanup_status: "success" });
  });

  it("stops nobody else", async () => {
    const place = await placeOfPlugin();
    const ids = await inTurn(6, () => stale(place));
    const bad = ids.filter((_, n) => n % 2 === 0).sort();
    const { release } = hook(async ({ id }) => {
      if (bad.includes(id)) throw new Error(id);
    });
    const { ended, failed } = await maintenance.reap({ companyId: place.companyId, release, concurrency: 2 });
    expect(idsOf(failed)).toEqual(bad);
    expect(idsOf(ended)).toEqual(ids.filter((id) => !bad.includes(id)).sort());
    for (const { lease, error } of failed) expect((error as Error).message).toBe(lease.id);
  });

  it("or that throws at once, or rejects with nothing", async () => {
    for (const release of [
      () => {
        throw new Error("at once");
      },
      () => Promise.reject(),
    ]) {
      const place = await placeOfPlugin();
      const id = await stale(place);
      const { failed } = await maintenance.reap({ companyId: place.companyId, release });
      expect(idsOf(failed)).toEqual([id]);
      expect(failed[0]).toHaveProperty("error");
      expect(await stand.row(id)).toMatchObject({ status: "active", cleanup_status: "failed" });
    }
  });

  it("has its leases tried again last", async () => {
    const place = await placeOfPlugin();
    const ids = await inTurn(4, () => stale(place));
    const { release, calls } = hook(() => Promise.reject(new Error("never")));
    const { companyId } = place;
    for (let round = 1; round <= 4; round++) {
      const { more, failed } = await maintenance.reap({ companyId, release, limit: 1, concurrency: 1 });
      expect(failed).toHaveLength(1);
      expect(more).toBe(true);
    }
    expect(calls.map(({ id }) => id).sort()).toEqual(ids.sort());
  });

  it("once more for a lease that is over changes nothing but when", async () => {
    const place = await placeOfPlugin();
    const id = await stand.lease(place, { ...held(), ...FOUND_BY["cleanup_failed"] });
    const before = await stand.row(id);
    const { release } = hook(() => Promise.reject(new Error("still down")));
    const reasons = ["cleanup_failed"] as const;
    const { failed } = await maintenance.reap({ companyId: place.companyId, reasons, release });
    expect(failed).toMatchObject([{ lease: { id }, reason: "cleanup_failed" }]);
    const row = await stand.row(id);
    expect({ ...row, updated_at: null }).toEqual({ ...before, updated_at: null });
  });
});

describe("a claim", () => {
  const CLAIMED = { cleanup_status: "pending" };

  it("of another process is respected for ten minutes", async () => {
    const place = await placeOfPlugin();
    const id = await stale(place, { ...CLAIMED, updated_at: ago("9 minutes 50 seconds") });
    const before = await stand.row(id);
    const { release, calls } = hook();
    for (const dryRun of [true, false]) {
      const result = await maintenance.reap({ companyId: place.companyId, release, dryRun });
      expect(result).toMatchObject({ ended: [], failed: [], left: [{ lease: { id }, why: "claimed" }] });
    }
    expect(calls).toEqual([]);
    expect(await stand.row(id)).toEqual(before);
  });

  it("that is older than that is no more", async () => {
    const place = await placeOfPlugin();
    const id = await stale(place, { ...CLAIMED, updated_at: ago("10 minutes 1 second") });
    const { release, ids } = hook();
    const { ended } = await maintenance.reap({ companyId: place.companyId, release });
    expect(idsOf(ended)).toEqual([id]);
    expect(ids()).toEqual([id]);
  });

  it("on an ended lease ages out in the same way", async () => {
    const place = await placeOfPlugin();
    const id = await stand.lease(place, { ...held(), ...FOUND_BY["cleanup_failed"] });
    const what = { companyId: place.companyId, reasons: ["cleanup_failed"] } as const;
    const { opened, open } = gate();
    const first = hook(() => opened);
    const reap = maintenance.reap({ ...what, release: first.release });
    await until("the hook is called", () => first.calls.length === 1);
    const second = hook();
    const others = stand.open();
    expect(await others.reap({ ...what, release: second.release })).toMatchObject({ ended: [], failed: [] });
    expect(second.calls).toEqual([]);
    await aged(id, "11 minutes");
    expect(idsOf((await others.reap({ ...what, release: second.release })).ended)).toEqual([id]);
    expect(second.ids()).toEqual([id]);
    open();
    const late = await reap;
    // What the second has said stands.
    expect([...late.ended, ...late.left, ...late.failed]).toHaveLength(1);
    expect(await stand.row(id)).toMatchObject({ cleanup_status: "success" });
  });

  it("is made for what is begun, and not for what waits its turn", async () => {
    const place = await placeOfPlugin();
    const ids = await inTurn(5, () => stale(place));
    const { opened, open } = gate();
    const { release, calls } = hook(() => opened);
    const reap = maintenance.reap({ companyId: place.companyId, release, concurrency: 2 });
    await until("two are begun", () => calls.length === 2);
    const claimed = await stand.rows(
      `company_id = '${place.companyId}' and cleanup_status is not distinct from 'pending'`,
    );
    expect(claimed.map(({ id }) => id).sort()).toEqual(calls.map(({ id }) => id).sort());
    open();
    expect(idsOf((await reap).ended)).toEqual(ids.sort());
  });

  it("of a lease that the server ends meanwhile leaves the server's word alone", async () => {
    const place = await placeOfPlugin();
    const id = await stale(place);
    const { release } = hook(async () => {
      await stand.update("environment_leases", id, {
        ...{ status: "failed", failure_reason: "the server's", released_at: ago("0"), updated_at: ago("0") },
        cleanup_status: "success",
      });
    });
    const { ended, left, failed } = await maintenance.reap({ companyId: place.companyId, release });
    expect([...ended, ...left, ...failed].map(({ lease }) => lease.id)).toEqual([id]);
    expect(failed).toEqual([]);
    expect(await stand.row(id)).toMatchObject({ status: "failed", failure_reason: "the server's" });
  });

  it("of a lease that is gone by the end fails nobody", async () => {
    const place = await placeOfPlugin();
    const [gone, other] = [await stale(place), await stale(place)];
    const { release } = hook(async ({ id }) => {
      if (id === gone) await sql`delete from environment_leases where id = ${gone}`;
    });
    const { ended } = await maintenance.reap({ companyId: place.companyId, release });
    expect(idsOf(ended)).toContain(other);
  });
});

describe("what another lease holds as well", () => {
  const HOLDERS: [what: string, columns: (place: Place) => Promise<Columns>][] = [
    ["whose run is queued", async ({ companyId }) => ofRun(companyId, "queued")],
    ["whose run is running", async ({ companyId }) => ofRun(companyId, "running")],
    ["whose run is to be tried again", async ({ companyId }) => ofRun(companyId, "scheduled_retry")],
    ["that is retained", async () => ({ status: "retained" })],
    ["that has no run, and is not stale", async () => ({})],
    ["with a word that nobody knows", async () => ({ lease_policy: "new", expires_at: ago("1 hour") })],
  ];
  const ofRun = async (companyId: string, status: string) => ({
    heartbeat_run_id: await stand.run(companyId, { status }),
  });

  describe.each(HOLDERS)("one %s", (_, columns) => {
    it.each([
      ["a hook", "plugin"],
      ["no hook", "sandbox"],
      ["no hook", "plugin"],
    ])("with %s, in an environment of the driver %s, is left", async (how, driver) => {
      const [place, elsewhere] = [await stand.place({ driver }), await placeOfPlugin()];
      const box = held();
      await stand.lease(elsewhere, { ...box, ...(await columns(elsewhere)) });
      const ids = [
        await stale(place, box),
        await stand.lease(place, { ...box, ...FOUND_BY["cleanup_failed"] }),
      ];
      const before = await stand.rows(`company_id = '${place.companyId}'`);
      const { release, calls } = hook();
      const what = { companyId: place.companyId, reasons: ["run_finished", "cleanup_failed"] } as const;
      for (const dryRun of [true, false]) {
        const result = await maintenance.reap({ ...what, ...(how === "a hook" && { release }), dryRun });
        expect(result).toMatchObject({ ended: [], failed: [], more: false });
        expect(idsOf(result.left)).toEqual(ids.sort());
        for (const { why } of result.left) expect(why).toBe("shared");
      }
      expect(calls).toEqual([]);
      expect(await stand.rows(`company_id = '${place.companyId}'`)).toEqual(before);
    });
  });

  it("is given back once nobody uses it any more", async () => {
    const place = await placeOfPlugin();
    const box = held();
    const run = await stand.run(place.companyId, { status: "running" });
    const user = await stand.lease(place, { ...box, heartbeat_run_id: run });
    const id = await stale(place, box);
    const { companyId } = place;
    const { release, ids } = hook();
    expect((await maintenance.reap({ companyId, release })).left).toMatchObject([{ why: "shared" }]);
    await stand.update("heartbeat_runs", run, { status: "succeeded", finished_at: ago("1 hour") });
    const { ended } = await maintenance.reap({ companyId, release });
    expect(idsOf(ended)).toEqual([id, user].sort());
    expect(ids()).toEqual([id, user].sort());
  });

  const STALE: [what: string, columns: (companyId: string) => Promise<Columns>][] = [
    ["runs are over", async (companyId) => ({ heartbeat_run_id: await stand.finishedRun(companyId) })],
    ["time is over, and that have no run", async () => ({ expires_at: ago("1 hour") })],
    ["runs are gone for more than a day", async () => ({ acquired_at: ago("2 days") })],
    ["retention is over", async () => ({ status: "retained", last_used_at: ago("2 days") })],
  ];
  it.each(STALE)("is given back by leases whose %s, for neither uses it", async (_, columns) => {
    const place = await placeOfPlugin();
    const box = held();
    const ids = await inTurn(2, async () =>
      stand.lease(place, { ...box, ...(await columns(place.companyId)) }),
    );
    const { release } = hook();
    const reasons = ["run_finished", "expired", "unowned", "retained"] as const;
    const what = { companyId: place.companyId, reasons, olderThan: DAY, release };
    // One after the other would do as well.
    const ended = [...(await maintenance.reap(what)).ended, ...(await maintenance.reap(what)).ended];
    expect(idsOf(ended)).toEqual(ids.sort());
  });

  it("is kept for a lease that is retained, when another's retention is over", async () => {
    const place = await placeOfPlugin();
    const box = held();
    const id = await stand.lease(place, { ...box, status: "retained", last_used_at: ago("2 days") });
    await stand.lease(place, { ...box, status: "retained", last_used_at: ago("1 hour") });
    const { release, calls } = hook();
    const what = { companyId: place.companyId, reasons: ["retained"], olderThan: DAY, release } as const;
    expect((await maintenance.reap(what)).left).toMatchObject([{ lease: { id }, why: "shared" }]);
    expect(calls).toEqual([]);
  });

  it("is found to be used after it was found stale, too", async () => {
    const place = await placeOfPlugin();
    const [first, second] = [held(), held()];
    const one = await stale(place, { ...first, updated_at: ago("2 days") });
    const other = await stale(place, { ...second, updated_at: ago("1 day") });
    const { release, ids } = hook(async ({ id }) => {
      if (id !== one) return;
      const heartbeat_run_id = await stand.run(place.companyId, { status: "running" });
      await stand.lease(place, { ...second, heartbeat_run_id });
    });
    const result = await maintenance.reap({ companyId: place.companyId, release, concurrency: 1 });
    expect(ids()).toEqual([one]);
    expect(idsOf(result.ended)).toEqual([one]);
    expect(await stand.row(other)).toMatchObject({ status: "active", cleanup_status: null });
  });

  const NO_HOLDERS: [what: string, columns: Columns][] = [
    ["one that has ended", { status: "released", released_at: ago("1 hour") }],
    ["the same name at another provider", { provider: "e2b" }],
  ];
  it.each(NO_HOLDERS)("is not kept by %s", async (_, columns) => {
    const place = await placeOfPlugin();
    const box = held();
    const heartbeat_run_id = await stand.run(place.companyId, { status: "running" });
    await stand.lease(place, { ...box, heartbeat_run_id, ...columns });
    const id = await stale(place, box);
    const { release } = hook();
    const { ended } = await maintenance.reap({ companyId: place.companyId, release });
    expect(idsOf(ended)).toEqual([id]);
  });
});

describe("concurrency", () => {
  const crowd = async (count: number, concurrency?: number) => {
    const place = await placeOfPlugin();
    const ids = await inTurn(count, () => stale(place));
    let [now, most] = [0, 0];
    const { release } = hook(async () => {
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
      now -= 1;
    });
    const what = { companyId: place.companyId, release, ...(concurrency && { concurrency }) };
    expect(idsOf((await maintenance.reap(what)).ended)).toEqual(ids.sort());
    return most;
  };

  it.each([1, 3, 100])("%d are given back at once, and no more", async (concurrency) => {
    expect(await crowd(9, concurrency)).toBe(Math.min(9, concurrency));
  });

  it("is 4 unless another is given", async () => {
    expect(await crowd(9)).toBe(4);
  });

  it("does not wait for the slowest before it begins the next", async () => {
    const place = await placeOfPlugin();
    await inTurn(5, () => stale(place));
    const { opened, open } = gate();
    let slow: string | undefined;
    const { release, calls } = hook(async ({ id }) => {
      slow ??= id;
      if (id === slow) await opened;
    });
    const reap = maintenance.reap({ companyId: place.companyId, release, concurrency: 2 });
    await until("all are begun", () => calls.length === 5);
    open();
    expect((await reap).ended).toHaveLength(5);
  });
});

describe("the signal", () => {
  it("of the call is handed to the hook", async () => {
    const place = await placeOfPlugin();
    await stale(place);
    const { signal } = new AbortController();
    const seen: unknown[] = [];
    const release: ReleaseLease = async (_, options) => void seen.push(options.signal);
    await maintenance.reap({ companyId: place.companyId, release }, { signal });
    expect(seen).toEqual([signal]);
    expect(seen[0]).toBe(signal);
  });

  it("is one that is never aborted if the call has none", async () => {
    const place = await placeOfPlugin();
    await stale(place);
    const seen: AbortSignal[] = [];
    const release: ReleaseLease = async (_, options) => void seen.push(options.signal);
    await maintenance.reap({ companyId: place.companyId, release });
    expect(seen[0]).toBeInstanceOf(AbortSignal);
    expect(seen[0]?.aborted).toBe(false);
  });

  it("that is aborted: what is begun ends, nothing else is begun, and then the call rejects", async () => {
    const place = await placeOfPlugin();
    const ids = await inTurn(6, () => stale(place));
    const note = await stand.lease(place, { heartbeat_run_id: await stand.finishedRun(place.companyId) });
    const controller = new AbortController();
    const { signal } = controller;
    const { opened, open } = gate();
    const { release, calls } = hook(() => opened);
    const call = maintenance.reap({ companyId: place.companyId, release, concurrency: 2 }, { signal });
    let isOver = false;
    const outcome = rejection(call).finally(() => (isOver = true));
    await until("two are begun", () => calls.length === 2);
    const reason = new Error("no longer wanted");
    controller.abort(reason);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isOver).toBe(false);
    open();
    const error = await outcome;
    expect(error).toMatchObject({ name: "AbortError", code: "ABORT_ERR" });
    expect(error.cause).toBe(reason);
    expect(calls).toHaveLength(2);
    for (const id of ids) {
      const isBegun = calls.some((lease) => lease.id === id);
      const expected = isBegun
        ? { status: "expired", cleanup_status: "success" }
        : { status: "active", cleanup_status: null };
      expect(await stand.row(id)).toMatchObject(expected);
    }
    expect(["active", "expired"]).toContain((await stand.row(note))["status"]);
  });

  it("that was aborted before: nothing is done", async () => {
    const place = await placeOfPlugin();
    const id = await stale(place);
    const before = await stand.row(id);
    const { release, calls } = hook();
    const call = maintenance.reap({ companyId: place.companyId, release }, { signal: AbortSignal.abort() });
    expect(await rejection(call)).toMatchObject({ name: "AbortError", code: "ABORT_ERR" });
    expect(calls).toEqual([]);
    expect(await stand.row(id)).toEqual(before);
  });
});

describe("who listens to the channel", () => {
  const CHANNEL = "paperclip-environment-service:reap";
  const listen = () => {
    const events: ReapEvent[] = [];
    const note = (event: unknown) => void events.push(event as ReapEvent);
    subscribe(CHANNEL, note);
    cleanups.push(() => unsubscribe(CHANNEL, note));
    return events;
  };

  it("hears of each outcome once, and stats count them", async () => {
    const place = await placeOfPlugin();
    const { companyId } = place;
    const [good, bad, busy] = [
      await stale(place),
      await stale(place),
      await stale(place, { cleanup_status: "pending", updated_at: ago("1 minute") }),
    ];
    const note = await stand.lease(place, { heartbeat_run_id: await stand.finishedRun(companyId) });
    const { release } = hook(async ({ id }) => {
      if (id === bad) throw new Error("no");
    });
    const own = stand.open();
    const events = listen();
    const base = { reason: "run_finished", why: null, companyId, provider: "daytona" };
    const expected = (dryRun: boolean) => [
      ...(dryRun ? [{ ...base, outcome: "ended", leaseId: bad, dryRun }] : []),
      ...(dryRun ? [] : [{ ...base, outcome: "failed", leaseId: bad, dryRun }]),
      { ...base, outcome: "ended", leaseId: good, dryRun },
      { ...base, outcome: "left", why: "claimed", leaseId: busy, dryRun },
      { ...base, outcome: "ended", provider: null, leaseId: note, dryRun },
    ];
    const byLease = (list: { leaseId: string }[]) =>
      [...list].sort((one, other) => one.leaseId.localeCompare(other.leaseId));

    await own.reap({ companyId, release, dryRun: true });
    expect(byLease(events.splice(0))).toEqual(byLease(expected(true)));
    expect(own.stats().reaped).toEqual({ ended: 0, left: 0, failed: 0 });

    await own.reap({ companyId, release });
    expect(byLease(events.splice(0))).toEqual(byLease(expected(false)));
    expect(own.stats().reaped).toEqual({ ended: 2, left: 1, failed: 1 });

    await own.reap({ companyId, release });
    expect(own.stats().reaped).toEqual({ ended: 2, left: 2, failed: 2 });
  });

  it("hears of a lease that is handed to the server that it has ended", async () => {
    const place = await stand.place({ driver: "sandbox" });
    const leaseId = await stale(place);
    const events = listen();
    await maintenance.reap({ companyId: place.companyId });
    expect(events).toMatchObject([{ outcome: "ended", why: null, leaseId }]);
  });

  it("cannot break the call", async () => {
    const place = await placeOfPlugin();
    const id = await stale(place);
    const thrown: unknown[] = [];
    const handlers = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => void thrown.push(error));
    const bad = () => {
      throw new Error("a listener's own");
    };
    subscribe(CHANNEL, bad);
    cleanups.push(() => {
      unsubscribe(CHANNEL, bad);
      process.removeAllListeners("uncaughtException");
      for (const handler of handlers) process.on("uncaughtException", handler);
    });
    const { ended } = await maintenance.reap({ companyId: place.companyId, release: hook().release });
    expect(idsOf(ended)).toEqual([id]);
    await until("it was told", () => thrown.length === 1);
  });
});
