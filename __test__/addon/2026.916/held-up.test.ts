// Leases of locked environments wait, and do not delay leases of other environments.

import { createRequire } from "node:module";

import { afterAll, afterEach, beforeEach, expect, it } from "vitest";

import { openDatabase } from "../../support/database.js";
import type * as entry from "../../../2026.916.js";

const { environmentService } = createRequire(import.meta.url)("../../../2026.916.js") as typeof entry;

const database = await openDatabase();
const { seed, sql } = database;
const companyId = await seed.company();
const service = environmentService(database.url);
afterAll(async () => {
  await service.close();
  await database.close();
});

let environments: string[];
beforeEach(async () => {
  environments = [];
  for (let n = 0; n < 12; n++) environments.push(await seed.environment(companyId, { driver: "sandbox" }));
});

let letGo: () => void = () => {};
afterEach(() => letGo());

/** Holds environments as a reconciliation does, until they are let go. */
async function hold(ids: string[]): Promise<{ done: Promise<void> }> {
  let held: () => void = () => {};
  const holding = new Promise<void>((resolve) => (held = resolve));
  const released = new Promise<void>((resolve) => (letGo = resolve));
  const done = sql
    .begin(async (tx) => {
      await tx.unsafe("select from environments where id = any($1::text::uuid[]) for update", [
        `{${ids.join()}}`,
      ]);
      held();
      await released;
    })
    .then(() => {});
  await holding;
  return { done };
}

const acquire = (environmentId: string, options?: entry.CallOptions) =>
  service.acquireLease({ companyId, environmentId }, options);

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Whether it is done within so long. */
const isDone = (call: Promise<unknown>, milliseconds: number) =>
  Promise.race([call.then(() => true), pause(milliseconds).then(() => false)]);

it.each([1, 3, 9])(
  "with %i of 12 environments held, in batches of all",
  { timeout: 30_000 },
  async (count) => {
    const held = environments.slice(0, count);
    const { done } = await hold(held);
    for (let round = 0; round < 3; round++) {
      const calls = environments.flatMap((id) =>
        Array.from({ length: 8 }, () => ({ id, call: acquire(id) })),
      );
      const free = calls.filter(({ id }) => !held.includes(id)).map(({ call }) => call);
      expect(await isDone(Promise.all(free), 5_000)).toBe(true);
      const waiting = calls.filter(({ id }) => held.includes(id)).map(({ call }) => call);
      expect(await isDone(Promise.any(waiting), 50)).toBe(false);
      // Lone calls are not held up either.
      expect(await isDone(acquire(String(environments.at(-1))), 2_000)).toBe(true);
    }
    letGo();
    await done;
    while (service.stats().calls.underWay > 0) await pause(20);
    const { resolved, rejected } = service.stats().calls;
    expect(rejected).toBe(0);
    const [row] = await sql.unsafe("select count(*)::int as leases from environment_leases");
    expect(resolved).toBe(row?.["leases"]);
    // They are told apart no longer.
    const before = service.stats().batches.sent;
    await Promise.all(environments.map((id) => acquire(id)));
    await Promise.all(environments.map((id) => acquire(id)));
    expect(service.stats().batches.sent - before).toBeLessThan(6);
  },
);

it("beside a call that the server refuses, each other is made once", async () => {
  const [held = "", free = "", another = ""] = environments;
  const { done } = await hold([held]);
  const unknown = "00000000-0000-4000-8000-000000000000";
  const wanted = [unknown, free, held, another, free, held];
  const calls = wanted.map((id) => acquire(id));
  const outcomes = Promise.allSettled(calls);
  expect(await isDone(Promise.all([1, 3, 4].map((n) => calls[n])), 5_000)).toBe(true);
  letGo();
  await done;
  expect((await outcomes).map(({ status }) => status === "rejected")).toEqual(
    wanted.map((id) => id === unknown),
  );
  for (const [id, count] of [
    [held, 2],
    [free, 2],
    [another, 1],
  ] as const) {
    expect(await service.listLeases(id)).toHaveLength(count);
  }
});

it("clean-ups that wait for one environment leave those of others their turn", async () => {
  const [held = "", free = ""] = environments;
  const { done } = await hold([held]);
  const record = (environmentId: string) =>
    service.insertPendingCleanupLease({ companyId, environmentId, failureReason: "f" });
  const waiting = Array.from({ length: 8 }, () => record(held));
  expect(await isDone(record(free), 3_000)).toBe(true);
  letGo();
  await done;
  expect(await Promise.all(waiting)).toHaveLength(8);
});

it("an environment that is let go is not waited for any longer", { timeout: 30_000 }, async () => {
  const others = environments.slice(1, 6);
  const first = await hold(environments.slice(0, 1));
  const letGoFirst = letGo;
  const rest = await hold(others);
  const letGoRest = letGo;
  letGo = () => [letGoFirst, letGoRest].forEach((end) => end());
  const waiting = others.map((id) => acquire(id));
  await pause(500);
  const freed = acquire(String(environments[0]));
  await pause(500);
  letGoFirst();
  // More environments are held than may wait at the server.
  expect(await isDone(freed, 5_000)).toBe(true);
  letGoRest();
  await Promise.all([...waiting, first.done, rest.done]);
});

it("a call that is given up while it waits is not made", async () => {
  const [id = ""] = environments;
  const { done } = await hold([id]);
  const controller = new AbortController();
  const calls = Array.from({ length: 4 }, () => acquire(id, { signal: controller.signal }));
  const other = acquire(id);
  await pause(400);
  controller.abort();
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: "ABORT_ERR" });
  letGo();
  await done;
  const { id: made } = await other;
  while (service.stats().calls.underWay > 0) await pause(20);
  const leases = await service.listLeases(id);
  expect(leases.filter(({ status }) => status === "active").map((lease) => lease.id)).toEqual([made]);
  expect(service.stats().calls.waiting).toBe(0);
});
