import { afterEach, describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { invalid, startSuite, unknownId } from "../support/suite.js";
import {
  environmentService,
  type EnvironmentService,
  type EnvironmentServiceOptions,
  type ServiceStatistics,
} from "./support/addon.js";
import { connectionsOf } from "./support/connections.js";
import { rowLock, whileLocked } from "./support/locked.js";
import { startProxy, type Proxy } from "./support/proxy.js";
import { until } from "./support/until.js";

const { url, sql, seed } = await startSuite();
const { waiting } = connectionsOf(sql);

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

let names = 0;
/** A service of its own, so that its numbers are those of the test. */
function open(options: EnvironmentServiceOptions = {}, at = url): EnvironmentService {
  const service = environmentService(at, { applicationName: `stats ${(names += 1)}`, ...options });
  cleanups.push(() => service.close());
  return service;
}

const NOTHING: ServiceStatistics = {
  connections: { open: 0, idle: 0, waiting: 0, opened: 0, failed: 0 },
  calls: { underWay: 0, waiting: 0, resolved: 0, rejected: 0, aborted: 0, unknown: 0 },
  batches: { sent: 0, calls: 0, largest: 0, repeated: 0, settled: 0 },
};

const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

async function seeded(environments = 1) {
  const companyId = await seed.company();
  const ids = await Promise.all(times(environments, () => seed.environment(companyId)));
  return { companyId, ids, id: ids[0] ?? "" };
}

async function throughProxy(options: EnvironmentServiceOptions = {}) {
  const proxy: Proxy = await startProxy(url);
  cleanups.push(() => proxy.close());
  const service = open(options, proxy.url);
  await service.getById(unknownId());
  return { proxy, service };
}

describe("all are 0", () => {
  it("before the first call, which a call of wrong arguments is not", async () => {
    const service = open();
    expect(service.stats()).toEqual(NOTHING);
    await rejection(service.getById(invalid(1)));
    expect(service.stats()).toEqual(NOTHING);
  });

  it("after close, and from 0 they begin when another service connects anew", async () => {
    const options = { applicationName: "stats of two" };
    const [one, two] = [open(options), open(options)];
    await Promise.all(times(5, () => one.getById(unknownId())));
    await one.close();
    expect(one.stats()).toEqual(NOTHING);
    expect(two.stats()).toEqual(NOTHING);
    await two.getById(unknownId());
    expect(two.stats().calls).toMatchObject({ resolved: 1 });
  });
});

it("they are plain numbers, which belong to who asks", async () => {
  const service = open();
  const { stats } = service;
  for (let round = 0; round < 2; round++) {
    const first = stats();
    const second = stats();
    expect(first).toEqual(second);
    for (const [key, numbers] of Object.entries(first)) {
      expect(numbers).not.toBe(second[key as keyof ServiceStatistics]);
      for (const number of Object.values(numbers as Record<string, number>))
        expect(number).toBeTypeOf("number");
      Object.assign(numbers, { open: -1, resolved: -1, sent: -1 });
    }
    expect(stats()).toEqual(second);
    await service.getById(unknownId());
  }
});

it("services on one source have them in common", async () => {
  const options = { applicationName: "stats in common" };
  const [one, two] = [open(options), open(options)];
  await one.getById(unknownId());
  await two.getById(unknownId());
  expect(one.stats()).toEqual(two.stats());
  expect(one.stats()).toMatchObject({ connections: { opened: 1 }, calls: { resolved: 2 } });
});

describe("under way", () => {
  it("calls that were sent and calls that wait to be", async () => {
    const service = open();
    const { ids } = await seeded(5);
    let calls: Promise<unknown>[] = [];
    await whileLocked(sql, rowLock("environments", ...ids), async () => {
      calls = [];
      for (const [n, id] of ids.entries()) {
        calls.push(service.update(id, { name: "changed" }));
        await until("it waits for the lock", async () => (await waiting()) === Math.min(n + 1, 3));
      }
      expect(service.stats()).toMatchObject({
        connections: { open: 3, idle: 0, waiting: 0, opened: 3 },
        calls: { underWay: 5, waiting: 2, resolved: 0 },
        batches: { sent: 3, calls: 3, largest: 1 },
      });
    });
    await Promise.all(calls);
    await until("nothing is under way", () => service.stats().calls.underWay === 0);
    const { connections, ...rest } = service.stats();
    expect(connections).toMatchObject({ waiting: 0, failed: 0 });
    expect(connections.idle).toBe(connections.open);
    expect(rest).toMatchObject({
      calls: { underWay: 0, waiting: 0, resolved: 5, rejected: 0 },
      batches: { calls: 5, repeated: 0, settled: 0 },
    });
  });

  it("batches that wait for a connection", async () => {
    const service = open({ maxConnections: 1 });
    const { companyId, id } = await seeded();
    let calls: Promise<unknown>[] = [];
    await whileLocked(sql, rowLock("environments", id), async () => {
      calls = [service.update(id, { name: "changed" })];
      await until("it waits for the lock", async () => (await waiting()) === 1);
      calls.push(service.getById(id), service.list(companyId));
      await until("two batches wait", () => service.stats().connections.waiting === 2);
      expect(service.stats()).toMatchObject({
        connections: { open: 1, idle: 0, waiting: 2 },
        calls: { underWay: 3, waiting: 0 },
      });
    });
    await Promise.all(calls);
  });
});

describe("afterwards", () => {
  it("each call is counted once, under its outcome", async () => {
    const service = open();
    const { companyId, id } = await seeded();
    const malformed = times(3, (n) => rejection(service.getById(`malformed ${n}`)));
    await Promise.all([...malformed, ...times(4, () => service.getById(id))]);
    const { signal } = new AbortController();
    await Promise.all([
      rejection(service.list("malformed")),
      rejection(service.listJson("malformed")),
      rejection(service.acquireLease({ companyId, environmentId: unknownId() }, { signal })),
      service.listJson(companyId),
    ]);
    expect(service.stats().calls).toEqual({
      underWay: 0,
      waiting: 0,
      resolved: 5,
      rejected: 6,
      aborted: 0,
      unknown: 0,
    });
  });

  it("those that were aborted are among the rejected, once, wherever it met them", async () => {
    const service = open();
    const { ids } = await seeded(3);
    const [alone = "", one = "", other = ""] = ids;
    const controller = new AbortController();
    const { signal } = controller;
    let mate: Promise<unknown> | undefined;
    await whileLocked(sql, rowLock("environments", ...ids), async () => {
      const calls = [service.update(alone, { name: "changed" }, { signal })];
      await until("one waits for the lock", async () => (await waiting()) === 1);
      calls.push(service.update(one, { name: "changed" }, { signal }));
      mate = service.update(other, { name: "changed" });
      await until("the batch waits for the lock", async () => (await waiting()) === 2);
      calls.push(service.getById(one, { signal }));
      controller.abort();
      const errors = await Promise.all(calls.map(rejection));
      for (const error of errors) expect(error).toMatchObject({ code: "ABORT_ERR" });
      expect(await rejection(service.getById(one, { signal }))).toMatchObject({ code: "ABORT_ERR" });
    });
    await mate;
    await until("nothing is under way", () => service.stats().calls.underWay === 0);
    expect(service.stats().calls).toMatchObject({ resolved: 1, rejected: 4, aborted: 4 });
  });

  it("the batches, their calls, and the largest", async () => {
    const service = open();
    await service.getById(unknownId());
    await Promise.all(times(10, () => service.getById(unknownId())));
    await Promise.all(times(300, () => service.getLeaseById(unknownId())));
    const company = unknownId();
    await Promise.all(times(20, () => service.list(company)));
    // 256 are the most, and those who ask for the same list share a batch.
    expect(service.stats().batches).toMatchObject({ sent: 5, calls: 331, largest: 256 });
  });

  it("attempts to connect that failed", async () => {
    const proxy = await startProxy(url);
    cleanups.push(() => proxy.close());
    const service = open({}, proxy.url);
    proxy.refuse();
    await rejection(service.getById(unknownId()));
    expect(service.stats().connections).toEqual({ open: 0, idle: 0, waiting: 0, opened: 0, failed: 1 });
    await proxy.listen();
    await service.getById(unknownId());
    expect(service.stats().connections).toEqual({ open: 1, idle: 1, waiting: 0, opened: 1, failed: 1 });
  });
});

describe("where the connection breaks", () => {
  it("a read is sent once more, and there is nothing to settle", async () => {
    const { proxy, service } = await throughProxy();
    proxy.plan(/from environments/, "cut before");
    await service.getById(unknownId());
    expect(service.stats()).toMatchObject({
      connections: { open: 1, opened: 2 },
      calls: { resolved: 2, rejected: 0, unknown: 0 },
      batches: { sent: 2, repeated: 1, settled: 0 },
    });
  });

  it("a write is settled", async () => {
    const { proxy, service } = await throughProxy();
    const { companyId, id } = await seeded();
    proxy.plan(/insert into environment_leases/, "cut after");
    await Promise.all(times(3, () => service.acquireLease({ companyId, environmentId: id })));
    expect(service.stats()).toMatchObject({
      calls: { resolved: 4, rejected: 0, unknown: 0 },
      batches: { sent: 2, repeated: 1, settled: 1 },
    });
  });

  it("calls of which nobody knows what became of them", async () => {
    const { proxy, service } = await throughProxy({ connectTimeout: 200 });
    const { companyId, id } = await seeded();
    proxy.plan(/insert into environment_leases/, "cut after", { then: () => proxy.refuse() });
    const calls = times(3, () => rejection(service.acquireLease({ companyId, environmentId: id })));
    for (const error of await Promise.all(calls)) expect(error["code"]).toBe("OUTCOME_UNKNOWN");
    const { calls: counted, batches, connections } = service.stats();
    expect(counted).toMatchObject({ resolved: 1, rejected: 3, unknown: 3 });
    expect(batches.settled).toBe(0);
    expect(batches.repeated).toBeGreaterThan(0);
    expect(connections.failed).toBeGreaterThan(0);
  });
});
