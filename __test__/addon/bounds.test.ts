import { setTimeout as pause } from "node:timers/promises";

import { afterEach, describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { startSuite, unknownId } from "../support/suite.js";
import {
  environmentService,
  type EnvironmentService,
  type EnvironmentServiceOptions,
} from "./support/addon.js";
import { connectionsOf } from "./support/connections.js";
import { startProxy } from "./support/proxy.js";
import { until } from "./support/until.js";

const { url, sql, seed } = await startSuite();
const { waiting } = connectionsOf(sql);

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** A service on this database that is closed after the test. */
function open(options: EnvironmentServiceOptions = {}, parameters = ""): EnvironmentService {
  const service = environmentService(url + parameters, options);
  cleanups.push(() => service.close());
  return service;
}

const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

describe("a write that is done again after its connection broke", () => {
  it("does not undo what somebody else has written since, and says that it does not know", async () => {
    const proxy = await startProxy(url);
    const service = environmentService(proxy.url, { connectTimeout: 5_000 });
    cleanups.push(() => proxy.close());
    cleanups.push(() => service.close());
    const companyId = await seed.company();
    const id = await seed.environment(companyId);
    const lease = await seed.lease(companyId, id);
    const other = open({ applicationName: "other" });
    const away = { then: () => void proxy.refuse() };

    const plans = [
      proxy.plan(/update environments/, "cut after", away),
      proxy.plan(/update environment_leases/, "cut after"),
    ];
    const updated = rejection(service.update(id, { name: "first" }));
    await until("the connection is cut", () => plans[0]?.met === 1);
    await pause(5);
    await other.update(id, { name: "second" });
    await proxy.listen();
    expect(await updated).toMatchObject({ code: "OUTCOME_UNKNOWN", environmentId: id });
    expect((await other.getById(id))?.name).toBe("second");

    const released = rejection(service.releaseLease(lease, "failed"));
    await until("the connection is cut", () => plans[1]?.met === 1);
    await other.releaseLease(lease, "expired");
    // Either the second attempt came first, and the other's stands; or it came last, and gave way.
    await released.catch(() => undefined);
    expect((await other.getLeaseById(lease))?.status).toBe("expired");
  });
});

describe("waits have an end", () => {
  it("for a password function that never answers", async () => {
    const connectionString = Object.assign(new URL(url), { password: "" });
    const service = environmentService(
      { connectionString, password: () => new Promise<string>(() => {}) },
      { connectTimeout: 200 },
    );
    expect(await rejection(service.getById(unknownId()))).toMatchObject({ code: "CONNECT_TIMEOUT" });
    await service.close();
  });

  it("for many calls on a locked table, together and not one after the other", async () => {
    const service = open({ statementTimeout: 300 });
    await service.getById(unknownId());
    await sql.begin(async (lock) => {
      await lock`lock table environments in access exclusive mode`;
      const started = performance.now();
      const errors = await Promise.all(times(20, () => rejection(service.getById(unknownId()))));
      expect(performance.now() - started).toBeLessThan(1_500);
      for (const error of errors) expect(error).toMatchObject({ code: "57014" });
    });
  });

  it("for many calls on a server that is not there", async () => {
    const proxy = await startProxy(url);
    cleanups.push(() => proxy.close());
    proxy.silence();
    const service = environmentService(proxy.url, { connectTimeout: 300 });
    cleanups.push(() => service.close());
    const started = performance.now();
    const id = unknownId();
    const malformed = times(10, (n) => rejection(service.getById(`malformed ${n}`)));
    const sameRow = times(10, (n) => rejection(service.update(id, { name: String(n) })));
    for (const error of await Promise.all([...malformed, ...sameRow])) {
      expect(error).toMatchObject({ code: expect.stringMatching(/TIMEOUT/) as unknown });
    }
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});

describe("what waits does not hold up the rest", () => {
  it("calls of the same kind go on while one waits for a locked row", async () => {
    const service = open();
    const companyId = await seed.company();
    const [locked, free] = [await seed.environment(companyId), await seed.environment(companyId)];
    await sql.begin(async (lock) => {
      await lock`select 1 from environments where id = ${locked} for update`;
      const held = service.update(locked, { name: "held" });
      await until("the update waits for the lock", async () => (await waiting()) === 1);
      expect((await service.update(free, { name: "free" }))?.name).toBe("free");
      await lock`select 1`;
      cleanups.push(() => held);
    });
  });

  it("quick calls find a connection while lists wait", async () => {
    const service = open({ connectTimeout: 2_000 });
    const companyId = await seed.company();
    const environmentId = await seed.environment(companyId);
    await service.getById(environmentId);
    await sql.begin(async (lock) => {
      await lock`lock table environment_leases in access exclusive mode`;
      // Of different environments: those who ask for the same list share a statement.
      const lists = times(8, () => service.listLeases(unknownId()));
      await until("lists wait for the lock", async () => (await waiting()) === 3);
      expect((await service.getById(environmentId))?.id).toBe(environmentId);
      cleanups.push(() => Promise.all(lists));
    });
  });

  it("a refused statement leaves no transaction open where nothing is prepared", async () => {
    const service = open({ applicationName: "unprepared" }, "?prepare=false");
    expect(await rejection(service.create(unknownId(), { name: "n", driver: "ssh" }))).toMatchObject({
      code: "23503",
    });
    const states = await sql<{ state: string }[]>`
      select state from pg_stat_activity where application_name = 'unprepared'`;
    expect(states.map(({ state }) => state)).toEqual(["idle"]);
  });
});

it("close waits for the service's own calls, also if another service on the source is closing", async () => {
  const [one, two] = [open({ applicationName: "twice" }), open({ applicationName: "twice" })];
  const companyId = await seed.company();
  const id = await seed.environment(companyId);
  const events: string[] = [];
  await sql.begin(async (lock) => {
    await lock`select 1 from environments where id = ${id} for update`;
    const held = two.update(id, { name: "held" }).then(() => events.push("the call"));
    await until("the update waits for the lock", async () => (await waiting()) === 1);
    const closed = [one.close(), two.close().then(() => events.push("close"))];
    await pause(50);
    cleanups.push(() => Promise.all([held, ...closed]));
  });
  for (const clean of cleanups.splice(2)) await clean();
  expect(events).toEqual(["the call", "close"]);
});

it("large results come home, each to its caller", { timeout: 60_000 }, async () => {
  const service = open();
  const companyId = await seed.company();
  // Together more than one part of an answer, and more than one batch of calls.
  const text = "x".repeat(9 << 20);
  const created = await Promise.all(
    times(3, (n) => service.create(companyId, { name: String(n), driver: "ssh", config: { n, text } })),
  );
  expect(created.map(({ name }) => name)).toEqual(["0", "1", "2"]);
  const read = await Promise.all(
    [unknownId(), ...created.map(({ id }) => id)].map((id) => service.getById(id)),
  );
  expect(read.map((environment) => environment?.config["n"])).toEqual([undefined, 0, 1, 2]);
  expect(read.slice(1).every((environment) => environment?.config["text"] === text)).toBe(true);
});
