// The tables of every Paperclip release since 2026.427, created by its own migrations.

import { beforeAll, describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { openMigrated, type Tables } from "./support/tables.js";
import {
  ago,
  DAY,
  HOUR,
  idsOf,
  microseconds,
  standOn,
  type Columns,
  type Place,
  type Stand,
} from "./support/stand.js";

const RELEASES: [tables: Parameters<typeof openMigrated>[0], name: Tables, releases: string][] = [
  ["T1", "T1", "2026.427 to 2026.609"],
  ["T2", "T2", "2026.618"],
  ["T3 without images", "T3", "2026.626 to 2026.817"],
  ["T3", "T3", "2026.626 to 2026.817"],
  ["T4", "T4", "2026.824 to 2026.916"],
];

const opened = await Promise.all(RELEASES.map(([tables]) => openMigrated(tables)));
const stands = await Promise.all(opened.map(standOn));
const unknown = await standOn(await openMigrated("T4"));
const CASES = RELEASES.map(([tables, name, releases], n) => ({
  ...{ tables, name, releases },
  stand: stands[n] as Stand,
}));

let boxes = 0;
const box = (columns: Columns = {}): Columns => ({
  ...{ provider: "daytona", provider_lease_id: `box ${(boxes += 1)}`, ...columns },
});

describe.each(CASES)("$tables", ({ tables, name, releases, stand }) => {
  const { maintenance, sql } = stand;

  const stale = async (place: Place, columns: Columns = {}) =>
    stand.lease(place, { heartbeat_run_id: await stand.finishedRun(place.companyId), ...columns });

  it("diagnose knows them, and nothing is wrong with them", async () => {
    const findings = await maintenance.diagnose();
    const finding = findings.find(({ code }) => code === "tables");
    expect(finding).toMatchObject({ severity: "ok", summary: expect.stringContaining(releases) });
    for (const { code, severity, summary } of findings) {
      expect(severity, `${code}: ${summary}`).toMatch(/^(ok|info)$/);
    }
    expect(findings).toHaveLength(13);
  });

  it("diagnose says which words the servers of these tables do not know", async () => {
    const place = await stand.place();
    const id = await stand.lease(place, { ...box(), status: "pending_cleanup" });
    const finding = (await maintenance.diagnose()).find(({ code }) => code === "unknown_words");
    const isKnown = name === "T3" || name === "T4";
    expect(finding).toMatchObject(isKnown ? { count: 0 } : { count: 1, examples: [id] });
    await sql`delete from environment_leases where id = ${id}`;
  });

  it("diagnose finds what leaks", async () => {
    const place = await stand.place();
    const ids = [
      await stale(place),
      await stand.lease(place, { expires_at: ago("1 hour") }),
      await stand.lease(
        place,
        box({ status: "failed", released_at: ago("1 day"), cleanup_status: "failed" }),
      ),
      await stand.lease(place, { status: "retained" }),
    ];
    const findings = await maintenance.diagnose();
    const codes = ["stale_leases", "expired_leases", "cleanup_failed", "retained_leases"];
    for (const [n, code] of codes.entries()) {
      const finding = findings.find((one) => one.code === code);
      expect(finding, code).toMatchObject({ count: 1, examples: [ids[n]] });
    }
    await sql`delete from environment_leases`;
  });

  it("find and summarize give what there is", async () => {
    const place = await stand.place();
    const run = await stand.run(place.companyId);
    const workspace = await stand.workspace(place.companyId);
    const id = await stand.lease(place, {
      ...box({ heartbeat_run_id: run, execution_workspace_id: workspace, cleanup_status: "failed" }),
      metadata: '{"a": 1}',
    });
    for (const filters of [
      { companyId: place.companyId },
      { heartbeatRunId: run },
      { executionWorkspaceId: workspace },
      { providerLeaseId: `box ${boxes}` },
    ]) {
      const { leases, next } = await maintenance.find(filters);
      expect(leases).toMatchObject([{ id, ...place, metadata: { a: 1 } }]);
      expect(next).toBeNull();
    }
    for (const history of [true, false]) {
      expect(await maintenance.summarize({ companyId: place.companyId, history })).toMatchObject([
        { ...place, provider: "daytona", status: "active", count: 1, expired: 0, cleanupFailed: 1 },
      ]);
    }
  });

  it("reap ends notes", async () => {
    const place = await stand.place();
    const ids = [
      await stale(place),
      await stand.lease(place, { provider: "ssh", expires_at: ago("1 hour") }),
      await stand.lease(place, { provider: "local", acquired_at: ago("2 days") }),
      await stand.lease(place, { status: "retained", last_used_at: ago("2 days") }),
    ];
    const live = await stand.lease(place, {
      heartbeat_run_id: await stand.run(place.companyId),
      expires_at: ago("1 day"),
    });
    const { companyId } = place;
    const reasons = ["run_finished", "expired", "unowned", "retained"] as const;
    const what = { companyId, reasons, olderThan: DAY };
    expect(idsOf((await maintenance.reap({ ...what, dryRun: true })).ended)).toEqual(ids.slice().sort());
    const { ended, left, failed } = await maintenance.reap(what);
    expect([idsOf(ended), left, failed]).toEqual([ids.slice().sort(), [], []]);
    for (const id of ids) {
      const row = await stand.row(id);
      expect(row).toMatchObject({ status: "expired", failure_reason: expect.stringMatching(/^Reaped: /) });
      expect(microseconds(row["released_at"])).toBe(microseconds(row["updated_at"]));
    }
    expect(await stand.row(live)).toMatchObject({ status: "active" });
  });

  it("reap gives back what providers hold", async () => {
    const place = await stand.place({ driver: "sandbox" });
    const good = await stale(place, box());
    const reused = await stale(place, box({ lease_policy: "reuse_by_environment" }));
    const bad = await stale(place, box());
    const over = await stand.lease(
      place,
      box({ status: "released", released_at: ago("1 day"), cleanup_status: "failed" }),
    );
    const calls: string[] = [];
    const release = async ({ id }: { id: string }) => {
      calls.push(id);
      if (id === bad) throw new Error("no");
    };
    const reasons = ["run_finished", "cleanup_failed"] as const;
    const { ended, failed, left } = await maintenance.reap({ companyId: place.companyId, reasons, release });
    expect([idsOf(ended), idsOf(failed), left]).toEqual([[good, reused, over].sort(), [bad], []]);
    expect(calls.sort()).toEqual([good, reused, bad, over].sort());
    expect(await stand.row(good)).toMatchObject({ status: "expired", cleanup_status: "success" });
    expect(await stand.row(reused)).toMatchObject({ status: "released", cleanup_status: "success" });
    expect(await stand.row(bad)).toMatchObject({ status: "active", cleanup_status: "failed" });
    expect(await stand.row(over)).toMatchObject({ status: "released", cleanup_status: "success" });
  });

  it("reap hands a sandbox to the server where that sweeps, and leaves it elsewhere", async () => {
    const place = await stand.place({ driver: "sandbox" });
    const sandbox = await stale(place, box());
    const elsewhere = await stale(
      { ...place, environmentId: await stand.environment(place.companyId, { driver: "plugin" }) },
      box(),
    );
    const before = await stand.row(sandbox);
    const { ended, left } = await maintenance.reap({ companyId: place.companyId });
    if (name === "T4") {
      expect(ended).toMatchObject([
        {
          lease: { id: sandbox, status: "pending_cleanup", cleanupStatus: "failed" },
          reason: "run_finished",
        },
      ]);
      expect(left).toMatchObject([{ lease: { id: elsewhere }, why: "provider" }]);
    } else {
      expect(ended).toEqual([]);
      expect(idsOf(left)).toEqual([sandbox, elsewhere].sort());
      for (const { why } of left) expect(why).toBe("provider");
      expect(await stand.row(sandbox)).toEqual(before);
    }
  });

  const [hasImages] = [name === "T4" || tables === "T3"];
  it(`reap ends what has no run, ${hasImages ? "unless an image is made of it" : "without images"}`, async () => {
    const place = await stand.place();
    const [one, other] = [
      await stand.lease(place, { acquired_at: ago("2 days") }),
      await stand.lease(place, { acquired_at: ago("2 days") }),
    ];
    if (hasImages) {
      await stand.insert("environment_custom_image_setup_sessions", {
        ...{ environment_id: place.environmentId, environment_lease_id: other, provider: "daytona" },
        status: "waiting_for_user",
      });
    }
    const what = { companyId: place.companyId, reasons: ["unowned"], olderThan: HOUR } as const;
    const expected = hasImages ? [one] : [one, other].sort();
    expect(idsOf((await maintenance.reap(what)).ended)).toEqual(expected);
  });

  it("compareWithProvider compares", async () => {
    const place = await stand.place();
    const provider = `compared ${tables}`;
    const [used, over, gone] = [box({ provider }), box({ provider, status: "released" }), box({ provider })];
    for (const one of [used, over, gone]) await stand.lease(place, one);
    const sandboxes = [used, over].map((one) => ({ id: String(one["provider_lease_id"]) }));
    const comparison = await maintenance.compareWithProvider({
      ...{ provider, sandboxes: [...sandboxes, { id: "stranger" }], complete: true },
    });
    expect(comparison).toMatchObject({
      unknown: [{ id: "stranger" }],
      ended: [{ sandbox: sandboxes[1] }],
      lost: [{ providerLeaseId: gone["provider_lease_id"] }],
      young: [],
    });
  });

  it("prune deletes what is old, and keeps what it has to keep", async () => {
    const place = await stand.place();
    const old = (n: number, columns: Columns = {}) =>
      stand.lease(place, {
        ...{ status: "expired", released_at: ago("40 days"), last_used_at: ago(`${50 - n} days`) },
        ...columns,
      });
    const ids = [await old(1), await old(2), await old(3)];
    const kept = [await old(0, { cleanup_status: "failed" }), await old(0, { status: "retained" })];
    const what = { companyId: place.companyId, olderThan: 30 * DAY, keepPerEnvironment: 1 };
    expect(await maintenance.prune({ ...what, dryRun: true })).toEqual({ deleted: 2, more: false });
    expect(await maintenance.prune(what)).toEqual({ deleted: 2, more: false });
    const left = await stand.rows(`company_id = '${place.companyId}'`);
    expect(left.map(({ id }) => String(id)).sort()).toEqual([ids[2], ...kept].sort());
  });
});

describe("tables that no release has", () => {
  const { maintenance, sql } = unknown;
  beforeAll(() => sql.unsafe("alter table environments rename column env_vars to env_variables"));

  it("diagnose says so, and looks at the rest", async () => {
    const findings = await maintenance.diagnose();
    const [finding] = findings.filter(({ code }) => code === "tables");
    expect(finding?.severity).toMatch(/warning|problem/);
    expect(finding?.remedy).not.toBe("");
    expect(findings).toHaveLength(13);
  });

  it("reap leaves a sandbox there, since nobody is known who sweeps", async () => {
    const place = await unknown.place({ driver: "sandbox" });
    const heartbeat_run_id = await unknown.finishedRun(place.companyId);
    const id = await unknown.lease(place, box({ heartbeat_run_id }));
    const { left, ended } = await maintenance.reap({ companyId: place.companyId });
    expect(ended).toEqual([]);
    expect(left).toMatchObject([{ lease: { id }, why: "provider" }]);
  });

  it("a database without tables is told by the table that is missing", async () => {
    await sql.unsafe("drop table environments, environment_leases cascade");
    for (const method of ["diagnose", "find", "reap"] as const) {
      expect(await rejection(maintenance[method]())).toMatchObject({
        ...{ name: "PostgresError", code: "42P01", message: expect.stringMatching(/environment/) },
      });
    }
  });
});
