import { afterEach, describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { startSuite, unknownId } from "../support/suite.js";
import { environmentService, type EnvironmentService } from "./support/addon.js";
import { connectionsOf } from "./support/connections.js";
import { whileLocked } from "./support/locked.js";
import { startProxy } from "./support/proxy.js";
import { until } from "./support/until.js";

const { url, sql, seed } = await startSuite();
const { waiting } = connectionsOf(sql);

/** The limits of the service. */
const MOST_WAITING = 100_000;
const MOST_WAITING_TEXT = 2 ** 28;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

let names = 0;
/** A service of its own, for services on one source have one queue. */
function open(at = url): EnvironmentService {
  const service = environmentService(at, { applicationName: `queue ${(names += 1)}` });
  cleanups.push(() => service.close());
  return service;
}

const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

async function seeded() {
  const companyId = await seed.company();
  return { companyId, environmentId: await seed.environment(companyId) };
}

/** So many reads of a row, each with what it came to: the row's id, or the error's code. */
function reads(service: EnvironmentService, count: number, id: string): Promise<string | undefined>[] {
  return times(count, () =>
    service.getById(id).then(
      (row) => row?.id,
      (error: { code: string }) => error.code,
    ),
  );
}

async function countOutcomes(outcomes: Promise<string | undefined>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const outcome of await Promise.all(outcomes)) {
    const what = String(outcome);
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

it("10,000 calls at once are served, each with its own", async () => {
  const service = open();
  const { companyId } = await seeded();
  const ids = await Promise.all(times(10, () => seed.environment(companyId)));
  const rows = await Promise.all(times(10_000, (n) => service.getById(ids[n % 10] ?? "")));
  rows.forEach((row, n) => expect(row?.id).toBe(ids[n % 10]));
  expect(service.stats().batches.sent).toBeLessThan(100);
});

describe("while too many calls wait to be sent", () => {
  it("further ones reject with QUEUE_FULL, those before are served, and then it works again", async () => {
    const service = open();
    const { environmentId } = await seeded();
    await service.getById(environmentId);
    let calls: Promise<string | undefined>[] = [];
    let sent = 0;
    await whileLocked(sql, "lock table environments in access exclusive mode", async () => {
      calls = reads(service, 1_000, environmentId);
      await until("as much is sent as can be", async () => (await waiting()) === 3);
      sent = 1_000 - service.stats().calls.waiting;
      calls.push(...reads(service, MOST_WAITING, environmentId));
      const error = await rejection(service.getById(environmentId));
      expect(error).toMatchObject({ name: "Error", code: "QUEUE_FULL" });
      expect(error.message).toMatch(/^QUEUE_FULL: too many calls wait to be sent/);
      // Of whatever kind: it is one queue's memory that is bounded.
      expect(await rejection(service.releaseLease(unknownId()))).toMatchObject({ code: "QUEUE_FULL" });
      expect(service.stats().calls).toMatchObject({ underWay: sent + MOST_WAITING, waiting: MOST_WAITING });
    });
    expect(await countOutcomes(calls)).toEqual({
      [environmentId]: sent + MOST_WAITING,
      QUEUE_FULL: 1_000 - sent,
    });
    expect(await service.getById(environmentId)).toMatchObject({ id: environmentId });
    expect(service.stats().calls).toMatchObject({ underWay: 0, waiting: 0 });
  });

  it("close waits for them, and only for them", async () => {
    const service = open();
    const { environmentId } = await seeded();
    const calls = reads(service, MOST_WAITING, environmentId);
    const full = rejection(service.getById(environmentId));
    const closing = service.close();
    const ended = rejection(service.getById(environmentId));
    expect(await full).toMatchObject({ code: "QUEUE_FULL" });
    expect(await ended).toMatchObject({ code: "CONNECTION_ENDED" });
    await closing;
    expect(await countOutcomes(calls)).toEqual({ [environmentId]: MOST_WAITING });
  });

  it("a lease whose acquireLease was aborted is released all the same", async () => {
    const proxy = await startProxy(url);
    cleanups.push(() => proxy.close());
    const service = open(proxy.url);
    const { companyId, environmentId } = await seeded();
    const controller = new AbortController();
    const held = proxy.plan(/from environments/, "hold", { times: 3 });
    let calls: Promise<unknown>[] = [];
    await whileLocked(sql, "lock table environment_leases in share mode", async () => {
      const lease = service.acquireLease({ companyId, environmentId }, { signal: controller.signal });
      await until("the insert waits for the lock", async () => (await waiting()) === 1);
      calls = reads(service, 1_000, environmentId);
      await until("as much is sent as can be", () => held.met === 3);
      calls.push(...reads(service, MOST_WAITING, environmentId));
      controller.abort();
      expect(await rejection(lease)).toMatchObject({ code: "ABORT_ERR" });
    });
    const leases = () => sql`select status from environment_leases where environment_id = ${environmentId}`;
    await until("there is a lease", async () => (await leases()).length === 1);
    held.release();
    await Promise.all(calls);
    expect([...(await leases())]).toEqual([{ status: "released" }]);
  });
});

it("the text of what waits is bounded as well, and gives way when it is aborted", async () => {
  const service = open();
  const { environmentId } = await seeded();
  const text = "x".repeat(MOST_WAITING_TEXT / 4);
  for (let round = 0; round < 2; round++) {
    const controllers = times(3, () => new AbortController());
    const calls = controllers.map(({ signal }) =>
      rejection(service.update(environmentId, { description: text }, { signal })),
    );
    expect(await rejection(service.update(environmentId, { description: text }))).toMatchObject({
      code: "QUEUE_FULL",
    });
    const small = service.getById(environmentId);
    for (const controller of controllers) controller.abort();
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: "ABORT_ERR" });
    expect(await small).toMatchObject({ id: environmentId });
  }
});

it("who always has lists to ask for keeps nobody out who asks for others", async () => {
  const service = open();
  const { companyId, environmentId } = await seeded();
  let asking = true;
  const askers = times(50, async () => {
    while (asking) await service.list(unknownId());
  });
  await until("more lists wait than can be sent", () => service.stats().calls.waiting > 10);
  try {
    const others = Promise.all([
      service.listLeases(environmentId),
      service.listJson(companyId),
      service.listLeasesJson(environmentId),
    ]).then((answers) => answers.map(({ length }) => length > 0));
    let answers: boolean[] | undefined;
    void others.then((all) => (answers = all));
    await until("the others have their answers", () => answers !== undefined, 3_000);
    expect(answers).toEqual([false, true, true]);
  } finally {
    asking = false;
    await Promise.all(askers);
  }
});
