import { afterEach, describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { addonMethods, callsById } from "../support/methods.js";
import { startSuite, unknownId } from "../support/suite.js";
import {
  environmentService,
  type EnvironmentService,
  type EnvironmentServiceOptions,
} from "./support/addon.js";
import { connectionsOf } from "./support/connections.js";
import { until } from "./support/until.js";

const { url, sql, seed } = await startSuite();
const connections = connectionsOf(sql);

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

let names = 0;
/** A name of its own for each test, so that it counts its own connections only. */
const newName = (): string => `close ${(names += 1)}`;

function service(
  applicationName: string,
  options: EnvironmentServiceOptions = {},
  at = url,
): EnvironmentService {
  const service = environmentService(at, { applicationName, ...options });
  cleanups.push(() => service.close());
  return service;
}

const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

const useAllConnections = (each: EnvironmentService) =>
  Promise.all(times(8, (n) => (n % 2 ? each.list(unknownId()) : each.getById(unknownId()))));

describe("close", () => {
  it("waits for the calls under way, which all succeed, and disconnects", async () => {
    const name = newName();
    const each = service(name);
    const companyId = await seed.company();
    const environmentId = await seed.environment(companyId);
    let settled = 0;
    const calls = times(300, async (n) => {
      const lease = await each.acquireLease({ companyId, environmentId, provider: `${n}` });
      settled += 1;
      return lease;
    });
    const lists = times(20, async () => {
      await each.listLeases(environmentId);
      settled += 1;
    });

    await each.close();

    expect(settled).toBe(320);
    await connections.gone(name);
    (await Promise.all(calls)).forEach((lease, n) => expect(lease.provider).toBe(`${n}`));
    await Promise.all(lists);
    expect(await sql`select 1 from environment_leases where environment_id = ${environmentId}`).toHaveLength(
      300,
    );
  });

  it("waits for a statement that takes its time", async () => {
    const each = service(newName());
    const environmentId = await seed.environment(await seed.company());
    let closed = false;
    const { call, closing } = await sql.begin(async (lock) => {
      await lock`select 1 from environments where id = ${environmentId} for update`;
      const call = each.update(environmentId, { name: "in time" });
      const closing = each.close().then(() => void (closed = true));
      await until("the update waits", async () => (await connections.waiting()) === 1);
      expect(closed).toBe(false);
      return { call: [call], closing: [closing] };
    });
    await Promise.all(closing);
    expect(await call[0]).toMatchObject({ name: "in time" });
  });

  it("waits for calls that fail, too", async () => {
    const each = service(newName());
    const call = rejection(each.acquireLease({ companyId: unknownId(), environmentId: unknownId() }));
    await each.close();
    expect(await call).toMatchObject({ code: "23503" });
  });

  it.each(addonMethods)("afterwards rejects with CONNECTION_ENDED: %s", async (method) => {
    const name = newName();
    const each = service(name);
    await each.close();
    const before = await sql`select count(*) from environments`;
    const error = await rejection(callsById[method](each, unknownId()));
    expect(error).toMatchObject({ code: "CONNECTION_ENDED", message: expect.stringContaining("closed") });
    expect(await sql`select count(*) from environments`).toEqual(before);
    expect(await connections.count(name)).toBe(0);
  });

  it("rejects from the moment it is called, while earlier calls go on", async () => {
    const each = service(newName());
    const earlier = each.getById(unknownId());
    const closing = each.close();
    const later = rejection(each.getById(unknownId()));
    expect(await earlier).toBeNull();
    expect(await later).toMatchObject({ code: "CONNECTION_ENDED" });
    await closing;
  });

  it("twice, at once or later, is fine", async () => {
    const each = service(newName());
    await each.getById(unknownId());
    await Promise.all([each.close(), each.close()]);
    await each.close();
  });

  it("the second waits as the first does", async () => {
    const each = service(newName());
    let done = false;
    const call = each.getById(unknownId()).then(() => void (done = true));
    void each.close();
    await each.close();
    expect(done).toBe(true);
    await call;
  });

  it("before any call is fine, and connects to nothing", async () => {
    const name = newName();
    await service(name).close();
    expect(await connections.count(name)).toBe(0);
  });

  it("works detached, and resolves to nothing", async () => {
    const each = service(newName());
    const { close, getById } = each;
    expect(await getById(unknownId())).toBeNull();
    expect(await close()).toBeUndefined();
    expect(await rejection(getById(unknownId()))).toMatchObject({ code: "CONNECTION_ENDED" });
  });

  it("leaves other services on the same source at work: they connect anew", async () => {
    const name = newName();
    const [one, other] = [service(name), service(name)];
    await Promise.all([useAllConnections(one), useAllConnections(other)]);
    const before = await connections.pids(name);
    const call = other.getById(unknownId());
    await one.close();
    expect(await call).toBeNull();

    expect(await other.getById(unknownId())).toBeNull();
    const after = await connections.pids(name);
    expect(after).toHaveLength(1);
    expect(before).not.toContain(after[0]);
    await other.close();
    await connections.gone(name);
  });

  it("under load, again and again, fails no call of the other services", async () => {
    const name = newName();
    const survivor = service(name);
    const id = await seed.environment(await seed.company());
    let closing = true;
    const load = times(10, async () => {
      let calls = 0;
      while (closing) {
        expect(await survivor.getById(id)).toMatchObject({ id });
        calls += 1;
      }
      return calls;
    });
    for (let n = 0; n < 30; n++) {
      const each = service(name);
      await each.getById(id);
      await each.close();
    }
    closing = false;
    for (const calls of await Promise.all(load)) expect(calls).toBeGreaterThan(0);
    expect(await connections.count(name)).toBeLessThanOrEqual(4);
  });

  it("a new service on the same source works", async () => {
    const name = newName();
    await service(name).close();
    expect(await service(name).getById(unknownId())).toBeNull();
  });
});

it("await using closes at the end of the block", async () => {
  const name = newName();
  let outside: EnvironmentService;
  {
    await using inside = environmentService(url, { applicationName: name });
    await inside.getById(unknownId());
    expect(await connections.count(name)).toBe(1);
    outside = inside;
  }
  await connections.gone(name);
  expect(await rejection(outside.getById(unknownId()))).toMatchObject({ code: "CONNECTION_ENDED" });
});

describe("connections come to their end by themselves", () => {
  it("when they have been idle for idleTimeout, and the next call opens one", async () => {
    const name = newName();
    const each = service(name, { idleTimeout: 200 });
    await useAllConnections(each);
    const before = await connections.pids(name);
    expect(before.length).toBeGreaterThan(1);
    const start = performance.now();
    await connections.gone(name);
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(await each.getById(unknownId())).toBeNull();
    expect(before).not.toContain((await connections.pids(name))[0]);
  });

  it("not while they are used more often than that", async () => {
    const name = newName();
    const each = service(name, { idleTimeout: 400 });
    await each.getById(unknownId());
    const before = await connections.pids(name);
    const end = performance.now() + 1_200;
    await until("three times idleTimeout has passed", async () => {
      await each.getById(unknownId());
      return performance.now() > end;
    });
    expect(await connections.pids(name)).toEqual(before);
  });

  it("not in the middle of a statement that takes longer than that", async () => {
    const each = service(newName(), { idleTimeout: 50 });
    const environmentId = await seed.environment(await seed.company());
    const [call] = await sql.begin(async (lock) => {
      await lock`select 1 from environments where id = ${environmentId} for update`;
      const call = each.update(environmentId, { name: "slow" });
      await until("the update has waited for long", async () => {
        const rows = await sql`
          select 1 from pg_stat_activity
          where wait_event_type = 'Lock' and clock_timestamp() - query_start > '400 ms' and datname = current_database()`;
        return rows.length === 1;
      });
      return [call];
    });
    expect(await call).toMatchObject({ name: "slow" });
  });

  it("when they are older than max_lifetime: the next call has another one", async () => {
    const name = newName();
    const each = service(name, {}, `${url}?max_lifetime=1`);
    await each.getById(unknownId());
    const [first] = await connections.pids(name);
    await until("the connection has been replaced", async () => {
      expect(await each.getById(unknownId())).toBeNull();
      return !(await connections.pids(name)).includes(first ?? 0);
    });
    expect((await connections.pids(name)).length).toBeLessThanOrEqual(1);
  });
});
