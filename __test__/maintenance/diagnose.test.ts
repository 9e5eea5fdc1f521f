// Each finding, in a database without any other problem.

import { randomUUID } from "node:crypto";

import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { rejection } from "../support/errors.js";
import type { Finding, FindingCode } from "./support/library.js";
import { ago, inTurn, startStand, type Columns, type Place } from "./support/stand.js";

const stand = await startStand();
const { maintenance, sql } = stand;

const CODES: FindingCode[] = [
  ...([
    "tables",
    "stale_leases",
    "expired_leases",
    "cleanup_failed",
    "retained_leases",
    "shared_place",
  ] as const),
  ...(["unknown_words", "archived_in_use", "inconsistent_rows", "clock_skew", "history"] as const),
  ...(["missing_indexes", "connections"] as const),
];
/** They say how things are, also where all is well. */
const ALWAYS: FindingCode[] = ["tables", "clock_skew", "history", "connections"];

let place: Place = { companyId: "", environmentId: "" };
beforeEach(async () => {
  await sql`delete from environment_leases`;
  await sql`delete from environments`;
  place = await stand.place();
  // What is well: leases of live runs, and what has ended as it should.
  const run = await stand.run(place.companyId);
  await stand.lease(place, { heartbeat_run_id: run });
  await stand.lease(place, { heartbeat_run_id: run, provider: "daytona", provider_lease_id: "in use" });
  await stand.lease(place, {
    ...{ status: "released", released_at: ago("1 day"), provider: "daytona", provider_lease_id: "over" },
    cleanup_status: "success",
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const diagnosed = async () => {
  const findings = await maintenance.diagnose();
  return (code: FindingCode) => findings.find((finding) => finding.code === code) as Finding;
};

/** The codes of what is not well. */
const bad = (findings: Finding[]) =>
  findings.filter(({ severity }) => severity !== "ok" && severity !== "info").map(({ code }) => code);

it("a healthy database has nothing", async () => {
  const findings = await maintenance.diagnose();
  expect(findings.map(({ code }) => code).sort()).toEqual([...CODES].sort());
  expect(bad(findings)).toEqual([]);
  for (const { code, severity, count, examples, summary, remedy, ...more } of findings) {
    expect(more).toEqual({});
    expect(summary, code).toMatch(/^\S.*\S$/);
    if (ALWAYS.includes(code)) continue;
    expect({ severity, count, examples, remedy }, code).toEqual({
      ...{ severity: "ok", count: 0, examples: [], remedy: "" },
    });
  }
});

it("an empty database has nothing either", async () => {
  await sql`delete from environment_leases`;
  await sql`delete from environments`;
  const findings = await maintenance.diagnose();
  expect(findings.map(({ code }) => code).sort()).toEqual([...CODES].sort());
  expect(bad(findings)).toEqual([]);
});

const finished = async (columns: Columns = {}) =>
  stand.lease(place, { heartbeat_run_id: await stand.finishedRun(place.companyId), ...columns });

const live = async (columns: Columns = {}) =>
  stand.lease(place, { heartbeat_run_id: await stand.run(place.companyId), ...columns });

let boxes = 0;
const box = (): Columns => ({ provider: "daytona", provider_lease_id: `costly ${(boxes += 1)}` });

/** Each makes the finding once, and nothing else, and gives what has to be among the examples or in the summary. */
const PLANTED: [what: string, code: FindingCode, severity: RegExp, plant: () => Promise<string>][] = [
  ["a note whose run is over", "stale_leases", /warning|problem/, () => finished()],
  ["a sandbox whose run is over", "stale_leases", /problem/, () => finished(box())],
  [
    "a note past its time",
    "expired_leases",
    /warning|problem/,
    () => stand.lease(place, { expires_at: ago("1 hour") }),
  ],
  [
    "a sandbox past its time",
    "expired_leases",
    /problem/,
    () => stand.lease(place, { ...box(), expires_at: ago("1 hour") }),
  ],
  ...["released", "expired", "failed"].map((status): (typeof PLANTED)[number] => [
    `a sandbox that is ${status}, whose clean-up failed`,
    "cleanup_failed",
    /problem/,
    () => stand.lease(place, { ...box(), status, released_at: ago("1 day"), cleanup_status: "failed" }),
  ]),
  [
    "a lease that is retained",
    "retained_leases",
    /info|warning/,
    () => stand.lease(place, { status: "retained", last_used_at: ago("10 days") }),
  ],
  ...(
    [
      ["status", "environment_leases", () => live({ status: "gone" })],
      ["policy", "environment_leases", () => live({ lease_policy: "forever" })],
      ["clean-up", "environment_leases", () => live({ cleanup_status: "half" })],
      ["driver", "environments", () => stand.environment(place.companyId, { driver: "cloud" })],
      ["status", "environments", () => stand.environment(place.companyId, { status: "paused" })],
    ] as const
  ).map(([word, table, plant]): (typeof PLANTED)[number] => [
    `a ${word} in ${table} that no release knows`,
    "unknown_words",
    /warning|problem/,
    plant,
  ]),
  [
    "an archived environment with an active lease",
    "archived_in_use",
    /warning|problem/,
    async () => {
      const environmentId = await stand.environment(place.companyId, { status: "archived" });
      await live({ environment_id: environmentId });
      return environmentId;
    },
  ],
  [
    "an active lease with a time of release",
    "inconsistent_rows",
    /warning|problem/,
    () => live({ released_at: ago("1 hour") }),
  ],
  ...["released", "expired", "failed"].map((status): (typeof PLANTED)[number] => [
    `a lease that is ${status} without a time of release`,
    "inconsistent_rows",
    /warning|problem/,
    () => live({ status }),
  ]),
];

describe("planted is", () => {
  it.each(PLANTED)("%s: %s", async (_, code, severity, plant) => {
    const id = await plant();
    const findings = await maintenance.diagnose();
    const finding = findings.find((one) => one.code === code);
    expect(finding).toMatchObject({ count: 1, examples: [id] });
    expect(finding?.severity).toMatch(severity);
    expect(finding?.remedy).not.toBe("");
    expect(bad(findings).filter((one) => one !== code)).toEqual([]);
    for (const other of findings) {
      if (other.code === code || ALWAYS.includes(other.code)) continue;
      expect(other, other.code).toMatchObject({ severity: "ok", count: 0 });
    }
  });

  it("what holds a sandbox, by its name at the provider", async () => {
    const lost = box();
    await stand.lease(place, {
      ...lost,
      status: "failed",
      released_at: ago("1 day"),
      cleanup_status: "failed",
    });
    const finding = (await diagnosed())("cleanup_failed");
    expect(JSON.stringify(finding)).toContain(String(lost["provider_lease_id"]));
  });

  it("what is stale, by its provider", async () => {
    await inTurn(3, () => finished(box()));
    await inTurn(2, () => finished({ provider: "ssh" }));
    const { summary, count } = (await diagnosed())("stale_leases");
    expect(count).toBe(5);
    expect(summary).toMatch(/\b3 daytona\b/);
    expect(summary).toMatch(/\b2 ssh\b/);
  });
});

describe("not found is", () => {
  const WELL: [what: string, plant: () => Promise<unknown>][] = [
    [
      "a lease whose run finished a moment ago",
      async () => {
        const run = { status: "succeeded", finished_at: ago("9 minutes") };
        await stand.lease(place, { heartbeat_run_id: await stand.run(place.companyId, run) });
      },
    ],
    ["a lease of a live run past its time", () => live({ expires_at: ago("1 day") })],
    [
      "a note whose clean-up failed",
      () => stand.lease(place, { status: "failed", released_at: ago("1 day"), cleanup_status: "failed" }),
    ],
    [
      "a sandbox that the server is about to clean up",
      () => stand.lease(place, { ...box(), status: "pending_cleanup", cleanup_status: "failed" }),
    ],
    [
      "an archived environment without leases",
      () => stand.environment(place.companyId, { status: "archived" }),
    ],
    [
      "an archived environment whose leases are over",
      async () => {
        const environment_id = await stand.environment(place.companyId, { status: "archived" });
        await stand.lease(place, { environment_id, status: "released", released_at: ago("1 day") });
      },
    ],
    [
      "several leases of one run in one place",
      async () => {
        const run = await stand.run(place.companyId);
        const columns = { heartbeat_run_id: run, provider: "ssh", provider_lease_id: "ssh://host/own" };
        await stand.lease(place, columns);
        await stand.lease(place, columns);
      },
    ],
    ["a lease that has outlived its environment", () => live({ environment_id: null })],
  ];
  it.each(WELL)("%s", async (_, plant) => {
    await plant();
    const findings = await maintenance.diagnose();
    expect(bad(findings)).toEqual([]);
    for (const { code, count } of findings) if (!ALWAYS.includes(code)) expect(count, code).toBe(0);
  });
});

describe("a place that is shared", () => {
  const ssh = { provider: "ssh", provider_lease_id: "ssh://host/shared" };
  const withRun = async (columns: Columns, run: Columns = { status: "running" }) =>
    stand.lease(place, { ...columns, heartbeat_run_id: await stand.run(place.companyId, run) });
  const inFolder = async (cwd: string) => ({
    execution_workspace_id: await stand.workspace(place.companyId, { cwd }),
  });

  it("by two live runs on an SSH host", async () => {
    const ids = [await withRun(ssh), await withRun(ssh, { status: "queued" })];
    const { severity, examples, count } = (await diagnosed())("shared_place");
    expect([severity, count]).toEqual(["warning", 2]);
    expect([...examples].sort()).toEqual(ids.sort());
  });

  it("by two live runs in one folder, of one workspace or of two", async () => {
    const folder = await inFolder("/srv/one");
    const ids = [await withRun(folder), await withRun(folder), await withRun(await inFolder("/srv/one"))];
    const { severity, examples, count } = (await diagnosed())("shared_place");
    expect([severity, count]).toEqual(["warning", 3]);
    expect([...examples].sort()).toEqual(ids.sort());
  });

  it("not by what is over, nor in other folders", async () => {
    await withRun(ssh);
    await withRun({ ...ssh, status: "released", released_at: ago("1 hour") });
    await withRun(ssh, { status: "succeeded", finished_at: ago("1 minute") });
    await withRun(await inFolder("/srv/one"));
    await withRun(await inFolder("/srv/two"));
    await withRun({ execution_workspace_id: await stand.workspace(place.companyId) });
    await withRun({ execution_workspace_id: await stand.workspace(place.companyId) });
    expect((await diagnosed())("shared_place")).toMatchObject({ severity: "ok", count: 0 });
  });
});

it.each([
  [3, "ahead of"],
  [-3, "behind"],
])("a clock that is %d hours off is a problem", async (hours, where) => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + hours * 3_600_000 });
  const findings = await maintenance.diagnose();
  const finding = findings.find(({ code }) => code === "clock_skew");
  expect(finding?.severity).toMatch(/warning|problem/);
  expect(finding?.summary).toContain(where);
  expect(finding?.remedy).not.toBe("");
  expect(bad(findings)).toEqual(["clock_skew"]);
});

describe("an index that is missing", () => {
  const dropped: string[] = [];
  afterEach(async () => {
    for (const definition of dropped.splice(0)) await sql.unsafe(definition);
  });
  const drop = async (name: string) => {
    const [row] = await sql<{ definition: string }[]>`
      select indexdef as definition from pg_indexes where indexname = ${name}`;
    dropped.push(String(row?.definition));
    await sql.unsafe(`drop index ${name}`);
  };
  it.each([
    "environment_leases_company_environment_status_idx",
    "environment_leases_company_execution_workspace_idx",
    "environment_leases_company_issue_idx",
    "environment_leases_heartbeat_run_idx",
    "environment_leases_company_last_used_idx",
    "environment_leases_provider_lease_idx",
  ])("%s", async (name) => {
    await drop(name);
    const findings = await maintenance.diagnose();
    expect(findings.find(({ code }) => code === "missing_indexes")).toMatchObject({
      count: 1,
      examples: [name],
    });
    expect(bad(findings)).toEqual(["missing_indexes"]);
  });
});

describe("connections", () => {
  afterAll(() => sql.unsafe("drop schema other cascade"));

  it.each([
    ["that are all that there may be are a warning", 1, /warning|problem/],
    ["that are few of those are well", 1_000, /ok|info/],
  ])("%s", async (_, most, expected) => {
    // Says of the server what it says itself, but for how many there may be.
    await sql.unsafe(`
      create schema if not exists other;
      create or replace function other.current_setting(name text) returns text language sql as $$
        select case name when 'max_connections' then '${most}' when 'superuser_reserved_connections' then '0'
          else pg_catalog.current_setting(name) end
      $$`);
    const url = new URL(stand.url);
    url.searchParams.set("search_path", "other,pg_catalog,public");
    const findings = await stand.openOn(url.href).diagnose();
    const finding = findings.find(({ code }) => code === "connections");
    expect(finding?.severity).toMatch(expected);
    expect(finding?.remedy === "").toBe(most > 1);
    expect(finding?.summary).toMatch(new RegExp(`\\b${most}\\b`));
  });
});

describe("how things are", () => {
  it("the tables are those of a release", async () => {
    expect((await diagnosed())("tables")).toMatchObject({
      severity: "ok",
      summary: expect.stringContaining("2026.824 to 2026.916"),
    });
  });

  it("the history is counted, and has a beginning", async () => {
    await stand.lease(place, {
      ...{ last_used_at: "2019-05-06 07:08:09+00", status: "released", released_at: ago("1 day") },
    });
    const { count, summary, severity } = (await diagnosed())("history");
    expect([count, severity]).toEqual([4, "ok"]);
    expect(summary).toContain("2019-05-06");
  });

  it("the connections are counted by their names", async () => {
    const own = stand.open({ applicationName: "somebody known" });
    const findings = await own.diagnose();
    const [row] = await sql<{ most: string }[]>`select current_setting('max_connections') as most`;
    const finding = findings.find(({ code }) => code === "connections");
    expect(finding?.count).toBeGreaterThan(0);
    expect(JSON.stringify(finding)).toContain("somebody known");
    expect(Number(row?.most)).toBeGreaterThan(finding?.count ?? 0);
  });
});

it("examples are ten at most, and the count is whole", async () => {
  await inTurn(15, () => finished(box()));
  await inTurn(12, () =>
    stand.lease(place, { ...box(), status: "failed", released_at: ago("1 day"), cleanup_status: "failed" }),
  );
  await inTurn(11, () => stand.lease(place, { status: "retained" }));
  const finding = await diagnosed();
  expect(finding("stale_leases").count).toBe(15);
  expect(finding("cleanup_failed").count).toBe(12);
  expect(finding("retained_leases").count).toBe(11);
  for (const code of CODES) expect(finding(code).examples.length, code).toBeLessThanOrEqual(10);
  for (const code of ["stale_leases", "cleanup_failed", "retained_leases"] as const) {
    expect(new Set(finding(code).examples).size, code).toBe(10);
  }
});

it("nothing of a config, of variables or of metadata is in it", async () => {
  const secret = "correct-horse-battery";
  const json = JSON.stringify({ key: secret, password: secret });
  const environment_id = await stand.environment(place.companyId, {
    ...{ config: json, metadata: json, env_vars: json, status: "archived", driver: "cloud" },
  });
  const columns = { environment_id, metadata: json, failure_reason: secret };
  await finished({ ...columns, ...box(), released_at: ago("1 day") });
  await stand.lease(place, { ...columns, ...box(), status: "released", cleanup_status: "failed" });
  await stand.lease(place, { ...columns, status: "gone", lease_policy: "forever" });
  const findings = await maintenance.diagnose();
  expect(bad(findings).length).toBeGreaterThan(4);
  expect(JSON.stringify(findings)).not.toContain(secret);
});

describe("who may only read", () => {
  const role = `reader_${randomUUID().slice(0, 8)}`;
  afterAll(async () => {
    await sql.unsafe(`drop owned by ${role}; drop role ${role}`);
  });

  it("may look at everything, and nothing is written", async () => {
    await sql.unsafe(`
      create role ${role} login password 'only-reads';
      grant usage on schema public to ${role};
      grant select on all tables in schema public to ${role}`);
    const url = new URL(stand.url);
    [url.username, url.password] = [role, "only-reads"];
    const id = await finished();
    const reader = stand.openOn(url.href);
    const findings = await reader.diagnose();
    expect(findings.find(({ code }) => code === "stale_leases")).toMatchObject({ count: 1, examples: [id] });
    // Those of other roles, too, such as this test's own.
    expect(findings.find(({ code }) => code === "connections")?.count).toBeGreaterThan(1);
    const found = await reader.find({ companyId: place.companyId });
    expect(found.leases).toHaveLength(4);
    expect(await reader.summarize({ companyId: place.companyId, history: true })).not.toEqual([]);
    const sandboxes = [{ id: "in use" }, { id: "over" }];
    const inventory = { provider: "daytona", sandboxes, complete: true };
    expect((await reader.compareWithProvider(inventory)).ended).toMatchObject([{ sandbox: { id: "over" } }]);
    expect(await rejection(reader.reap({ companyId: place.companyId }))).toMatchObject({ code: "42501" });
    expect(await stand.row(id)).toMatchObject({ status: "active" });
  });

  it("may be in a transaction that only reads", async () => {
    const url = new URL(stand.url);
    url.searchParams.set("options", "-c default_transaction_read_only=on");
    const id = await finished();
    const reader = stand.openOn(url.href);
    expect(bad(await reader.diagnose())).toEqual(["stale_leases"]);
    const { leases } = await reader.find({ companyId: place.companyId, status: "active" });
    expect(leases.map((lease) => lease.id)).toContain(id);
    expect(await reader.summarize({ companyId: place.companyId })).not.toEqual([]);
    const inventory = { provider: "daytona", sandboxes: [{ id: "over" }], complete: true };
    expect((await reader.compareWithProvider(inventory)).lost).toMatchObject([{ providerLeaseId: "in use" }]);
  });
});

it("a table that somebody has locked does not hold it up: each look gives up after a second", async () => {
  const { call } = await sql.begin(async (other) => {
    await other.unsafe("lock table environment_leases in access exclusive mode");
    const call = maintenance.diagnose();
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    return { call };
  });
  const findings = await call;
  expect(findings.map(({ code }) => code).sort()).toEqual([...CODES].sort());
  // What could not be looked at is not said to be well.
  const late = findings.filter(({ severity }) => severity === "warning");
  expect(late.length).toBeGreaterThanOrEqual(3);
  for (const { code, summary, count } of late) {
    expect(summary, code).toContain(code);
    expect(count, code).toBe(0);
  }
  expect(bad(await maintenance.diagnose())).toEqual([]);
});

it("the signal ends it", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const error = await sql.begin(async (other) => {
    await other.unsafe("lock table environment_leases in access exclusive mode");
    const call = rejection(maintenance.diagnose({ signal: controller.signal }));
    setTimeout(() => controller.abort(reason), 50);
    return { error: await call };
  });
  expect(error.error).toMatchObject({ name: "AbortError", code: "ABORT_ERR" });
  expect(error.error.cause).toBe(reason);
});

it("it leaves no limit behind on its connections", async () => {
  const own = stand.open({ maxConnections: 1 });
  const id = await finished();
  await own.diagnose();
  // Another call on the same connection may write, and wait for longer than a look.
  const locked = sql.begin(async (other) => {
    await other.unsafe("lock table heartbeat_runs in access exclusive mode");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const { ended } = await own.reap({ companyId: place.companyId });
  await locked;
  expect(ended.map(({ lease }) => lease.id)).toEqual([id]);
});
