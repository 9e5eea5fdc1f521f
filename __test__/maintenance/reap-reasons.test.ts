// Each reason with each kind of leaked lease, and with leases that are not leaked.

import { beforeAll, describe, expect, it } from "vitest";

import type { ReapReason, ReapResult } from "./support/library.js";
import { asking, plantAll, REASONS, WAYS, WAYS_OF_PROVIDERS } from "./support/leaks.js";
import { ago, HOUR, idsOf, MINUTE, startStand, type Columns, type Place, type Row } from "./support/stand.js";

const stands = { T1: await startStand("T1"), T4: await startStand("T4") };
const release = async () => {};

/** The kinds of leases: those that are notes, and those that hold something. */
const KINDS: [kind: string, ways: typeof WAYS, columns: (n: number) => Columns][] = [
  ["nobody", WAYS, () => ({ provider: null })],
  ["local", WAYS, () => ({ provider: "local" })],
  ["ssh", WAYS, () => ({ provider: "ssh" })],
  ["daytona", WAYS_OF_PROVIDERS, () => ({ provider: "daytona" })],
];

const CASES = (["T1", "T4"] as const).flatMap((tables) =>
  KINDS.map(([kind, ways, columns]) => ({ tables, kind, ways, columns })),
);

interface Look {
  /** The leases in the order of their ways. */
  ids: string[];
  before: Row[];
  after: Row[];
  /** What a dry run would end. */
  shown: string[];
  result: ReapResult;
}

describe.each(CASES)("on $tables, a lease of $kind", ({ tables, kind, ways, columns }) => {
  const { maintenance, place: makePlace, rows } = stands[tables];
  const looks = new Map<ReapReason, Look>();

  beforeAll(async () => {
    for (const reason of REASONS) {
      const place = await makePlace();
      const ids = await plantAll(stands[tables], place, ways, (n) => ({
        provider_lease_id: `${kind}-${reason}-${n}`,
        ...columns(n),
      }));
      const { companyId } = place;
      const all = () => rows(`company_id = '${companyId}'`);
      const what = { ...asking(reason), companyId, release, limit: 1000 };
      const before = await all();
      const shown = idsOf((await maintenance.reap({ ...what, dryRun: true })).ended);
      const result = await maintenance.reap(what);
      looks.set(reason, { ids, before, after: await all(), shown, result });
    }
  });

  it.each(ways.map((way, n) => ({ ...way, n })))("$name: $by", ({ by, n }) => {
    const seen = { shown: [] as string[], ended: [] as string[], written: [] as string[] };
    for (const [reason, { ids, before, after, shown, result }] of looks) {
      const id = ids[n] ?? "";
      const isIt = (row: Row) => row["id"] === id;
      if (shown.includes(id)) seen.shown.push(reason);
      const ended = result.ended.find(({ lease }) => lease.id === id);
      if (ended) seen.ended.push(ended.reason);
      const isSame = JSON.stringify(before.find(isIt)) === JSON.stringify(after.find(isIt));
      if (!isSame) seen.written.push(reason);
    }
    expect(seen).toEqual({ shown: by, ended: by, written: by });
  });

  it("nothing is left, and nothing fails", () => {
    for (const { result } of looks.values()) {
      expect(result).toMatchObject({ left: [], failed: [], more: false });
    }
  });
});

const stand = stands.T4;
const { maintenance } = stand;

const reaped = async ({ companyId }: Place, what: Parameters<typeof maintenance.reap>[0] = {}) =>
  idsOf((await maintenance.reap({ companyId, ...what })).ended);

describe("several reasons", () => {
  it("end a lease once, by one of those that were asked for", async () => {
    const place = await stand.place();
    const heartbeat_run_id = await stand.finishedRun(place.companyId);
    const id = await stand.lease(place, { heartbeat_run_id, expires_at: ago("1 hour") });
    const { companyId } = place;
    const { ended } = await maintenance.reap({ companyId, reasons: ["expired", "run_finished", "unowned"] });
    expect(idsOf(ended)).toEqual([id]);
    expect(["expired", "run_finished"]).toContain(ended[0]?.reason);
  });

  it("each find theirs in one call", async () => {
    const place = await stand.place();
    const ids = await plantAll(stand, place, WAYS_OF_PROVIDERS, (n) => ({
      ...{ provider: "daytona", provider_lease_id: `together-${n}` },
    }));
    const expected = ids.filter((_, n) => WAYS_OF_PROVIDERS[n]?.by.length).sort();
    const what = { reasons: REASONS, olderThan: 24 * HOUR, limit: 1000, release };
    expect(await reaped(place, what)).toEqual(expected);
    expect(await reaped(place, what)).toEqual([]);
  });

  it("are none, and end nothing", async () => {
    const place = await stand.place();
    await stand.lease(place, { heartbeat_run_id: await stand.finishedRun(place.companyId) });
    expect(await reaped(place, { reasons: [] })).toEqual([]);
  });

  it("without any that is named it is run_finished alone", async () => {
    const place = await stand.place();
    const heartbeat_run_id = await stand.finishedRun(place.companyId);
    const finished = await stand.lease(place, { heartbeat_run_id });
    await stand.lease(place, { expires_at: ago("1 hour"), acquired_at: ago("30 days") });
    await stand.lease(place, { status: "retained", last_used_at: ago("30 days") });
    expect(await reaped(place)).toEqual([finished]);
  });
});

describe("the grace", () => {
  it.each([
    ["run_finished", 5 * MINUTE],
    ["expired", 5 * MINUTE],
    ["run_finished", MINUTE],
    ["expired", HOUR],
  ] as const)("of %s is what is said: %d ms", async (reason, grace) => {
    const place = await stand.place();
    const at = (milliseconds: number) => ago(`${milliseconds} milliseconds`);
    const plant = async (milliseconds: number) =>
      reason === "expired"
        ? stand.lease(place, { expires_at: at(milliseconds) })
        : stand.lease(place, {
            heartbeat_run_id: await stand.run(place.companyId, {
              status: "succeeded",
              finished_at: at(milliseconds),
            }),
          });
    const over = await plant(grace + 1_000);
    await plant(grace - 15_000);
    expect(await reaped(place, { reasons: [reason], grace })).toEqual([over]);
  });
});

describe("olderThan", () => {
  it("of unowned counts from the acquisition", async () => {
    const place = await stand.place();
    const old = await stand.lease(place, { acquired_at: ago("2 hours"), last_used_at: ago("1 minute") });
    await stand.lease(place, { acquired_at: ago("1 hour"), last_used_at: ago("30 days") });
    expect(await reaped(place, { reasons: ["unowned"], olderThan: 1.5 * HOUR })).toEqual([old]);
  });

  it("of retained counts from the last use", async () => {
    const place = await stand.place();
    const status = "retained";
    const old = await stand.lease(place, { status, last_used_at: ago("2 hours") });
    await stand.lease(place, { status, last_used_at: ago("1 hour"), acquired_at: ago("30 days") });
    expect(await reaped(place, { reasons: ["retained"], olderThan: 1.5 * HOUR })).toEqual([old]);
  });
});

it.each(["starting", "failed", "promoted"])(
  "a lease that a session for an image refers to is not unowned, even if the session is %s",
  async (status) => {
    const place = await stand.place();
    const columns = { acquired_at: ago("2 days"), provider: "daytona" };
    const referred = await stand.lease(place, { ...columns, provider_lease_id: `image ${status}` });
    const other = await stand.lease(place, { ...columns, provider_lease_id: `no image ${status}` });
    await stand.insert("environment_custom_image_setup_sessions", {
      ...{ environment_id: place.environmentId, environment_lease_id: referred },
      ...{ provider: "daytona", provider_lease_id: `image ${status}`, status },
    });
    expect(await reaped(place, { reasons: ["unowned"], release })).toEqual([other]);
  },
);

it("a process that is gone, or one that is there, says nothing about a lease", async () => {
  const place = await stand.place();
  const status = "running";
  for (const process_pid of ["999999", String(process.pid)]) {
    const started = { process_pid, process_started_at: ago("30 days"), last_output_at: ago("30 days") };
    const heartbeat_run_id = await stand.run(place.companyId, { status, ...started });
    await stand.lease(place, { heartbeat_run_id, acquired_at: ago("30 days") });
  }
  expect(await reaped(place, { reasons: ["run_finished", "expired", "unowned"] })).toEqual([]);
});

it.each(["done", "cancelled", "in_review"])(
  "an issue that is %s says nothing about a lease",
  async (status) => {
    const place = await stand.place();
    const issue_id = await stand.issue(place.companyId, { status });
    const heartbeat_run_id = await stand.run(place.companyId, { status: "running" });
    await stand.lease(place, { issue_id, heartbeat_run_id, acquired_at: ago("30 days") });
    expect(await reaped(place, { reasons: ["run_finished", "expired", "unowned"] })).toEqual([]);
  },
);

describe("a row with a word that no release knows", () => {
  const WORDS: [what: string, columns: Columns][] = [
    ["lease policy", { lease_policy: "forever" }],
    ["clean-up status", { cleanup_status: "half" }],
    ["status", { status: "gone" }],
  ];
  it.each(WORDS)("as its %s is not written", async (_, columns) => {
    for (const provider of [null, "daytona"]) {
      const place = await stand.place();
      const id = await stand.lease(place, {
        ...{ provider, provider_lease_id: provider, expires_at: ago("1 hour"), acquired_at: ago("2 days") },
        ...{ heartbeat_run_id: await stand.finishedRun(place.companyId), ...columns },
      });
      const before = await stand.row(id);
      const { companyId } = place;
      const reasons = ["run_finished", "expired", "unowned"] as const;
      const result = await maintenance.reap({ companyId, reasons, release });
      expect(result).toMatchObject({ ended: [], failed: [] });
      expect(await stand.row(id)).toEqual(before);
    }
  });
});

describe("of whom", () => {
  it("companyId and environmentId keep others out", async () => {
    const [one, two] = [await stand.place(), await stand.place()];
    const other = { ...one, environmentId: await stand.environment(one.companyId) };
    const plant = async (place: Place) =>
      stand.lease(place, { heartbeat_run_id: await stand.finishedRun(place.companyId) });
    const [ofOne, ofOther, ofTwo] = [await plant(one), await plant(other), await plant(two)];
    expect(await reaped(one, { environmentId: other.environmentId })).toEqual([ofOther]);
    expect(await reaped(two, { environmentId: one.environmentId })).toEqual([]);
    expect(await reaped(one)).toEqual([ofOne]);
    const { ended } = await maintenance.reap({ environmentId: two.environmentId });
    expect(idsOf(ended)).toEqual([ofTwo]);
  });

  it("a lease that has outlived its environment is found as well", async () => {
    const place = await stand.place();
    const heartbeat_run_id = await stand.finishedRun(place.companyId);
    const id = await stand.lease(place, { environment_id: null, heartbeat_run_id });
    expect(await reaped(place)).toEqual([id]);
  });
});

describe("the limit", () => {
  it("is on what is dealt with, and more says whether there is more", async () => {
    const place = await stand.place();
    const { companyId } = place;
    const heartbeat_run_id = await stand.finishedRun(companyId);
    const ids = [];
    for (let n = 0; n < 7; n++) ids.push(await stand.lease(place, { heartbeat_run_id }));
    const seen: string[] = [];
    for (const [count, more] of [
      [3, true],
      [3, true],
      [1, false],
      [0, false],
    ] as const) {
      for (const dryRun of [true, false]) {
        const result = await maintenance.reap({ companyId, limit: 3, dryRun });
        expect(result.more, `more, with ${seen.length} ended`).toBe(more);
        expect(result.ended).toHaveLength(count);
        if (!dryRun) seen.push(...idsOf(result.ended));
      }
    }
    expect(seen.sort()).toEqual(ids.sort());
  });

  it("that is met exactly leaves no more", async () => {
    const place = await stand.place();
    const { companyId } = place;
    const heartbeat_run_id = await stand.finishedRun(companyId);
    for (let n = 0; n < 3; n++) await stand.lease(place, { heartbeat_run_id });
    const result = await maintenance.reap({ companyId, limit: 3 });
    expect(result).toMatchObject({ more: false, left: [] });
    expect(result.ended).toHaveLength(3);
  });

  it("is 100 unless another is given", async () => {
    const place = await stand.place();
    const { companyId } = place;
    const heartbeat_run_id = await stand.finishedRun(companyId);
    await stand.sql`
      insert into environment_leases (company_id, environment_id, heartbeat_run_id)
      select ${companyId}, ${place.environmentId}, ${heartbeat_run_id} from generate_series(1, 101)`;
    const result = await maintenance.reap({ companyId });
    expect(result.ended).toHaveLength(100);
    expect(result.more).toBe(true);
  });

  it("is not used up by what cannot be ended", async () => {
    const place = await stand.place({ driver: "plugin" });
    const { companyId } = place;
    const heartbeat_run_id = await stand.finishedRun(companyId);
    const old = { updated_at: ago("30 days"), last_used_at: ago("30 days"), acquired_at: ago("30 days") };
    for (let n = 0; n < 5; n++) {
      const held = { provider: "daytona", provider_lease_id: `in the way ${n}` };
      await stand.lease(place, { ...old, ...held, heartbeat_run_id });
    }
    const notes = [];
    for (let n = 0; n < 2; n++) notes.push(await stand.lease(place, { heartbeat_run_id }));
    const { ended, left, more } = await maintenance.reap({ companyId, limit: 2 });
    expect(idsOf(ended)).toEqual(notes.sort());
    expect(left.length).toBeLessThanOrEqual(2);
    expect(more).toBe(false);
  });
});
