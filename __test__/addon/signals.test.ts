import { getEventListeners } from "node:events";
import { setTimeout as pause } from "node:timers/promises";

import { afterEach, describe, expect, it, vi } from "vitest";

import { rejection } from "../support/errors.js";
import { invalid, startSuite, unknownId } from "../support/suite.js";
import {
  environmentService,
  type EnvironmentService,
  type EnvironmentServiceOptions,
} from "./support/addon.js";
import { addonMethods as allMethods, callsById as callsWithOptions } from "../support/methods.js";
import { runChild } from "./support/child.js";
import { connectionsOf } from "./support/connections.js";
import { rowLock, whileLocked } from "./support/locked.js";
import { startProxy } from "./support/proxy.js";
import { until } from "./support/until.js";

const { url, sql, seed } = await startSuite();
const { count, waiting } = connectionsOf(sql);

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

let names = 0;
const newName = (): string => `signals ${(names += 1)}`;

/** A service of its own, so that its numbers are those of the test. */
function open(options: EnvironmentServiceOptions = {}, at = url): EnvironmentService {
  const service = environmentService(at, { applicationName: newName(), ...options });
  cleanups.push(() => service.close());
  return service;
}

const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

async function seeded(environments = 1) {
  const companyId = await seed.company();
  const ids = await Promise.all(times(environments, () => seed.environment(companyId)));
  return { companyId, ids, id: ids[0] ?? "" };
}

async function nameOf(id: string): Promise<string | undefined> {
  const [row] = await sql<{ name: string }[]>`select name from environments where id = ${id}`;
  return row?.name;
}

/** The error of a call whose signal was aborted for this reason. */
async function expectAborted(call: Promise<unknown>, reason: unknown): Promise<void> {
  const error = await rejection(call);
  expect(error).toMatchObject({ name: "AbortError", code: "ABORT_ERR" });
  expect(error.cause).toBe(reason);
}

const ended = (service: EnvironmentService): Promise<void> =>
  until("nothing is under way", () => service.stats().calls.underWay === 0);

describe("aborted before the call", () => {
  it.each(allMethods)("nothing is sent: %s", async (method) => {
    const name = newName();
    const service = open({ applicationName: name });
    const reason = new Error("no longer wanted");
    await expectAborted(
      callsWithOptions[method](service, unknownId(), { signal: AbortSignal.abort(reason) }),
      reason,
    );
    expect(service.stats().batches.sent).toBe(0);
    expect(await count(name)).toBe(0);
  });

  it("an argument of the wrong type is told all the same", async () => {
    const options = { signal: AbortSignal.abort() };
    expect(await rejection(open().getById(invalid(1), options))).toBeInstanceOf(TypeError);
  });

  it("the stack shows who called", async () => {
    async function theCallersOwnFunction() {
      return await open().getById(unknownId(), { signal: AbortSignal.abort() });
    }
    expect((await rejection(theCallersOwnFunction())).stack).toContain("theCallersOwnFunction");
  });
});

describe("aborted while it waits to be sent", () => {
  it("it never is, and those before and behind it are", async () => {
    const service = open();
    const { ids } = await seeded(6);
    const [one = "", two = "", three = "", before = "", aborted = "", behind = ""] = ids;
    const controller = new AbortController();
    const calls: Promise<unknown>[] = [];
    const update = (id: string) => service.update(id, { name: "changed" }, { signal: controller.signal });
    await whileLocked(sql, rowLock("environments", one, two, three), async () => {
      // As many batches as are under way at once, so that what comes now waits.
      for (const [n, id] of [one, two, three].entries()) {
        calls.push(service.update(id, { name: "changed" }));
        await until("it waits for the lock", async () => (await waiting()) === n + 1);
      }
      calls.push(service.update(before, { name: "changed" }));
      const call = update(aborted);
      calls.push(service.update(behind, { name: "changed" }));
      expect(service.stats().calls).toMatchObject({ underWay: 6, waiting: 3 });
      controller.abort("enough");
      await expectAborted(call, "enough");
      expect(service.stats().calls).toMatchObject({ underWay: 5, waiting: 2 });
    });
    for (const row of await Promise.all(calls)) expect(row).toMatchObject({ name: "changed" });
    expect(service.stats().batches.calls).toBe(5);
    expect(await nameOf(aborted)).toBe("Environment");
  });

  it("in the moment of the call, nothing connects", async () => {
    const name = newName();
    const service = open({ applicationName: name });
    const controllers = times(10, () => new AbortController());
    const calls = controllers.map(({ signal }) => service.getById(unknownId(), { signal }));
    for (const controller of controllers) controller.abort(controller);
    await Promise.all(calls.map((call, n) => expectAborted(call, controllers[n])));
    expect(service.stats()).toMatchObject({ calls: { underWay: 0, waiting: 0 }, batches: { sent: 0 } });
    expect(await count(name)).toBe(0);
  });
});

describe("aborted under way, alone", () => {
  it("a later write of the same row comes after it, whatever becomes of it", async () => {
    const service = open();
    const { ids } = await seeded(1);
    const [id = ""] = ids;
    const abort = new AbortController();
    const later: Promise<unknown>[] = [];
    await whileLocked(sql, rowLock("environments", id), async () => {
      const earlier = rejection(service.update(id, { name: "earlier" }, { signal: abort.signal }));
      await until("it waits for the lock", async () => (await waiting()) === 1);
      abort.abort();
      later.push(service.update(id, { name: "later" }));
      await earlier;
    });
    expect(await Promise.all(later)).toMatchObject([{ name: "later" }]);
    expect(await service.getById(id)).toMatchObject({ name: "later" });
  });

  it("it rejects at once, and the statement runs to its end", async () => {
    const service = open();
    const { id } = await seeded();
    const controller = new AbortController();
    await whileLocked(sql, rowLock("environments", id), async () => {
      const call = service.update(id, { name: "changed" }, { signal: controller.signal });
      await until("the update waits for the lock", async () => (await waiting()) === 1);
      const start = performance.now();
      controller.abort("enough");
      await expectAborted(call, "enough");
      expect(performance.now() - start).toBeLessThan(100);
      expect(service.stats().calls).toMatchObject({ underWay: 1, aborted: 1 });
    });
    await ended(service);
    expect(await service.getById(id)).toMatchObject({ name: "changed" });
    expect(service.stats().connections.opened).toBe(1);
  });

  it("or to its time limit, and nothing has taken effect", async () => {
    const service = open({ statementTimeout: 300 });
    const { id } = await seeded();
    await whileLocked(sql, rowLock("environments", id), async () => {
      const signal = AbortSignal.timeout(20);
      expect(await rejection(service.update(id, { name: "changed" }, { signal }))).toMatchObject({
        code: "ABORT_ERR",
      });
      await ended(service);
    });
    expect(await service.getById(id)).toMatchObject({ name: "Environment" });
  });

  it("so does every method, and the service works on", async () => {
    const service = open({ maxConnections: 20 });
    const controllers = allMethods.map(() => new AbortController());
    await whileLocked(
      sql,
      "lock table environments, environment_leases in access exclusive mode",
      async () => {
        const calls: Promise<unknown>[] = [];
        for (const [n, method] of allMethods.entries()) {
          const signal = controllers[n]?.signal;
          calls.push(callsWithOptions[method](service, unknownId(), { signal }));
        }
        await until("all wait for the lock", async () => (await waiting()) === allMethods.length);
        for (const controller of controllers) controller.abort(controller);
        await Promise.all(calls.map((call, n) => expectAborted(call, controllers[n])));
        expect(service.stats().calls.underWay).toBe(allMethods.length);
      },
    );
    await ended(service);
    const { id } = await seeded();
    expect(await service.getById(id)).toMatchObject({ id });
  });

  it("the next call on the row comes after it", async () => {
    const service = open();
    const { id } = await seeded();
    const controller = new AbortController();
    let next: Promise<unknown> | undefined;
    await whileLocked(sql, rowLock("environments", id), async () => {
      const first = service.update(id, { name: "aborted" }, { signal: controller.signal });
      await until("the update waits for the lock", async () => (await waiting()) === 1);
      next = service.update(id, { description: "next" });
      controller.abort();
      await expectAborted(first, controller.signal.reason);
      expect(service.stats().batches.sent).toBe(1);
    });
    expect(await next).toMatchObject({ name: "aborted", description: "next" });
  });

  it("again and again, the connections remain few, and what was not sent is not sent later", async () => {
    const name = newName();
    const service = open({ applicationName: name, maxConnections: 3 });
    const { companyId, ids } = await seeded(60);
    let most = 0;
    await whileLocked(sql, rowLock("environments", ...ids), async () => {
      for (const id of ids) {
        const signal = AbortSignal.timeout(15);
        const error = await rejection(service.update(id, { name: "changed" }, { signal }));
        expect(error).toMatchObject({ code: "ABORT_ERR" });
        most = Math.max(most, await count(name));
      }
    });
    expect(most).toBe(3);
    await ended(service);
    const names = (await service.list(companyId)).map((environment) => environment.name);
    expect(names.filter((each) => each === "changed")).toHaveLength(3);
  });
});

describe("aborted in a batch with others", () => {
  it("those are answered", async () => {
    const service = open();
    const { ids } = await seeded(3);
    const controllers = ids.map(() => new AbortController());
    let calls: Promise<unknown>[] = [];
    await whileLocked(sql, "lock table environments in share mode", async () => {
      calls = ids.map((id, n) => service.update(id, { name: `${n}` }, { signal: controllers[n]?.signal }));
      await until("they wait for the lock", async () => (await waiting()) === 1);
      controllers[1]?.abort("enough");
      await expectAborted(calls[1] ?? Promise.resolve(), "enough");
    });
    expect(await calls[0]).toMatchObject({ name: "0" });
    expect(await calls[2]).toMatchObject({ name: "2" });
    expect(service.stats().batches).toMatchObject({ sent: 1, calls: 3 });
  });

  it("all of them, it runs to its end", async () => {
    const service = open();
    const { ids } = await seeded(3);
    const controllers = ids.map(() => new AbortController());
    await whileLocked(sql, "lock table environments in share mode", async () => {
      const calls = ids.map((id, n) =>
        service.update(id, { name: "changed" }, { signal: controllers[n]?.signal }),
      );
      await until("they wait for the lock", async () => (await waiting()) === 1);
      for (const controller of controllers) controller.abort(controller);
      await Promise.all(calls.map((call, n) => expectAborted(call, controllers[n])));
    });
    await ended(service);
    for (const id of ids) expect(await nameOf(id)).toBe("changed");
  });
});

describe("of those who share a list", () => {
  it.each(["list", "listJson"] as const)("one aborts, and the others have it: %s", async (method) => {
    const service = open();
    const { companyId, ids } = await seeded(2);
    const controllers = times(4, () => new AbortController());
    let calls: Promise<unknown>[] = [];
    await whileLocked(sql, "lock table environments in access exclusive mode", async () => {
      calls = controllers.map(({ signal }) => service[method](companyId, {}, { signal }));
      await until("one statement waits for the lock", async () => (await waiting()) === 1);
      // The first is the one that it was sent for.
      controllers[0]?.abort("enough");
      await expectAborted(calls[0] ?? Promise.resolve(), "enough");
    });
    for (const answer of await Promise.all(calls.slice(1))) {
      const rows = Buffer.isBuffer(answer) ? (JSON.parse(answer.toString()) as unknown) : answer;
      expect(rows).toHaveLength(ids.length);
    }
    expect(service.stats().batches).toMatchObject({ sent: 1, calls: 4 });
  });

  it("all abort, and who asks later has a statement of its own", async () => {
    const service = open();
    const { companyId, ids } = await seeded();
    const controllers = times(4, () => new AbortController());
    let later: Promise<unknown> | undefined;
    await whileLocked(sql, "lock table environments in access exclusive mode", async () => {
      const calls = controllers.map(({ signal }) => service.list(companyId, {}, { signal }));
      await until("one statement waits for the lock", async () => (await waiting()) === 1);
      for (const controller of controllers) controller.abort(controller);
      await Promise.all(calls.map((call, n) => expectAborted(call, controllers[n])));
      later = service.list(companyId);
    });
    expect(await later).toHaveLength(ids.length);
    await ended(service);
    expect(service.stats().batches.sent).toBe(2);
  });
});

describe("a lease whose acquireLease is aborted in mid-call", () => {
  const statusOf = async (environmentId: string) => {
    const rows = await sql<{ status: string; failure_reason: string | null; released: boolean }[]>`
      select status, failure_reason, released_at is not null as released
      from environment_leases where environment_id = ${environmentId} order by provider`;
    return [...rows];
  };
  const RELEASED = {
    status: "released",
    failure_reason: "The call that acquired it was aborted",
    released: true,
  };

  /** The calls of acquireLease that are made while none can be inserted, the first of which is aborted. */
  async function abortTheFirst(calls: (signal: AbortSignal) => Promise<unknown>[]) {
    const controller = new AbortController();
    let others: Promise<unknown>[] = [];
    await whileLocked(sql, "lock table environment_leases in share mode", async () => {
      const [first, ...rest] = calls(controller.signal);
      others = rest;
      await until("they wait for the lock", async () => (await waiting()) === 1);
      controller.abort("enough");
      await expectAborted(first ?? Promise.resolve(), "enough");
    });
    return Promise.all(others);
  }

  it("is released again, and says why", async () => {
    const service = open();
    const { companyId, id } = await seeded();
    await abortTheFirst((signal) => [service.acquireLease({ companyId, environmentId: id }, { signal })]);
    await until("nothing is under way", () => service.stats().calls.underWay === 0);
    expect(await statusOf(id)).toEqual([RELEASED]);
  });

  it("close waits for that", async () => {
    const service = open();
    const { companyId, id } = await seeded();
    let closing: Promise<void> | undefined;
    await abortTheFirst((signal) => {
      signal.addEventListener("abort", () => (closing = service.close()));
      return [service.acquireLease({ companyId, environmentId: id }, { signal })];
    });
    await closing;
    expect(await statusOf(id)).toEqual([RELEASED]);
  });

  it("not those that were acquired with it", async () => {
    const service = open();
    const { companyId, id } = await seeded();
    const leases = await abortTheFirst((signal) =>
      times(3, (n) =>
        service.acquireLease({ companyId, environmentId: id, provider: `${n}` }, n === 0 ? { signal } : {}),
      ),
    );
    expect(leases).toMatchObject([{ provider: "1" }, { provider: "2" }]);
    await until("nothing is under way", () => service.stats().calls.underWay === 0);
    expect((await statusOf(id)).map(({ status }) => status)).toEqual(["released", "active", "active"]);
  });

  it("where it is refused, those that were acquired with it are answered all the same", async () => {
    const service = open();
    const { companyId, id } = await seeded();
    const leases = await abortTheFirst((signal) => [
      service.acquireLease({ companyId, environmentId: unknownId() }, { signal }),
      ...times(2, (n) => service.acquireLease({ companyId, environmentId: id, provider: `${n}` })),
    ]);
    expect(leases).toMatchObject([{ provider: "0" }, { provider: "1" }]);
    expect((await statusOf(id)).map(({ status }) => status)).toEqual(["active", "active"]);
  });

  it("is released also where its connection breaks", async () => {
    const proxy = await startProxy(url);
    cleanups.push(() => proxy.close());
    const service = open({}, proxy.url);
    const { companyId, id } = await seeded();
    const controller = new AbortController();
    const plan = proxy.plan(/insert into environment_leases/, "cut after", {
      then: () => controller.abort("enough"),
    });
    const call = service.acquireLease({ companyId, environmentId: id }, { signal: controller.signal });
    await expectAborted(call, "enough");
    await until("nothing is under way", () => service.stats().calls.underWay === 0);
    expect(plan.met).toBe(1);
    expect(await statusOf(id)).toEqual([RELEASED]);
  });
});

describe("signals of all kinds", () => {
  it("AbortSignal.timeout: the cause is its TimeoutError", async () => {
    const service = open();
    const { id } = await seeded();
    await whileLocked(sql, rowLock("environments", id), async () => {
      const signal = AbortSignal.timeout(50);
      const error = await rejection(service.update(id, { name: "changed" }, { signal }));
      expect(error).toMatchObject({ code: "ABORT_ERR", cause: { name: "TimeoutError" } });
      expect(error.cause).toBe(signal.reason);
    });
  });

  it("AbortSignal.any: whichever comes first", async () => {
    const service = open();
    const { id } = await seeded();
    const controller = new AbortController();
    const signal = AbortSignal.any([AbortSignal.timeout(60_000), controller.signal]);
    await whileLocked(sql, rowLock("environments", id), async () => {
      const call = service.update(id, { name: "changed" }, { signal });
      controller.abort("enough");
      await expectAborted(call, "enough");
    });
  });

  it("null and undefined are none, and so is an index", async () => {
    const service = open();
    const { ids } = await seeded(3);
    const [id = ""] = ids;
    expect(await service.getById(id, { signal: null })).toMatchObject({ id });
    expect(await service.getById(id, { signal: undefined })).toMatchObject({ id });
    expect(await service.getById(id, invalid(null))).toMatchObject({ id });
    expect(await Promise.all(ids.map(invalid(service.getById)))).toMatchObject(
      ids.map((each) => ({ id: each })),
    );
    expect(await Promise.all(ids.map(invalid(service.remove)))).toMatchObject(
      ids.map((each) => ({ id: each })),
    );
  });

  it("a stand-in that cannot forget who listens to it keeps no call from its answer", async () => {
    // Not closed afterwards by the tests' own means: what is awaited here may never come where this fails.
    const service = environmentService(url, { applicationName: newName() });
    const { companyId, id } = await seeded();
    const forget = vi.fn(() => {
      throw new Error("whoever listens stays");
    });
    const signal = { aborted: false, reason: undefined, addEventListener() {}, removeEventListener: forget };
    const input = { companyId, environmentId: id };
    const settled: unknown[] = [];
    const acquire = (...args: Parameters<EnvironmentService["acquireLease"]>) =>
      void service.acquireLease(...args).then(
        (lease) => settled.push(lease.status),
        (error: unknown) => settled.push(error),
      );
    acquire(input);
    acquire(input, { signal: invalid(signal) });
    acquire(input);
    await until("all of them have an answer", () => settled.length === 3);
    expect(settled).toEqual(["active", "active", "active"]);
    expect(forget).toHaveBeenCalledTimes(1);
    let isClosed = false;
    void service.close().then(() => (isClosed = true));
    await until("it is closed", () => isClosed);
    expect(service.stats().calls.underWay).toBe(0);
    expect(await sql`select 1 from environment_leases where environment_id = ${id}`).toHaveLength(3);
  });

  it.each([
    ["a number", 1],
    ["text", "abort"],
    ["a controller", new AbortController()],
    ["what can only be listened to", new EventTarget()],
    ["what only looks like one", { aborted: false, addEventListener: true, removeEventListener: true }],
    ["what cannot be let go of", { aborted: false, addEventListener: () => {} }],
  ])("anything else is a TypeError, and nothing is sent: %s", async (_, signal) => {
    // Not closed afterwards: a call that was counted and has no outcome would be waited for without end.
    const service = environmentService(url, { applicationName: newName() });
    const error = await rejection(service.getById(unknownId(), { signal: invalid(signal) }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe("options.signal must be an AbortSignal");
    expect(service.stats().calls.underWay).toBe(0);
  });
});

describe("many that wait, with one signal", () => {
  /** As many as may wait. */
  const COUNT = 100_000;
  /** What is looked for one by one among so many takes longer. */
  const ABORTED_SOON = 5_000;

  it.each<[string, (service: EnvironmentService, id: string, signal: AbortSignal) => Promise<unknown>]>([
    ["reads", (service, id, signal) => service.getById(id, { signal })],
    ["writes of one row", (service, id, signal) => service.update(id, { name: "changed" }, { signal })],
    ["those who share a list", (service, id, signal) => service.list(id, {}, { signal })],
  ])("are aborted in little time: %s", async (_, call) => {
    const service = open();
    const controller = new AbortController();
    const id = unknownId();
    const codes = times(COUNT, () =>
      call(service, id, controller.signal).then(
        () => "resolved",
        (error: unknown) => (error as { code: string }).code,
      ),
    );
    expect(service.stats().calls.waiting).toBe(COUNT);
    const start = performance.now();
    controller.abort();
    expect(performance.now() - start).toBeLessThan(ABORTED_SOON);
    expect(service.stats().calls).toMatchObject({ waiting: 0, underWay: 0, aborted: COUNT });
    expect(new Set(await Promise.all(codes))).toEqual(new Set(["ABORT_ERR"]));
    expect(service.stats().batches.sent).toBe(0);
  });
});

describe("what is left of it", () => {
  it("an abort after the answer does nothing", async () => {
    const service = open();
    const { companyId, id } = await seeded();
    const controller = new AbortController();
    const { signal } = controller;
    const lease = await service.acquireLease({ companyId, environmentId: id }, { signal });
    const before = service.stats();
    controller.abort();
    expect(await service.getLeaseById(lease.id)).toMatchObject({ status: "active" });
    expect(service.stats().calls).toEqual({ ...before.calls, resolved: before.calls.resolved + 1 });
  });

  it("no listener on the signal, whatever the outcome", async () => {
    const service = open();
    const { ids } = await seeded(2);
    const [id = "", held = ""] = ids;
    const { signal } = new AbortController();
    const listeners = () => getEventListeners(signal, "abort").length;
    const call = service.getById(id, { signal });
    expect(listeners()).toBe(1);
    await call;
    await rejection(service.getById("malformed", { signal }));
    await rejection(service.getById(invalid(1), { signal }));
    await Promise.all(
      allMethods.map((method) => callsWithOptions[method](service, id, { signal }).catch(() => {})),
    );
    expect(listeners()).toBe(0);

    const other = new AbortController();
    const both = AbortSignal.any([signal, other.signal]);
    await whileLocked(sql, rowLock("environments", held), async () => {
      const update = service.update(held, { name: "changed" }, { signal: both });
      await until("it waits for the lock", async () => (await waiting()) === 1);
      other.abort();
      await expectAborted(update, other.signal.reason);
    });
    await until("nothing is under way", () => service.stats().calls.underWay === 0);
    expect(getEventListeners(both, "abort")).toHaveLength(0);
  });

  it("no warning and no unhandled rejection, where many calls have one signal", async () => {
    const ended = await runChild(
      `const { environmentService } = require("paperclip-environment-service");
       const { setTimeout: pause } = require("node:timers/promises");
       const id = "00000000-0000-4000-8000-000000000000";
       (async () => {
         const service = environmentService();
         for (const delay of [0, 1, 2, 5, 20]) {
           const controller = new AbortController();
           const { signal } = controller;
           const calls = Array.from({ length: 50 }, (_, n) => [
             service.getById(id, { signal }),
             service.list(id, {}, { signal }),
             service.update(id, { name: "n" }, { signal }),
             service.acquireLease({ companyId: id, environmentId: id }, { signal }),
           ]).flat();
           const settled = Promise.allSettled(calls);
           await pause(delay);
           controller.abort();
           await settled;
         }
         await service.close();
         console.log("closed");
       })();`,
      { env: { DATABASE_URL: url } },
    );
    expect(ended).toMatchObject({ code: 0, signal: null, stdout: "closed\n", stderr: "" });
  });
});
