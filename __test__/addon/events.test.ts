import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { afterEach, describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { addonMethods, callsById } from "../support/methods.js";
import { invalid, startSuite, unknownId } from "../support/suite.js";
import { environmentService, type CallEvent, type EnvironmentService } from "./support/addon.js";
import { runChild } from "./support/child.js";
import { connectionsOf } from "./support/connections.js";
import { rowLock, whileLocked } from "./support/locked.js";
import { startProxy } from "./support/proxy.js";
import { until } from "./support/until.js";

const { url, sql, seed } = await startSuite();
const { waiting } = connectionsOf(sql);

const CHANNEL = "paperclip-environment-service:call";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** A service whose calls nobody else makes, for there is one channel for all services of the process. */
function open(at = url): EnvironmentService {
  const service = environmentService(at, { applicationName: "events", connectTimeout: 500 });
  cleanups.push(() => service.close());
  return service;
}

/** The events from now on. */
function listen(): CallEvent[] {
  const events: CallEvent[] = [];
  const note = (event: unknown) => void events.push(event as CallEvent);
  subscribe(CHANNEL, note);
  cleanups.push(() => unsubscribe(CHANNEL, note));
  return events;
}

const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

const anyDuration = { duration: expect.any(Number) as number };

describe("one event a call, with its outcome", () => {
  it.each(addonMethods)("%s", async (method) => {
    const service = open();
    const events = listen();
    const outcome = await callsById[method](service, unknownId()).then(
      () => ({ outcome: "resolved", code: null }),
      ({ code }: { code: string }) => ({ outcome: "rejected", code }),
    );
    await service.close();
    expect(events).toMatchObject([{ method, batchSize: 1, ...anyDuration, ...outcome }]);
    expect(Object.keys(events[0] ?? {}).sort()).toEqual(
      ["method", "duration", "batchSize", "outcome", "code", "rows"].sort(),
    );
  });

  it("rows: as many as the answer has, and null where they were not counted", async () => {
    const service = open();
    const companyId = await seed.company();
    const id = await seed.environment(companyId);
    await seed.environment(companyId);
    const events = listen();
    await service.list(companyId);
    await service.getById(id);
    await service.getById(unknownId());
    await service.listJson(companyId);
    await rejection(service.getById("malformed"));
    expect(events.map(({ rows }) => rows)).toEqual([2, 1, 0, null, null]);
  });

  it("rows of ready JSON are null, whoever has made it", async () => {
    const service = open();
    const companyId = await seed.company();
    // Such keys JavaScript puts first, so the text is made there.
    await seed.environment(companyId, { config: '{"b": 1, "1": 2}' });
    const events = listen();
    await service.listJson(companyId);
    expect(events).toMatchObject([{ method: "listJson", rows: null }]);
  });

  it("batchSize: the calls that were sent with it", async () => {
    const service = open();
    const events = listen();
    const company = unknownId();
    await Promise.all(times(10, () => service.getById(unknownId())));
    await Promise.all(times(5, () => service.list(company)));
    expect(events).toHaveLength(15);
    for (const { method, batchSize } of events) expect(batchSize).toBe(method === "list" ? 5 : 10);
  });

  it("duration: from the call to its outcome, in milliseconds", async () => {
    const proxy = await startProxy(url);
    cleanups.push(() => proxy.close());
    const service = open(proxy.url);
    await service.getById(unknownId());
    const events = listen();
    const plan = proxy.plan(/from environments/, "hold");
    const start = performance.now();
    const call = service.getById(unknownId());
    await until("its answer is held", () => plan.met === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    plan.release();
    await call;
    const taken = performance.now() - start;
    expect(events[0]?.duration).toBeGreaterThan(95);
    expect(events[0]?.duration).toBeLessThanOrEqual(taken);
  });

  it("each call of a batch its own", async () => {
    const service = open();
    const id = await seed.environment(await seed.company());
    const events = listen();
    await Promise.allSettled([
      service.getById(id),
      service.getById("malformed"),
      service.getById(unknownId()),
    ]);
    const outcomes = events.map(({ outcome, code, rows }) => ({ outcome, code, rows }));
    expect(outcomes).toHaveLength(3);
    expect(outcomes).toEqual(
      expect.arrayContaining([
        { outcome: "resolved", code: null, rows: 1 },
        { outcome: "rejected", code: "22P02", rows: null },
        { outcome: "resolved", code: null, rows: 0 },
      ]),
    );
  });

  it("a connection error, and an outcome that is not known", async () => {
    const proxy = await startProxy(url);
    cleanups.push(() => proxy.close());
    const service = open(proxy.url);
    const companyId = await seed.company();
    const environmentId = await seed.environment(companyId);
    await service.getById(environmentId);
    const events = listen();
    proxy.plan(/insert into environment_leases/, "cut after", { then: () => proxy.refuse() });
    await rejection(service.acquireLease({ companyId, environmentId }));
    await rejection(service.getById(environmentId));
    expect(events).toMatchObject([
      { method: "acquireLease", outcome: "rejected", code: "OUTCOME_UNKNOWN", rows: null },
      { method: "getById", outcome: "rejected", code: "ECONNREFUSED", rows: null },
    ]);
  });

  it("an error without a code", async () => {
    const service = open();
    const companyId = await seed.company();
    const events = listen();
    await rejection(service.create(companyId, { name: "n", driver: invalid("unknown") }));
    expect(events).toMatchObject([{ method: "create", outcome: "rejected", code: null }]);
  });
});

describe("of calls that are aborted", () => {
  const aborted = { outcome: "aborted", code: "ABORT_ERR", rows: null };

  it("before they are made, and while they wait: 0 calls were sent with it", async () => {
    const service = open();
    const events = listen();
    const controller = new AbortController();
    const call = service.getById(unknownId(), { signal: controller.signal });
    controller.abort();
    await rejection(call);
    await rejection(service.list(unknownId(), {}, { signal: controller.signal }));
    expect(events).toMatchObject([
      { method: "getById", batchSize: 0, ...aborted },
      { method: "list", batchSize: 0, ...aborted },
    ]);
  });

  it("under way, alone or with others: at once, and once", async () => {
    const service = open();
    const companyId = await seed.company();
    const [one, two, three] = await Promise.all(times(3, () => seed.environment(companyId)));
    const events = listen();
    const controller = new AbortController();
    const { signal } = controller;
    let mate: Promise<unknown> | undefined;
    await whileLocked(sql, rowLock("environments", one ?? "", two ?? "", three ?? ""), async () => {
      const calls = [service.update(one ?? "", { name: "changed" }, { signal })];
      await until("one waits for the lock", async () => (await waiting()) === 1);
      calls.push(service.update(two ?? "", { name: "changed" }, { signal }));
      mate = service.update(three ?? "", { name: "changed" });
      await until("the batch waits for the lock", async () => (await waiting()) === 2);
      controller.abort();
      await Promise.all(calls.map(rejection));
      expect(events).toMatchObject([
        { method: "update", batchSize: 1, ...aborted },
        { method: "update", batchSize: 2, ...aborted },
      ]);
    });
    await mate;
    await service.close();
    expect(events.slice(2)).toMatchObject([{ method: "update", batchSize: 2, outcome: "resolved" }]);
  });

  it("a lease that is released again has an event of its own for that", async () => {
    const service = open();
    const companyId = await seed.company();
    const environmentId = await seed.environment(companyId);
    const events = listen();
    const controller = new AbortController();
    await whileLocked(sql, "lock table environment_leases in share mode", async () => {
      const call = service.acquireLease({ companyId, environmentId }, { signal: controller.signal });
      await until("it waits for the lock", async () => (await waiting()) === 1);
      controller.abort();
      await rejection(call);
    });
    await service.close();
    expect(events).toMatchObject([
      { method: "acquireLease", ...aborted },
      { method: "releaseLease", outcome: "resolved", rows: 1 },
    ]);
  });
});

it("nothing of what was said or answered is in them", async () => {
  const service = open();
  const secret = "correct-horse-battery";
  const companyId = await seed.company();
  const events = listen();
  const made = await service.create(companyId, { name: secret, driver: "ssh", config: { key: secret } });
  await service.update(made.id, { description: secret });
  await service.list(companyId, { status: invalid(secret) });
  await rejection(service.getById(secret));
  await rejection(service.create(companyId, { name: secret, driver: invalid(secret) }));
  await rejection(service.getById(made.id, { signal: AbortSignal.abort(secret) }));
  expect(events).toHaveLength(6);
  for (const value of [secret, companyId, made.id]) expect(JSON.stringify(events)).not.toContain(value);
});

describe("who listens", () => {
  it("only from then on, and no longer than wanted", async () => {
    const service = open();
    await service.getById(unknownId());
    const note = () => seen.push("event");
    const seen: string[] = [];
    subscribe(CHANNEL, note);
    await service.getById(unknownId());
    unsubscribe(CHANNEL, note);
    await service.getById(unknownId());
    expect(seen).toEqual(["event"]);
  });

  it("gets the event before the caller has the answer", async () => {
    const service = open();
    const events = listen();
    const call = service.getById(unknownId()).then(() => events.length);
    expect(await call).toBe(1);
  });

  it("may make calls and close from within", async () => {
    const service = open();
    const made: Promise<unknown>[] = [];
    const callAgain = () => {
      if (made.length < 3) made.push(service.getById(unknownId()));
      else made.push(service.close());
      if (made.length > 3) unsubscribe(CHANNEL, callAgain);
    };
    subscribe(CHANNEL, callAgain);
    await service.getById(unknownId());
    await until("it has been called four times", () => made.length === 4);
    expect(await Promise.all(made)).toEqual([null, null, null, undefined]);
  });

  it("may throw: the call has its answer, and Node reports the error", async () => {
    const ended = await runChild(
      `const { environmentService } = require("paperclip-environment-service");
       const { subscribe } = require("node:diagnostics_channel");
       const id = "00000000-0000-4000-8000-000000000000";
       subscribe("${CHANNEL}", () => { throw new Error("of the listener"); });
       const errors = [];
       process.on("uncaughtException", (error) => errors.push(error.message));
       (async () => {
         const service = environmentService();
         const calls = [service.getById(id), service.getById("malformed"), service.getById(id)];
         const outcomes = (await Promise.allSettled(calls)).map(({ status }) => status);
         await service.close();
         console.log(JSON.stringify({ outcomes, errors }));
       })();`,
      { env: { DATABASE_URL: url } },
    );
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
    expect(JSON.parse(ended.stdout)).toEqual({
      outcomes: ["fulfilled", "rejected", "fulfilled"],
      errors: times(3, () => "of the listener"),
    });
  });
});

it("nothing is published while nobody listens", async () => {
  const ended = await runChild(
    `const { channel } = require("node:diagnostics_channel");
     const { environmentService } = require("paperclip-environment-service");
     const { performance } = require("node:perf_hooks");
     const id = "00000000-0000-4000-8000-000000000000";
     const calls = channel("${CHANNEL}");
     let published = 0, asked = 0;
     calls.publish = () => { published += 1; };
     const { now } = performance;
     performance.now = () => { asked += 1; return now.call(performance); };
     const service = environmentService();
     service.getById(id).then(() => console.log(calls.hasSubscribers, published, asked));`,
    { env: { DATABASE_URL: url } },
  );
  expect(ended).toMatchObject({ code: 0, stderr: "", stdout: "false 0 0\n" });
});
