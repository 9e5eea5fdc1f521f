import { setTimeout as pause } from "node:timers/promises";

import { afterEach, describe, expect, it, vi } from "vitest";

import { rejection } from "../support/errors.js";
import { startSuite, unknownId } from "../support/suite.js";
import { environmentService } from "./support/addon.js";
import { runChild } from "./support/child.js";
import { connectionsOf } from "./support/connections.js";
import { openThroughProxy } from "./support/through-proxy.js";
import { until } from "./support/until.js";

const { url, sql, seed } = await startSuite();
const service = environmentService(url);
const { waiting } = connectionsOf(sql);

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

async function seeded() {
  const companyId = await seed.company();
  const environmentId = await seed.environment(companyId);
  return { companyId, environmentId };
}

describe("calls made while others are under way", () => {
  it("go out together, as one statement, when the first has its answer", async () => {
    const { proxy, service: through } = await openThroughProxy(url, cleanups, {});
    const { companyId } = await seeded();
    const ids = await Promise.all(times(64, (n) => seed.environment(companyId, { name: `e ${n}` })));

    const first = proxy.plan(/from environments/, "hold");
    const counted = proxy.plan(/from environments/, "hold", { times: 1_000 });
    counted.release();
    const earlier = through.getById(unknownId());
    await until("the first call is under way", () => first.met === 1);
    const later = ids.map((id) => through.getById(id));
    first.release();

    expect(await earlier).toBeNull();
    (await Promise.all(later)).forEach((row, n) => expect(row?.name).toBe(`e ${n}`));
    expect(counted.met).toBe(1);
  });

  it("do not wait for calls of another kind", async () => {
    const { companyId, environmentId } = await seeded();
    const leaseId = await seed.lease(companyId, environmentId);
    const [waiting] = await sql.begin(async (lock) => {
      await lock`select 1 from environments where id = ${environmentId} for update`;
      const waiting = service.update(environmentId, { name: "late" });
      expect(await service.getById(environmentId)).toMatchObject({ name: "Environment" });
      expect(await service.getLeaseById(leaseId)).toMatchObject({ id: leaseId });
      expect(await service.updateLeaseMetadata(leaseId, { a: 1 })).toMatchObject({ metadata: { a: 1 } });
      expect(await service.list(companyId)).toHaveLength(1);
      return [waiting];
    });
    expect(await waiting).toMatchObject({ name: "late" });
  });
});

describe("a call made after another has resolved sees its effect", () => {
  it("even where calls of its kind were under way all the time", async () => {
    const { companyId } = await seeded();
    let running = true;
    const readers = times(20, async () => {
      while (running) await service.getById(unknownId());
    });
    for (let n = 0; n < 100; n++) {
      const created = await service.create(companyId, { name: `${n}`, driver: "ssh" });
      expect(await service.getById(created.id)).toEqual(created);
      const changed = await service.update(created.id, { name: `${n} changed` });
      expect(await service.getById(created.id)).toEqual(changed);
      expect(await service.remove(created.id)).toEqual(changed);
      expect(await service.getById(created.id)).toBeNull();
    }
    running = false;
    await Promise.all(readers);
  });
});

describe("calls on the same row keep their order", () => {
  it("updateLeaseMetadata: results and final state", async () => {
    const { companyId, environmentId } = await seeded();
    const id = await seed.lease(companyId, environmentId);
    const answers = await Promise.all(times(600, (n) => service.updateLeaseMetadata(id, { n })));
    answers.forEach((lease, n) => expect(lease?.metadata).toEqual({ n }));
    expect((await service.getLeaseById(id))?.metadata).toEqual({ n: 599 });
  });

  it("update, with other rows in between and the id in different forms", async () => {
    const { companyId, environmentId } = await seeded();
    const others = await Promise.all(times(10, () => seed.environment(companyId)));
    const forms = [
      environmentId,
      environmentId.toUpperCase(),
      `{${environmentId}}`,
      environmentId.replaceAll("-", ""),
    ];
    const calls = times(300, (n) => [
      service.update(forms[n % 4] ?? "", { name: `${n}` }),
      service.update(others[n % 10] ?? "", { name: `other ${n}` }),
    ]);
    const answers = await Promise.all(calls.map((pair) => Promise.all(pair)));
    answers.forEach(([one, other], n) => {
      expect(one).toMatchObject({ id: environmentId, name: `${n}` });
      expect(other).toMatchObject({ id: others[n % 10], name: `other ${n}` });
    });
    expect(await service.getById(environmentId)).toMatchObject({ name: "299" });
  });

  it("releaseLease: each sees what those before it have left", async () => {
    const { companyId, environmentId } = await seeded();
    const id = await seed.lease(companyId, environmentId);
    const answers = await Promise.all([
      service.releaseLease(id, "failed", { failureReason: "first" }),
      service.releaseLease(id, "expired", { cleanupStatus: "pending" }),
      service.releaseLease(id, "retained"),
      service.releaseLease(id, "released", { failureReason: "last" }),
    ]);
    expect(answers).toMatchObject([
      { status: "failed", failureReason: "first", cleanupStatus: null },
      { status: "expired", failureReason: "first", cleanupStatus: "pending" },
      { status: "retained", failureReason: "first", cleanupStatus: "pending", releasedAt: null },
      { status: "released", failureReason: "last", cleanupStatus: "pending" },
    ]);
  });

  it("a refused call among them changes nothing about the order of the rest", async () => {
    const { companyId, environmentId } = await seeded();
    const id = await seed.lease(companyId, environmentId);
    const bad = { text: "\0" };
    const outcomes = await Promise.allSettled(
      times(100, (n) => service.updateLeaseMetadata(id, n % 10 === 5 ? bad : { n })),
    );
    outcomes.forEach((outcome, n) => {
      if (n % 10 === 5) expect(outcome).toMatchObject({ status: "rejected", reason: { code: "22P05" } });
      else expect(outcome).toMatchObject({ status: "fulfilled", value: { metadata: { n } } });
    });
    expect((await service.getLeaseById(id))?.metadata).toEqual({ n: 99 });
  });

  it("also where the one before is under way: the next is not sent until that has its answer", async () => {
    const { proxy, service: through } = await openThroughProxy(url, cleanups, {});
    const { companyId, environmentId } = await seeded();
    const other = await seed.environment(companyId);
    const updates = proxy.plan(/update environments/, "hold", { times: 3 });
    const first = through.update(environmentId, { name: "first" });
    await until("the first has been done, and nobody knows", () => updates.met === 1);
    const second = through.update(environmentId.toUpperCase(), { name: "second" });
    const elsewhere = through.update(other, { name: "elsewhere" });
    await until("the other row's has been done", () => updates.met === 2);
    await pause(50);
    expect((await service.getById(environmentId))?.name).toBe("first");
    updates.release();
    expect(await Promise.all([first, second, elsewhere])).toMatchObject([
      { name: "first" },
      { name: "second" },
      { name: "elsewhere" },
    ]);
  });

  it("also where more calls than a batch holds come between them", async () => {
    const { companyId, environmentId } = await seeded();
    const id = await seed.lease(companyId, environmentId);
    const others = await Promise.all(times(300, () => seed.lease(companyId, environmentId)));
    const calls: Promise<unknown>[] = [];
    const set = (lease: string, n: number) => calls.push(service.updateLeaseMetadata(lease, { n }));
    await sql.begin(async (lock) => {
      await lock`select 1 from environment_leases where id = ${id} for update`;
      set(id, 0);
      await until("the first waits for the lock", async () => (await waiting()) === 1);
      set(id, 1);
      for (const other of others) set(other, 1);
      set(id, 2);
      await Promise.all(calls.slice(2, 302));
    });
    (await Promise.all(calls)).forEach((lease, n) =>
      expect(lease).toMatchObject({ metadata: { n: n === 0 ? 0 : n === 302 ? 2 : 1 } }),
    );
    expect((await service.getLeaseById(id))?.metadata).toEqual({ n: 2 });
  });
});

describe("in a burst", () => {
  it.each([0, 31, 63])("of 64 calls the failing one, number %i, fails alone", async (failing) => {
    const { companyId, environmentId } = await seeded();
    const outcomes = await Promise.allSettled(
      times(64, (n) =>
        service.acquireLease({
          companyId,
          environmentId: n === failing ? unknownId() : environmentId,
          provider: `${n}`,
        }),
      ),
    );
    outcomes.forEach((outcome, n) => {
      if (n === failing) expect(outcome).toMatchObject({ status: "rejected", reason: { code: "23503" } });
      else expect(outcome).toMatchObject({ status: "fulfilled", value: { provider: `${n}` } });
    });
    expect(await service.listLeases(environmentId)).toHaveLength(63);
  });

  it("of 1,000 mixed calls, each result goes to its own caller", async () => {
    const { companyId } = await seeded();
    const environments = await Promise.all(times(20, (n) => seed.environment(companyId, { name: `e ${n}` })));
    const leases = await Promise.all(
      environments.map((id, n) => seed.lease(companyId, id, { provider: `p ${n}` })),
    );
    const calls = times(1_000, async (n) => {
      const k = n % 20;
      const [environmentId, leaseId] = [environments[k] ?? "", leases[k] ?? ""];
      switch (n % 7) {
        case 0:
          return expect(await service.getById(environmentId)).toMatchObject({
            id: environmentId,
            name: `e ${k}`,
          });
        case 1:
          return expect(await service.getLeaseById(leaseId)).toMatchObject({
            id: leaseId,
            provider: `p ${k}`,
          });
        case 2:
          return expect(
            await service.acquireLease({ companyId, environmentId, provider: `new ${n}` }),
          ).toMatchObject({
            environmentId,
            provider: `new ${n}`,
          });
        case 3:
          return expect(await service.updateLeaseMetadata(leaseId, { n })).toMatchObject({
            id: leaseId,
            metadata: { n },
          });
        case 4:
          return expect(await service.create(companyId, { name: `new ${n}`, driver: "ssh" })).toMatchObject({
            name: `new ${n}`,
          });
        case 5:
          return expect(await rejection(service.getById(`bad ${n}`))).toMatchObject({
            message: `invalid input syntax for type uuid: "bad ${n}"`,
          });
        default:
          return expect(await service.getById(unknownId())).toBeNull();
      }
    });
    await Promise.all(calls);
  });

  it("of those that exclude each other, the first wins", async () => {
    for (let time = 0; time < 20; time++) {
      const companyId = await seed.company();
      const outcomes = await Promise.allSettled(
        times(8, (n) => service.create(companyId, { name: `${n}`, driver: "local" })),
      );
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", ...times(7, () => "rejected")]);
      expect(await service.list(companyId)).toMatchObject([{ name: "0" }]);
    }
  });

  it("callers of the same id get objects of their own", async () => {
    const { companyId, environmentId } = await seeded();
    const leaseId = await seed.lease(companyId, environmentId, { metadata: '{"deep": {"a": 1}}' });
    const leases = await Promise.all(times(10, () => service.getLeaseById(leaseId)));
    expect(new Set(leases).size).toBe(10);
    expect(new Set(leases.map((lease) => lease?.metadata)).size).toBe(10);
    expect(new Set(leases.map((lease) => lease?.metadata?.["deep"])).size).toBe(10);
    expect(new Set(leases.map((lease) => lease?.createdAt)).size).toBe(10);
    for (const lease of leases) expect(lease).toEqual(leases[0]);

    const locals = await Promise.all(times(10, () => service.ensureLocalEnvironment(companyId)));
    expect(new Set(locals).size).toBe(10);
    expect(new Set(locals.map(({ config }) => config)).size).toBe(10);
  });

  it("callers of the same list get one statement's answer, in objects of their own", async () => {
    const counted = environmentService(url, { applicationName: "the same list" });
    cleanups.push(() => counted.close());
    const { companyId, environmentId } = await seeded();
    await seed.lease(companyId, environmentId, { metadata: '{"deep": {"a": 1}}' });
    const lists = await Promise.all(times(10, () => counted.list(companyId)));
    const leases = await Promise.all(times(10, () => counted.listLeases(environmentId)));
    const texts = await Promise.all(times(10, () => counted.listJson(companyId)));
    for (const rows of [lists, leases]) {
      expect(new Set<unknown>(rows).size).toBe(10);
      expect(new Set<unknown>(rows.flat()).size).toBe(10);
      for (const each of rows) expect(each).toEqual(rows[0]);
    }
    expect(new Set(lists.flat().map(({ config }) => config)).size).toBe(10);
    expect(new Set(leases.flat().map(({ metadata }) => metadata?.["deep"])).size).toBe(10);
    expect(new Set(leases.flat().map(({ createdAt }) => createdAt)).size).toBe(10);
    texts[0]?.fill(0);
    for (const text of texts.slice(1))
      expect(JSON.parse(text.toString())).toMatchObject([{ id: environmentId }]);
    expect(counted.stats().batches).toMatchObject({ sent: 3, calls: 30 });
  });

  it("callers of lists that differ in a filter get each their own", async () => {
    const { companyId, environmentId } = await seeded();
    const archived = await seed.environment(companyId, { status: "archived" });
    const [active, rest, all] = await Promise.all([
      service.list(companyId, { status: "active" }),
      service.list(companyId, { status: "archived" }),
      service.list(companyId),
    ]);
    expect(active).toMatchObject([{ id: environmentId }]);
    expect(rest).toMatchObject([{ id: archived }]);
    expect(all).toHaveLength(2);
  });

  it("large calls go in batches of their own, so that small ones need not wait for them", async () => {
    const counted = environmentService(url, { applicationName: "large calls" });
    cleanups.push(() => counted.close());
    const { companyId } = await seeded();
    const create = (length: number) =>
      counted.create(companyId, { name: "n", driver: "ssh", config: { text: "x".repeat(length) } });
    const created = await Promise.all([create(1), create(2 << 20), create(1), create(1)]);
    expect(created.map(({ config }) => String(config["text"]).length)).toEqual([1, 2 << 20, 1, 1]);
    expect(counted.stats().batches).toMatchObject({ sent: 3, calls: 4, largest: 2 });
  });
});

describe("a read that is made after a write has resolved is not answered by an earlier statement", () => {
  interface Named {
    name: string;
  }

  it.each(["list", "listJson", "getById"] as const)("%s", async (method) => {
    const { proxy, service: through } = await openThroughProxy(url, cleanups, {});
    const { companyId, environmentId } = await seeded();
    const reads = {
      list: async () => (await through.list(companyId))[0]?.name,
      listJson: async () => (JSON.parse((await through.listJson(companyId)).toString()) as Named[])[0]?.name,
      getById: async () => (await through.getById(environmentId))?.name,
    };
    const read = reads[method];
    const early = proxy.plan(/from environments/, "hold");
    const before = read();
    await until("the earlier read has been answered, and nobody knows", () => early.met === 1);
    await through.update(environmentId, { name: "changed" });
    const after = read();
    expect(await after).toBe("changed");
    early.release();
    expect(await before).toBe("Environment");
  });
});

describe("faked timers hold nothing up, and their clock is the one that is written", () => {
  const then = new Date("2031-02-03T04:05:06.789Z");

  it.each<[string, Parameters<typeof vi.useFakeTimers>[0]]>([
    ["as vitest fakes them", {}],
    [
      "with queueMicrotask",
      { toFake: ["Date", "queueMicrotask", "setImmediate", "setTimeout", "setInterval"] },
    ],
  ])("%s", async (_, faked) => {
    const { companyId, environmentId } = await seeded();
    await service.getById(environmentId);
    const calls: Promise<unknown>[] = [];
    vi.useFakeTimers({ ...faked, now: then });
    const lease = await service.acquireLease({ companyId, environmentId });
    for (let n = 0; n < 5; n++)
      calls.push(service.updateLeaseMetadata(lease.id, { n }), service.getById(environmentId));
    await Promise.all(calls);
    const released = await service.releaseLease(lease.id);
    vi.useRealTimers();
    expect(lease.acquiredAt).toEqual(then);
    expect(released?.releasedAt).toEqual(then);
  });

  it("nor does it if process.nextTick and queueMicrotask never come back", async () => {
    const ended = await runChild(
      `const { environmentService } = require("paperclip-environment-service");
       const service = environmentService();
       process.nextTick = globalThis.queueMicrotask = globalThis.setImmediate = globalThis.setTimeout = () => {};
       Promise.all([1, 2, 3].map(() => service.getById("00000000-0000-4000-8000-000000000000")))
         .then((rows) => require("node:fs").writeSync(1, JSON.stringify(rows)));`,
      { env: { DATABASE_URL: url } },
    );
    expect(ended).toMatchObject({ code: 0, signal: null, stdout: "[null,null,null]" });
  });
});
