import { beforeAll, describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { rowLock } from "../addon/support/locked.js";
import { until } from "../addon/support/until.js";
import { chosenSeed, random } from "./support/random.js";
import { ago, DAY, inTurn, startStand, times, type Columns, type Place } from "./support/stand.js";

const stand = await startStand();
const { maintenance, sql } = stand;

const olderThan = 30 * DAY;
const OVER = ["released", "expired", "failed"];

/** One that may be deleted. */
const old = (place: Place, columns: Columns = {}) =>
  stand.lease(place, {
    ...{ status: "released", released_at: ago("40 days"), last_used_at: ago("40 days") },
    ...{ acquired_at: ago("41 days"), created_at: ago("41 days"), updated_at: ago("40 days") },
    ...columns,
  });

const idsIn = async (companyId: string) =>
  (await stand.rows(`company_id = '${companyId}'`)).map(({ id }) => String(id));

/** Which of these a call deletes; a dry run before it has to count as many. */
async function pruned(
  companyId: string,
  options: Partial<Parameters<typeof maintenance.prune>[0]> = {},
): Promise<string[]> {
  const what = { olderThan, companyId, keepPerEnvironment: 0, ...options };
  const before = await idsIn(companyId);
  const counted = await maintenance.prune({ ...what, dryRun: true });
  expect(await idsIn(companyId)).toEqual(before);
  const result = await maintenance.prune(what);
  expect(counted).toEqual(result);
  const after = await idsIn(companyId);
  const gone = before.filter((id) => !after.includes(id));
  expect(result.deleted).toBe(gone.length);
  return gone.sort();
}

const ofRun = async (companyId: string, columns: Columns) => ({
  heartbeat_run_id: await stand.run(companyId, columns),
});

describe("deleted is", () => {
  it.each(OVER)("what is %s", async (status) => {
    const place = await stand.place();
    const id = await old(place, { status });
    expect(await pruned(place.companyId)).toEqual([id]);
  });

  it.each(["active", "retained", "pending_cleanup", "gone"])("not what is %s", async (status) => {
    const place = await stand.place();
    const [id, other] = [await old(place, { status }), await old(place)];
    expect(await pruned(place.companyId)).toEqual([other]);
    expect(await idsIn(place.companyId)).toEqual([id]);
  });

  it("what was last used before the cutoff, however it came to be", async () => {
    const place = await stand.place();
    const id = await old(place, { last_used_at: ago("30 days 1 minute"), updated_at: ago("0") });
    await old(place, { last_used_at: ago("29 days 23 hours 59 minutes"), acquired_at: ago("90 days") });
    expect(await pruned(place.companyId)).toEqual([id]);
  });

  it("what is older than the least age that there is", async () => {
    const place = await stand.place();
    const id = await old(place, { last_used_at: ago("8 days") });
    await old(place, { last_used_at: ago("6 days") });
    expect(await pruned(place.companyId, { olderThan: 7 * DAY })).toEqual([id]);
  });

  it.each(["succeeded", "failed", "cancelled", "timed_out", "interrupted"])(
    "what has a run that is %s",
    async (status) => {
      const place = await stand.place();
      const id = await old(place, await ofRun(place.companyId, { status }));
      expect(await pruned(place.companyId)).toEqual([id]);
    },
  );

  it.each(["queued", "running", "scheduled_retry", "exploded"])(
    "not what has a run that is %s",
    async (status) => {
      const place = await stand.place();
      await old(place, await ofRun(place.companyId, { status, finished_at: ago("40 days") }));
      expect(await pruned(place.companyId)).toEqual([]);
    },
  );

  it("what has a run that is gone", async () => {
    const place = await stand.place();
    const run = await stand.run(place.companyId);
    const id = await old(place, { heartbeat_run_id: run });
    await sql`delete from heartbeat_runs where id = ${run}`;
    expect(await stand.row(id)).toMatchObject({ heartbeat_run_id: null });
    expect(await pruned(place.companyId)).toEqual([id]);
  });

  it.each([
    [null, true],
    ["success", true],
    ["pending", false],
    ["failed", false],
  ])("what has the clean-up %s: %s", async (cleanup_status, isDeleted) => {
    for (const provider of [null, "daytona"]) {
      const place = await stand.place();
      const id = await old(place, { cleanup_status, provider });
      expect(await pruned(place.companyId)).toEqual(isDeleted ? [id] : []);
    }
  });

  it("what has outlived its environment", async () => {
    const place = await stand.place();
    const id = await old(place, { environment_id: null });
    expect(await pruned(place.companyId)).toEqual([id]);
  });

  it("not another company's", async () => {
    const [place, other] = [await stand.place(), await stand.place()];
    const id = await old(place);
    await old(other);
    expect(await pruned(place.companyId)).toEqual([id]);
    expect(await idsIn(other.companyId)).toHaveLength(1);
  });

  it("any company's, if none is named", async () => {
    const places = await inTurn(3, () => stand.place());
    for (const place of places) await old(place);
    const { deleted } = await maintenance.prune({ olderThan, keepPerEnvironment: 0 });
    expect(deleted).toBeGreaterThanOrEqual(3);
    for (const { companyId } of places) expect(await idsIn(companyId)).toEqual([]);
  });
});

describe("the newest lease of a thing at a provider", () => {
  const box = (name: string) => ({ provider: "daytona", provider_lease_id: name });

  it("stays, and those before it go", async () => {
    const place = await stand.place();
    const ids = await inTurn(4, (n) =>
      old(place, { ...box("one of four"), last_used_at: ago(`${50 - n} days`) }),
    );
    const other = await old(place, box("another"));
    expect(await pruned(place.companyId)).toEqual(ids.slice(0, 3).sort());
    expect(await idsIn(place.companyId)).toEqual([ids[3], other].sort());
    expect(await pruned(place.companyId)).toEqual([]);
  });

  it("may be in use, or another company's; then all of these go", async () => {
    const [place, other] = [await stand.place(), await stand.place()];
    const id = await old(place, box("handed on"));
    const newest = await stand.lease(other, box("handed on"));
    expect(await pruned(place.companyId)).toEqual([id]);
    expect(await idsIn(other.companyId)).toEqual([newest]);
  });

  it("is one, even if several were used in the same moment", async () => {
    const place = await stand.place();
    const moment = "2020-01-02 03:04:05.123456+00";
    const ids = await inTurn(5, () =>
      old(place, { ...box("of one moment"), last_used_at: moment, created_at: moment }),
    );
    expect(await pruned(place.companyId)).toHaveLength(4);
    expect(ids).toContain((await idsIn(place.companyId))[0]);
  });
});

describe("the newest of an environment", () => {
  it.each([0, 1, 3, 5, 6, 100])("stay, if %d are to be kept", async (keepPerEnvironment) => {
    const place = await stand.place();
    const ids = await inTurn(5, (n) => old(place, { last_used_at: ago(`${50 - n} days`) }));
    const expected = ids.slice(0, Math.max(0, 5 - keepPerEnvironment)).sort();
    expect(await pruned(place.companyId, { keepPerEnvironment })).toEqual(expected);
  });

  it("are 100, unless told otherwise", async () => {
    const place = await stand.place();
    await sql.unsafe(`
      insert into environment_leases (company_id, environment_id, status, last_used_at)
      select '${place.companyId}', '${place.environmentId}', 'released', now() - interval '40 days' - n * interval '1 s'
      from generate_series(1, 103) n`);
    const { companyId } = place;
    expect(await maintenance.prune({ olderThan, companyId })).toEqual({ deleted: 3, more: false });
  });

  it("are counted for each environment", async () => {
    const place = await stand.place();
    const other = { ...place, environmentId: await stand.environment(place.companyId) };
    const [ours, theirs] = [
      await inTurn(3, (n) => old(place, { last_used_at: ago(`${50 - n} days`) })),
      await inTurn(2, (n) => old(other, { last_used_at: ago(`${60 - n} days`) })),
    ];
    const expected = [...ours.slice(0, 2), ...theirs.slice(0, 1)].sort();
    expect(await pruned(place.companyId, { keepPerEnvironment: 1 })).toEqual(expected);
  });

  it("are the most recently used, whatever their state and age", async () => {
    const place = await stand.place();
    const id = await old(place);
    await stand.lease(place, { status: "active" });
    expect(await pruned(place.companyId, { keepPerEnvironment: 1 })).toEqual([id]);
    const second = await old(place);
    expect(await pruned(place.companyId, { keepPerEnvironment: 2 })).toEqual([]);
    expect(await pruned(place.companyId, { keepPerEnvironment: 1 })).toEqual([second]);
  });

  it("are so many of all companies that share it", async () => {
    const place = await stand.place();
    const companies = [place.companyId, await stand.company()];
    const ids = await inTurn(8, (n) =>
      old({ ...place, companyId: companies[n % 2] as string }, { last_used_at: ago(`${50 - n} days`) }),
    );
    const what = { olderThan, keepPerEnvironment: 3 };
    const counted = await maintenance.prune({ ...what, dryRun: true });
    const before = (await stand.rows("true")).length;
    const { deleted } = await maintenance.prune(what);
    expect(counted.deleted).toBe(deleted);
    expect((await stand.rows("true")).length).toBe(before - deleted);
    const left = await stand.rows(`environment_id = '${place.environmentId}'`);
    expect(left.map(({ id }) => String(id)).sort()).toEqual(ids.slice(5).sort());
  });

  it("are so many of all companies, even if one of them alone is pruned", async () => {
    const place = await stand.place();
    const { companyId } = place;
    const other = { ...place, companyId: await stand.company() };
    const ours = await inTurn(4, (n) => old(place, { last_used_at: ago(`${50 - n} days`) }));
    await inTurn(3, (n) => old(other, { last_used_at: ago(`${45 - n} days`) }));
    // The newest three of the environment are the other company's.
    expect(await pruned(companyId, { keepPerEnvironment: 3 })).toEqual(ours.slice().sort());
    expect(await idsIn(other.companyId)).toHaveLength(3);
  });

  it("are so many, even if several were used in the same moment", async () => {
    const place = await stand.place();
    const moment = "2020-01-02 03:04:05.123456+00";
    await inTurn(6, () => old(place, { last_used_at: moment, created_at: moment }));
    expect(await pruned(place.companyId, { keepPerEnvironment: 2 })).toHaveLength(4);
  });
});

describe("in batches", () => {
  const crowd = async (count: number) => {
    const place = await stand.place();
    await sql.unsafe(`
      insert into environment_leases (company_id, environment_id, status, last_used_at)
      select '${place.companyId}', '${place.environmentId}', 'expired', now() - interval '40 days' - n % 9 * interval '1 s'
      from generate_series(1, ${count}) n`);
    return place;
  };

  beforeAll(() =>
    sql.unsafe(`
      create table if not exists deletions (transaction bigint, count int, at timestamptz default clock_timestamp());
      create or replace function see_deletions() returns trigger language plpgsql as $$
      begin
        insert into deletions select txid_current(), count(*) from gone having count(*) > 0;
        return null;
      end $$;
      create trigger see_deletions after delete on environment_leases
        referencing old table as gone for each statement execute function see_deletions()`),
  );

  const batchesOf = async (work: () => Promise<unknown>) => {
    await sql`truncate deletions`;
    await work();
    const rows = await sql<{ transaction: string; count: number }[]>`
      select transaction::text, count from deletions order by at`;
    // Each is a transaction of its own.
    expect(new Set(rows.map(({ transaction }) => transaction)).size).toBe(rows.length);
    return rows.map(({ count }) => count);
  };

  it.each([
    [25, 10, [10, 10, 5]],
    [20, 10, [10, 10]],
    [3, 1, [1, 1, 1]],
    [7, 10_000, [7]],
  ])("%d leases, %d at a time", async (count, batch, expected) => {
    const { companyId } = await crowd(count);
    const what = { olderThan, companyId, keepPerEnvironment: 0, batch };
    expect(await batchesOf(() => maintenance.prune(what))).toEqual(expected);
    expect(await idsIn(companyId)).toEqual([]);
  });

  it("a thousand at a time, unless told otherwise", async () => {
    const { companyId } = await crowd(1_500);
    const what = { olderThan, companyId, keepPerEnvironment: 0 };
    expect(await batchesOf(() => maintenance.prune(what))).toEqual([1_000, 500]);
  });

  it.each([
    [12, 5, { deleted: 5, more: true }],
    [12, 11, { deleted: 11, more: true }],
    [12, 12, { deleted: 12, more: false }],
    [12, 13, { deleted: 12, more: false }],
    [0, 5, { deleted: 0, more: false }],
  ])("of %d leases, %d at most", async (count, limit, expected) => {
    const { companyId } = await crowd(count);
    const what = { olderThan, companyId, keepPerEnvironment: 0, batch: 4, limit };
    expect(await maintenance.prune({ ...what, dryRun: true })).toEqual(expected);
    expect(await maintenance.prune(what)).toEqual(expected);
    expect(await idsIn(companyId)).toHaveLength(count - expected.deleted);
  });

  it("passes over rows that somebody else has locked", async () => {
    const { companyId } = await crowd(20);
    const locked = (await idsIn(companyId)).filter((_, n) => n % 4 === 0);
    await sql.begin(async (other) => {
      await other.unsafe(rowLock("environment_leases", ...locked));
      for (let batch = 3; batch <= 7; batch += 4) {
        await maintenance.prune({ olderThan, companyId, keepPerEnvironment: 0, batch });
        expect(await idsIn(companyId)).toEqual(locked);
      }
    });
    const { deleted } = await maintenance.prune({ olderThan, companyId, keepPerEnvironment: 0 });
    expect(deleted).toBe(locked.length);
  });

  it("stops at the signal, behind the batch that is under way", async () => {
    const { companyId } = await crowd(300);
    const controller = new AbortController();
    const reason = new Error("enough");
    const what = { olderThan, companyId, keepPerEnvironment: 0, batch: 5 };
    const call = rejection(maintenance.prune(what, { signal: controller.signal }));
    await until("a batch is deleted", async () => (await idsIn(companyId)).length < 300);
    controller.abort(reason);
    const error = await call;
    expect(error).toMatchObject({ name: "AbortError", code: "ABORT_ERR" });
    expect(error.cause).toBe(reason);
    const left = (await idsIn(companyId)).length;
    expect(left).toBeGreaterThan(0);
    expect(left % 5).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await idsIn(companyId)).toHaveLength(left);
    expect(await maintenance.prune(what)).toEqual({ deleted: left, more: false });
  });

  it("does nothing if the signal was aborted before", async () => {
    const { companyId } = await crowd(3);
    const call = maintenance.prune(
      { olderThan, companyId, keepPerEnvironment: 0 },
      { signal: AbortSignal.abort() },
    );
    expect(await rejection(call)).toMatchObject({ name: "AbortError" });
    expect(await idsIn(companyId)).toHaveLength(3);
  });

  it("two at once delete each row once, and meet no deadlock", { timeout: 30_000 }, async () => {
    const { companyId } = await crowd(400);
    const what = { olderThan, companyId, keepPerEnvironment: 0, batch: 20 };
    const results = await Promise.all(times(3, () => stand.open().prune(what)));
    expect(results.reduce((total, { deleted }) => total + deleted, 0)).toBe(400);
    expect(await idsIn(companyId)).toEqual([]);
    const [row] = await sql.unsafe(
      "select deadlocks::text as deadlocks from pg_stat_database where datname = current_database()",
    );
    expect(row).toEqual({ deadlocks: "0" });
  });
});

it("a dry run of any mixture counts what a real one deletes", async () => {
  const companies = await inTurn(3, () => stand.company());
  const environments = [
    await stand.environment(companies[0] as string),
    await stand.environment(companies[0] as string),
    null,
  ];
  const finished = await inTurn(3, (n) => stand.finishedRun(companies[n] as string));
  const running = await inTurn(3, (n) => stand.run(companies[n] as string));
  const next = random(chosenSeed("a mixture to prune"));
  const pick = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)] as T;
  for (let n = 0; n < 250; n++) {
    const company = n % 3;
    await stand.lease(
      { companyId: companies[company] as string, environmentId: environments[0] as string },
      {
        environment_id: pick(environments),
        status: pick([...OVER, ...OVER, "active", "retained", "pending_cleanup"]),
        heartbeat_run_id: pick([null, finished[company], running[company]]) ?? null,
        provider_lease_id: pick([null, null, "mixed 1", "mixed 2", `mixed ${n}`]),
        provider: pick([null, "daytona"]),
        cleanup_status: pick([null, null, "success", "pending", "failed"]),
        last_used_at: ago(`${pick([1, 10, 29, 31, 31, 40, 50])} days`),
      },
    );
  }
  for (const options of [
    { keepPerEnvironment: 60 },
    { keepPerEnvironment: 5, limit: 10 },
    { keepPerEnvironment: 0 },
  ]) {
    const what = { olderThan, batch: 7, ...options };
    const before = (await stand.rows("true")).length;
    const counted = await maintenance.prune({ ...what, dryRun: true });
    const result = await maintenance.prune(what);
    expect(counted).toEqual(result);
    expect((await stand.rows("true")).length).toBe(before - result.deleted);
  }
});
