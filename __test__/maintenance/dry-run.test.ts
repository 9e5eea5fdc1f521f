// A dry run returns what a real one would do, does not call `release`, and changes no byte of any table.

import { beforeAll, describe, expect, it } from "vitest";

import { plantAll, REASONS, WAYS_OF_PROVIDERS } from "./support/leaks.js";
import { ago, DAY, idsOf, inTurn, startStand, type Place } from "./support/stand.js";

const stand = await startStand();
const { maintenance, sql } = stand;

let place: Place = { companyId: "", environmentId: "" };
beforeAll(async () => {
  for (const driver of ["plugin", "sandbox", "ssh"]) {
    place = await stand.place({ driver });
    for (const provider of [null, "ssh", "daytona"]) {
      await plantAll(stand, place, WAYS_OF_PROVIDERS, (n) => ({
        provider,
        provider_lease_id: `${driver} ${provider} ${n}`,
      }));
    }
    await inTurn(5, (n) =>
      stand.lease(place, {
        status: "released",
        last_used_at: ago(`${100 - n} days`),
        released_at: ago("90 days"),
      }),
    );
  }
});

/** All that can be told apart of each row of each table: where it lies, who has written and locked it, what it says. */
async function everything(): Promise<Record<string, string[]>> {
  const tables = await sql<{ name: string }[]>`
    select quote_ident(tablename) as name from pg_tables where schemaname = 'public' order by 1`;
  const contents: Record<string, string[]> = {};
  for (const { name } of tables) {
    const rows = await sql.unsafe<{ row: string }[]>(
      `select concat_ws(' ', ctid::text, xmin::text, xmax::text, cmin::text, cmax::text, t::text) as row
       from ${name} t order by ctid`,
    );
    contents[name] = rows.map(({ row }) => row);
  }
  return contents;
}

const calls: unknown[] = [];
const release = async (lease: unknown) => void calls.push(lease);

const DRY: [what: string, call: () => Promise<unknown>][] = [
  ["reap", () => maintenance.reap({ dryRun: true })],
  [
    "reap for each reason, with a hook",
    () => maintenance.reap({ dryRun: true, reasons: REASONS, olderThan: DAY, release, limit: 1000 }),
  ],
  [
    "reap for each reason, without one",
    () => maintenance.reap({ dryRun: true, reasons: REASONS, olderThan: DAY, limit: 1000 }),
  ],
  [
    "reap of an environment",
    () => maintenance.reap({ dryRun: true, ...place, reasons: ["run_finished", "expired"], limit: 3 }),
  ],
  ["prune", () => maintenance.prune({ dryRun: true, olderThan: 30 * DAY, keepPerEnvironment: 0 })],
  [
    "prune in batches",
    () => maintenance.prune({ dryRun: true, olderThan: 30 * DAY, keepPerEnvironment: 1, batch: 2, limit: 6 }),
  ],
];

const READING: typeof DRY = [
  ["find", () => maintenance.find({ usedBefore: new Date(), limit: 1000 })],
  ["summarize", () => maintenance.summarize({ history: true })],
  [
    "compareWithProvider",
    () =>
      maintenance.compareWithProvider({
        ...{
          provider: "daytona",
          sandboxes: [{ id: "plugin daytona 1" }, { id: "stranger" }],
          complete: true,
        },
      }),
  ],
  ["diagnose", () => maintenance.diagnose()],
];

describe("every byte stays as it is after", () => {
  it.each([...DRY, ...READING])("%s", async (_, call) => {
    const before = await everything();
    const sequences = await sql`select * from pg_sequences order by 1, 2`;
    expect(before["environment_leases"]?.length).toBeGreaterThan(100);
    const result = await call();
    // Nothing would be written, either, where nothing is found.
    expect(JSON.stringify(result).length).toBeGreaterThan(20);
    expect(await everything()).toEqual(before);
    expect([...(await sql`select * from pg_sequences order by 1, 2`)]).toEqual([...sequences]);
    expect(calls).toEqual([]);
  });

  it("a real run, which this would notice", async () => {
    const other = await stand.place();
    await stand.lease(other, { heartbeat_run_id: await stand.finishedRun(other.companyId) });
    const before = await everything();
    await maintenance.reap({ companyId: other.companyId });
    expect(await everything()).not.toEqual(before);
  });
});

it("it waits for nobody, and holds nobody up", async () => {
  await sql.begin(async (other) => {
    await other.unsafe("select from environment_leases for update");
    const { ended } = await maintenance.reap({ dryRun: true, limit: 1000 });
    expect(ended.length).toBeGreaterThan(5);
    expect(
      (await maintenance.prune({ dryRun: true, olderThan: 30 * DAY, keepPerEnvironment: 0 })).deleted,
    ).toBeGreaterThan(5);
  });
});

describe("what it says is what comes to be", () => {
  it.each([
    ["with a hook", { release }],
    ["without one", {}],
  ])("%s", async (_, hook) => {
    for (const driver of ["plugin", "sandbox"]) {
      const own = await stand.place({ driver });
      for (const provider of [null, "daytona"]) {
        await plantAll(stand, own, WAYS_OF_PROVIDERS, (n) => ({
          ...{ provider, provider_lease_id: `${own.companyId} ${n}` },
        }));
      }
      const what = { companyId: own.companyId, reasons: REASONS, olderThan: DAY, limit: 1000, ...hook };
      const shown = await maintenance.reap({ ...what, dryRun: true });
      // As they are, for nothing has been done.
      const { leases } = await maintenance.find({ companyId: own.companyId, limit: 1000 });
      for (const { lease } of [...shown.ended, ...shown.left]) expect(leases).toContainEqual(lease);
      const done = await maintenance.reap(what);
      const plain = (list: { lease: { id: string }; reason: string; why?: string }[]) =>
        list.map(({ lease, reason, why }) => `${lease.id} ${reason} ${why}`).sort();
      expect(plain(shown.ended)).toEqual(plain(done.ended));
      expect(plain(shown.left)).toEqual(plain(done.left));
      expect([shown.failed, shown.more]).toEqual([done.failed, done.more]);
      expect(idsOf(done.ended).length).toBeGreaterThan(5);
    }
  });
});
