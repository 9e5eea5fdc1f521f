import { describe, expect, it } from "vitest";

import { ago, ahead, inTurn, startStand, times } from "./support/stand.js";

const stand = await startStand();
const { maintenance, sql } = stand;

const LIVE = ["active", "retained", "pending_cleanup"];
const OVER = ["released", "expired", "failed"];

describe("of one company", async () => {
  const place = await stand.place();
  const { companyId } = place;
  const other = { companyId, environmentId: await stand.environment(companyId) };
  // Different numbers of each, so that none is taken for another.
  let number = 0;
  const expected: Record<string, unknown>[] = [];
  for (const { environmentId, provider } of [
    { environmentId: place.environmentId, provider: null },
    { environmentId: place.environmentId, provider: "daytona" },
    { environmentId: other.environmentId, provider: "daytona" },
    { environmentId: null, provider: "e2b" },
  ]) {
    for (const status of [...LIVE, ...OVER, "gone"]) {
      number += 1;
      await inTurn(number, (n) =>
        stand.lease(place, {
          ...{ environment_id: environmentId, provider, status },
          acquired_at: `2026-01-02 03:04:05.${100 + n}+00`,
          expires_at: n % 3 === 0 ? ago("1 minute") : n % 3 === 1 ? ahead("1 hour") : null,
          cleanup_status: n % 2 === 0 ? "failed" : "success",
        }),
      );
      expected.push({
        ...{ companyId, environmentId, provider, status, count: number },
        oldestAcquiredAt: new Date("2026-01-02T03:04:05.100Z"),
        expired: times(number, (n) => n % 3 === 0).filter(Boolean).length,
        cleanupFailed: times(number, (n) => n % 2 === 0).filter(Boolean).length,
      });
    }
  }
  const sorted = (rows: object[]) => rows.map((row) => JSON.stringify(row)).sort();
  const isLive = ({ status }: Record<string, unknown>) => LIVE.includes(String(status));

  it("counts what is live", async () => {
    const rows = await maintenance.summarize({ companyId });
    expect(sorted(rows)).toEqual(sorted(expected.filter(isLive)));
    expect(rows.every(({ oldestAcquiredAt }) => oldestAcquiredAt instanceof Date)).toBe(true);
  });

  it("counts everything, with the history", async () => {
    expect(sorted(await maintenance.summarize({ companyId, history: true }))).toEqual(sorted(expected));
  });

  it("tells the same among all companies", async () => {
    const own = (rows: { companyId: string }[]) => rows.filter((row) => row.companyId === companyId);
    expect(sorted(own(await maintenance.summarize()))).toEqual(sorted(expected.filter(isLive)));
    expect(sorted(own(await maintenance.summarize({ history: true })))).toEqual(sorted(expected));
  });
});

describe("of all companies", () => {
  it("has each of them", async () => {
    const places = await inTurn(3, () => stand.place());
    for (const place of places) await stand.lease(place);
    const rows = await maintenance.summarize();
    for (const { companyId, environmentId } of places) {
      expect(rows.filter((row) => row.companyId === companyId)).toMatchObject([
        { environmentId, provider: null, status: "active", count: 1, expired: 0, cleanupFailed: 0 },
      ]);
    }
  });

  it("an environment of several companies has a row for each", async () => {
    const place = await stand.place();
    const companies = [place.companyId, await stand.company()];
    for (const companyId of companies) await stand.lease({ ...place, companyId });
    const rows = await maintenance.summarize();
    const own = rows.filter(({ environmentId }) => environmentId === place.environmentId);
    expect(own.map(({ companyId, count }) => [companyId, count]).sort()).toEqual(
      companies.map((companyId) => [companyId, 1]).sort(),
    );
  });

  it("the history adds up to the table", async () => {
    const rows = await maintenance.summarize({ history: true });
    const [row] = await sql<{ count: number }[]>`select count(*)::int from environment_leases`;
    expect(rows.reduce((total, { count }) => total + count, 0)).toBe(row?.count);
  });
});

it("of a company without leases is empty", async () => {
  const companyId = await stand.company();
  expect(await maintenance.summarize({ companyId })).toEqual([]);
  expect(await maintenance.summarize({ companyId, history: true })).toEqual([]);
});

it("what expires this very moment is past only once it is", async () => {
  const place = await stand.place();
  await stand.lease(place, { expires_at: ahead("1 hour") });
  const { companyId } = place;
  expect(await maintenance.summarize({ companyId })).toMatchObject([{ count: 1, expired: 0 }]);
  await sql`update environment_leases set expires_at = now() - interval '1 second' where company_id = ${companyId}`;
  expect(await maintenance.summarize({ companyId })).toMatchObject([{ count: 1, expired: 1 }]);
});
