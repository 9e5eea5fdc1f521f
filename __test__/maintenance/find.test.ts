import { randomUUID } from "node:crypto";

import { describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { invalid } from "../support/suite.js";
import { rowLock } from "../addon/support/locked.js";
import type { EnvironmentLease, LeaseFilters } from "./support/library.js";
import { ago, inTurn, startStand, type Columns, type Place } from "./support/stand.js";

const stand = await startStand();
const { maintenance, sql } = stand;

/** The leases of all pages in order. */
async function pages(filters: LeaseFilters): Promise<EnvironmentLease[][]> {
  const found: EnvironmentLease[][] = [];
  let after: string | null | undefined;
  do {
    const page = await maintenance.find({ ...filters, ...(after && { after }) });
    found.push(page.leases);
    after = page.next;
    if (found.length > 2_000) throw new Error("the pages have no end");
  } while (after !== null);
  return found;
}

const ids = (leases: EnvironmentLease[]) => leases.map(({ id }) => id);
const found = async (filters: LeaseFilters) => ids((await maintenance.find(filters)).leases);

/** The ids on this condition, in the order that is promised. */
async function inOrder(condition: string): Promise<string[]> {
  const rows = await sql.unsafe<{ id: string }[]>(
    `select id from environment_leases where ${condition}
     order by last_used_at desc, created_at desc, id desc`,
  );
  return rows.map(({ id }) => id);
}

describe("a lease", () => {
  const KEYS = [
    ...["id", "companyId", "environmentId", "executionWorkspaceId", "issueId", "heartbeatRunId", "status"],
    ...["leasePolicy", "provider", "providerLeaseId", "acquiredAt", "lastUsedAt", "expiresAt", "releasedAt"],
    ...["failureReason", "cleanupStatus", "metadata", "createdAt", "updatedAt"],
  ];

  it("has all that its row has", async () => {
    const place = await stand.place();
    const { companyId } = place;
    const columns = {
      execution_workspace_id: await stand.workspace(companyId),
      issue_id: await stand.issue(companyId),
      heartbeat_run_id: await stand.run(companyId),
      ...{ status: "pending_cleanup", lease_policy: "retain_on_failure", provider: "daytona" },
      ...{ provider_lease_id: "box", failure_reason: "it failed", cleanup_status: "failed" },
      acquired_at: "2026-01-02 03:04:05.123456+00",
      last_used_at: "2026-01-02 03:04:06.5+00",
      expires_at: "2026-01-02 03:04:07+00",
      released_at: "2026-01-02 03:04:08+00",
      created_at: "2026-01-02 03:04:09+00",
      updated_at: "2026-01-02 03:04:10+00",
      metadata: '{"a": {"b": [1, null, "x"]}}',
    };
    const id = await stand.lease(place, columns);
    const { leases, next } = await maintenance.find({ companyId });
    expect(next).toBeNull();
    expect(leases).toEqual([
      {
        ...{ id, ...place },
        executionWorkspaceId: columns.execution_workspace_id,
        issueId: columns.issue_id,
        heartbeatRunId: columns.heartbeat_run_id,
        ...{ status: "pending_cleanup", leasePolicy: "retain_on_failure", provider: "daytona" },
        ...{ providerLeaseId: "box", failureReason: "it failed", cleanupStatus: "failed" },
        acquiredAt: new Date("2026-01-02T03:04:05.123Z"),
        lastUsedAt: new Date("2026-01-02T03:04:06.500Z"),
        expiresAt: new Date("2026-01-02T03:04:07Z"),
        releasedAt: new Date("2026-01-02T03:04:08Z"),
        createdAt: new Date("2026-01-02T03:04:09Z"),
        updatedAt: new Date("2026-01-02T03:04:10Z"),
        metadata: { a: { b: [1, null, "x"] } },
      },
    ]);
    expect(Object.keys(leases[0] ?? {})).toEqual(KEYS);
  });

  it("may lack most of it, also its environment", async () => {
    const place = await stand.place();
    const id = await stand.lease(place, { environment_id: null, metadata: "[1]" });
    const { leases } = await maintenance.find({ companyId: place.companyId });
    expect(leases).toMatchObject([
      {
        ...{ id, environmentId: null, executionWorkspaceId: null, issueId: null, heartbeatRunId: null },
        ...{ provider: null, providerLeaseId: null, expiresAt: null, releasedAt: null, metadata: null },
        ...{ failureReason: null, cleanupStatus: null },
      },
    ]);
  });

  it("is given with words that no release knows, and the others with it", async () => {
    const place = await stand.place();
    const strange = await stand.lease(place, {
      ...{ status: "gone", lease_policy: "forever", cleanup_status: "half", provider: "" },
    });
    const other = await stand.lease(place);
    const { leases } = await maintenance.find({ companyId: place.companyId });
    expect(ids(leases).sort()).toEqual([strange, other].sort());
    expect(leases.find(({ id }) => id === strange)).toMatchObject({
      ...{ status: "gone", leasePolicy: "forever", cleanupStatus: "half", provider: "" },
    });
    expect(await found({ companyId: place.companyId, status: "gone" })).toEqual([strange]);
    expect(await found({ companyId: place.companyId, cleanupStatus: "half" })).toEqual([strange]);
  });

  it("is read while somebody else writes it", async () => {
    const place = await stand.place();
    const id = await stand.lease(place);
    await sql.begin(async (other) => {
      await other.unsafe(rowLock("environment_leases", id));
      expect(await found({ companyId: place.companyId })).toEqual([id]);
    });
  });
});

describe("the order", () => {
  it("is of the last use, then of the creation, then of the id, each down to the microsecond", async () => {
    const place = await stand.place();
    const [early, late] = ["2026-01-02 03:04:05.123456+00", "2026-01-02 03:04:05.123457+00"];
    for (const last_used_at of [early, late]) {
      for (const created_at of [late, early]) {
        for (let n = 0; n < 3; n++) await stand.lease(place, { last_used_at, created_at });
      }
    }
    const expected = await inOrder(`company_id = '${place.companyId}'`);
    expect(await found({ companyId: place.companyId })).toEqual(expected);
  });

  it("is one for all companies", async () => {
    const places = [await stand.place(), await stand.place(), await stand.place()];
    const held = { provider_lease_id: "in all companies", provider: "order" };
    for (let n = 0; n < 12; n++) {
      await stand.lease(places[(n * 2) % 3] as Place, {
        ...held,
        last_used_at: ago(`${(n * 7) % 12} hours`),
      });
    }
    const expected = await inOrder("provider = 'order'");
    expect(await found({ provider: "order" })).toEqual(expected);
    expect(await found({ providerLeaseId: "in all companies" })).toEqual(expected);
    expect((await pages({ provider: "order", limit: 5 })).flatMap(ids)).toEqual(expected);
  });
});

describe("pages", async () => {
  const places = [await stand.place(), await stand.place()];
  const run = await stand.run(places[0]?.companyId ?? "");
  // Times that are equal, and times that differ by a microsecond, in rows that lie in no order.
  for (const [n, { companyId, environmentId }] of places.entries()) {
    const workspace = await stand.workspace(companyId);
    await sql.unsafe(`
      insert into environment_leases (company_id, environment_id, last_used_at, created_at, provider,
        provider_lease_id, heartbeat_run_id, execution_workspace_id)
      select '${companyId}', '${environmentId}',
        '2026-01-02 03:04:05.123000+00'::timestamptz + (n * 7919 % 40) * interval '1 microsecond',
        '2026-01-01 00:00:00+00'::timestamptz + (n * 31 % 5) * interval '1 microsecond',
        'pages', 'paged box', ${n === 0 ? `'${run}'` : "null"}, '${workspace}'
      from generate_series(1, 330) n`);
  }
  const [{ companyId }] = places as [Place, Place];
  const [row] = await sql.unsafe<{ id: string }[]>(
    `select execution_workspace_id as id from environment_leases where company_id = '${companyId}' limit 1`,
  );

  const FILTERS: [what: string, filters: LeaseFilters, condition: string][] = [
    ["a company", { companyId }, `company_id = '${companyId}'`],
    ["all companies", { provider: "pages" }, "provider = 'pages'"],
    ["a run", { heartbeatRunId: run }, `heartbeat_run_id = '${run}'`],
    ["a provider lease", { providerLeaseId: "paged box" }, "provider_lease_id = 'paged box'"],
    ["a workspace", { executionWorkspaceId: row?.id ?? "" }, `execution_workspace_id = '${row?.id}'`],
  ];
  describe.each(FILTERS)("of %s", (_, filters, condition) => {
    it.each([1, 7, 100, 1000])("of %d neither skip nor repeat a row", { timeout: 30_000 }, async (limit) => {
      const expected = await inOrder(condition);
      // One by one, those of the first times will do.
      if (limit === 1) {
        const first: string[] = [];
        let after: string | undefined;
        for (let n = 0; n < 60; n++) {
          const { leases, next } = await maintenance.find({ ...filters, limit, ...(after && { after }) });
          first.push(...ids(leases));
          after = next ?? undefined;
        }
        expect(first).toEqual(expected.slice(0, 60));
        return;
      }
      const all = await pages({ ...filters, limit });
      expect(all.flatMap(ids)).toEqual(expected);
      for (const page of all.slice(0, -1)) expect(page).toHaveLength(limit);
      expect(all.at(-1)?.length).toBeGreaterThan(0);
    });
  });

  it("of 100 unless told otherwise", async () => {
    const { leases, next } = await maintenance.find({ companyId });
    expect(leases).toHaveLength(100);
    expect(next).not.toBeNull();
  });

  it("end with the last row, even if the page is full", async () => {
    const { leases, next } = await maintenance.find({ companyId, limit: 330 });
    expect(leases).toHaveLength(330);
    expect(next).toBeNull();
    const all = await pages({ companyId, limit: 110 });
    expect(all.map(({ length }) => length)).toEqual([110, 110, 110]);
  });

  it("go on behind a row that is gone, and pass over none that is new", async () => {
    const place = await stand.place();
    const columns = (n: number): Columns => ({ last_used_at: `2026-01-02 03:04:0${n}+00` });
    for (let n = 0; n < 6; n++) await stand.lease(place, columns(n));
    const one = await maintenance.find({ companyId: place.companyId, limit: 2 });
    const last = one.leases.at(-1)?.id ?? "";
    await sql`delete from environment_leases where id = ${last}`;
    await stand.lease(place, columns(9));
    const two = await maintenance.find({ companyId: place.companyId, limit: 10, after: one.next ?? "" });
    expect(two.leases.map(({ lastUsedAt }) => lastUsedAt.getSeconds())).toEqual([3, 2, 1, 0]);
  });

  it.each(["12000-02-29 00:00:00+00", "0044-03-15 00:00:00 BC", "infinity", "-infinity", "1800-01-01"])(
    "goes on behind leases that were used at %s",
    async (last_used_at) => {
      const far = await stand.place();
      const ids = await inTurn(3, () => stand.lease(far, { last_used_at }));
      const seen: string[] = [];
      for (let after: string | null | undefined; after !== null;) {
        const page = await maintenance.find({
          ...{ companyId: far.companyId, limit: 1, ...(after && { after }) },
        });
        seen.push(...page.leases.map(({ id }) => id));
        after = page.next;
      }
      expect(seen.sort()).toEqual(ids.sort());
    },
  );

  describe("a cursor", async () => {
    const filters = { companyId, provider: "pages", limit: 5 };
    const after = (await maintenance.find(filters)).next ?? "";

    it("is text for a URL", () => {
      expect(after).toMatch(/^[A-Za-z0-9_-]+$/);
    });

    it("goes on with another limit", async () => {
      const next = await found({ ...filters, after, limit: 3 });
      expect(next).toEqual((await inOrder(`company_id = '${companyId}'`)).slice(5, 8));
    });

    const OTHERS: [what: string, filters: LeaseFilters][] = [
      ["less", { companyId }],
      ["more", { ...filters, status: "active" }],
      ["another value", { ...filters, provider: "page" }],
      ["another company", { ...filters, companyId: places[1]?.companyId ?? "" }],
      ["another name", { companyId, cleanupStatus: "pages" }],
      ["a time", { ...filters, usedBefore: new Date() }],
      ["none", {}],
    ];
    it.each(OTHERS)("is refused with other filters: %s", async (_, others) => {
      const error = await rejection(maintenance.find({ ...others, after }));
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toContain("after");
    });

    const bytes = Buffer.from(after, "base64url");
    const inside = bytes.toString("utf8");
    const MALFORMED: [what: string, cursor: string][] = [
      ["empty", ""],
      ["a word", "next"],
      ["what is no base64", "%%%"],
      ["cut", after.slice(0, -6)],
      ["cut to its half", after.slice(0, after.length / 2)],
      ["JSON of something else", Buffer.from('{"a": 1}').toString("base64url")],
      ["null", Buffer.from("null").toString("base64url")],
      ["an empty array", Buffer.from("[]").toString("base64url")],
      ["with another id", Buffer.from(inside.replace(/[0-9a-f-]{36}/, "not an id")).toString("base64url")],
      [
        "with another time",
        Buffer.from(inside.replace(/\d{4}-\d\d-\d\d/, "yesterday")).toString("base64url"),
      ],
      ["with SQL", Buffer.from(inside.replace(/\d{4}-\d\d-\d\d/, "'; --")).toString("base64url")],
      ["with a month that there is not", Buffer.from(inside.replace(/-01-/, "-13-")).toString("base64url")],
    ];
    it.each(MALFORMED)("that is malformed is refused: %s", async (_, cursor) => {
      expect(cursor).not.toBe(after);
      const error = await rejection(maintenance.find({ ...filters, after: cursor }));
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toContain("after");
    });
  });
});

describe("filters", async () => {
  const { companyId, environmentId } = await stand.place();
  const environments = [environmentId, await stand.environment(companyId)];
  const workspaces = [await stand.workspace(companyId), await stand.workspace(companyId)];
  const runs = [await stand.run(companyId), await stand.run(companyId)];
  const other = await stand.place();
  const statuses = ["active", "released", "retained", "pending_cleanup"];
  const providers = [null, "daytona", "e2b"];
  const cleanups = [null, "failed", "success"];
  /** A row for each number, so that each filter cuts through the others. */
  const columns = (n: number): Columns => ({
    status: statuses[n % 4] as string,
    provider: providers[n % 3] as string | null,
    provider_lease_id: n % 5 === 0 ? null : `${companyId} ${n % 5}`,
    environment_id: n % 7 === 0 ? null : (environments[n % 2] as string),
    heartbeat_run_id: n % 11 === 0 ? null : (runs[n % 2] as string),
    execution_workspace_id: n % 3 === 1 ? null : (workspaces[(n >> 1) % 2] as string),
    cleanup_status: cleanups[(n >> 2) % 3] as string | null,
    last_used_at: { expression: `timestamptz '2026-01-02 03:00:00+00' + ${n} * interval '1 minute'` },
  });
  for (let n = 0; n < 150; n++) await stand.lease({ companyId, environmentId }, columns(n));
  for (let n = 0; n < 20; n++) {
    await stand.lease(other, {
      ...columns(n),
      environment_id: other.environmentId,
      ...{ heartbeat_run_id: null, execution_workspace_id: null, provider_lease_id: `${companyId} ${n % 5}` },
    });
  }
  const middle = new Date("2026-01-02T03:40:00Z");

  const ALL: [filters: LeaseFilters, condition: string][] = [
    [{ environmentId }, `environment_id = '${environmentId}'`],
    [{ status: "active" }, "status = 'active'"],
    [{ status: ["active", "retained"] }, "status in ('active', 'retained')"],
    [{ provider: "daytona" }, "provider = 'daytona'"],
    [{ heartbeatRunId: runs[0] as string }, `heartbeat_run_id = '${runs[0]}'`],
    [{ executionWorkspaceId: workspaces[1] as string }, `execution_workspace_id = '${workspaces[1]}'`],
    [{ providerLeaseId: `${companyId} 2` }, `provider_lease_id = '${companyId} 2'`],
    [{ cleanupStatus: "failed" }, "cleanup_status = 'failed'"],
    [{ usedBefore: middle }, "last_used_at < '2026-01-02 03:40:00+00'"],
  ];

  it.each(ALL)("%o, alone", async (filters, condition) => {
    // Alone, others' leases of this database may have it as well.
    const expected = await inOrder(condition);
    expect(expected.length).toBeGreaterThan(0);
    expect((await pages({ ...filters, limit: 1000 })).flatMap(ids)).toEqual(expected);
  });

  it.each(ALL)("%o, in a company", async (filters, condition) => {
    const expected = await inOrder(`company_id = '${companyId}' and ${condition}`);
    expect(expected.length).toBeGreaterThan(0);
    expect((await pages({ companyId, ...filters, limit: 50 })).flatMap(ids)).toEqual(expected);
  });

  it("any two of them together", async () => {
    let fruitful = 0;
    for (const [n, [one, first]] of ALL.entries()) {
      for (const [two, second] of ALL.slice(n + 1)) {
        if ("status" in one && "status" in two) continue;
        const expected = await inOrder(`company_id = '${companyId}' and ${first} and ${second}`);
        const got = (await pages({ companyId, ...one, ...two, limit: 40 })).flatMap(ids);
        expect(got, `${first} and ${second}`).toEqual(expected);
        if (expected.length > 0) fruitful += 1;
      }
    }
    expect(fruitful).toBeGreaterThan(25);
  });

  it("all of them together", async () => {
    const wanted = (await stand.rows(`company_id = '${companyId}'`)).find((row) =>
      Object.values({
        ...row,
        expires_at: "",
        released_at: "",
        failure_reason: "",
        metadata: "",
        issue_id: "",
      }).every((value) => value !== null),
    );
    if (!wanted) throw new Error("there is no row with all of it");
    const text = (column: string) => String(wanted[column]);
    const filters: LeaseFilters = {
      ...{ companyId, environmentId: text("environment_id"), status: [text("status"), "failed"] },
      ...{ provider: text("provider"), heartbeatRunId: text("heartbeat_run_id") },
      ...{ executionWorkspaceId: text("execution_workspace_id"), cleanupStatus: text("cleanup_status") },
      providerLeaseId: text("provider_lease_id"),
      usedBefore: new Date(Date.parse(text("last_used_at")) + 1),
    };
    expect(await found(filters)).toContain(wanted["id"]);
    for (const name of ["companyId", "environmentId", "heartbeatRunId", "executionWorkspaceId"] as const) {
      expect(await found({ ...filters, [name]: randomUUID() }), name).toEqual([]);
    }
    for (const name of ["status", "provider", "providerLeaseId", "cleanupStatus"] as const) {
      expect(await found({ ...filters, [name]: "other" }), name).toEqual([]);
    }
    const before = { usedBefore: new Date(text("last_used_at")) };
    expect(await found({ ...filters, ...before })).not.toContain(wanted["id"]);
  });

  it("usedBefore leaves out the very moment", async () => {
    const place = await stand.place();
    const id = await stand.lease(place, { last_used_at: "2026-01-02 03:04:05.123+00" });
    const at = (time: string) => found({ companyId: place.companyId, usedBefore: new Date(time) });
    expect(await at("2026-01-02T03:04:05.123Z")).toEqual([]);
    expect(await at("2026-01-02T03:04:05.124Z")).toEqual([id]);
  });

  it("no status at all matches nothing", async () => {
    expect(await found({ companyId, status: [] })).toEqual([]);
  });

  it("undefined is as if it were not there", async () => {
    const filters = invalid<LeaseFilters>({
      companyId,
      status: undefined,
      after: undefined,
      limit: undefined,
    });
    expect(await found(filters)).toEqual(await found({ companyId }));
  });

  it("values are values, whatever they look like", async () => {
    const place = await stand.place();
    const strange = `'; drop table environment_leases; -- "\\ % _ 🙂`;
    const id = await stand.lease(place, { provider: strange, provider_lease_id: strange });
    expect(await found({ provider: strange })).toEqual([id]);
    expect(await found({ providerLeaseId: strange })).toEqual([id]);
    expect(await found({ companyId: place.companyId, provider: "%" })).toEqual([]);
  });

  it("an id in capital letters is the same id", async () => {
    expect(await found({ companyId: companyId.toUpperCase() })).toEqual(await found({ companyId }));
  });

  it("an id that nothing has matches nothing", async () => {
    for (const name of ["companyId", "environmentId", "heartbeatRunId", "executionWorkspaceId"]) {
      expect(await maintenance.find({ [name]: randomUUID() })).toEqual({ leases: [], next: null });
    }
  });
});
