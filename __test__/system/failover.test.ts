// Several servers in one source: a primary and its standby, and what happens when they change places.

import { setTimeout as pause } from "node:timers/promises";

import postgres from "postgres";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import {
  environmentService,
  type EnvironmentService,
  type EnvironmentServiceOptions,
  type EnvironmentServiceSource,
} from "../addon/support/addon.js";
import { startProxy } from "../addon/support/proxy.js";
import { until } from "../addon/support/until.js";
import { rejection } from "../support/errors.js";
import { seeding } from "../support/seed.js";
import { PostgresServer } from "../support/server/postgres-server.mjs";
import { unknownId } from "../support/suite.js";
import { TABLES } from "../support/tables.mjs";
import { POSTGRES_PROGRAMS } from "./support/packages.mjs";

let primary: PostgresServer;
let standby: PostgresServer;
let companyId: string;
let environmentId: string;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

beforeEach(async () => {
  primary = await PostgresServer.create(POSTGRES_PROGRAMS);
  cleanups.push(() => primary.remove());
  await primary.start();
  const sql = client(primary);
  await sql.unsafe(TABLES);
  const seed = seeding(sql, "2026.427");
  companyId = await seed.company();
  environmentId = await seed.environment(companyId);

  standby = await primary.createStandby();
  cleanups.push(() => standby.remove());
  await standby.start();
  // Only now: without a standby nobody could commit.
  await sql.unsafe("alter system set synchronous_standby_names = 'standby'");
  primary.reload();
  await until("the standby takes part in every commit", async () => {
    const rows = await sql`select 1 from pg_stat_replication where sync_state = 'sync'`;
    return rows.length === 1;
  });
});

/** Behind the service's back. */
function client(server: PostgresServer): postgres.Sql {
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  cleanups.push(() => sql.end({ timeout: 1 }));
  return sql;
}

function service(
  source: EnvironmentServiceSource,
  options: EnvironmentServiceOptions = {},
): EnvironmentService {
  const made = environmentService(source, { connectTimeout: 10_000, applicationName: "service", ...options });
  cleanups.push(() => made.close());
  return made;
}

type Listening = Pick<PostgresServer, "port">;

/** Sources that name the servers in this order. */
const SOURCES = {
  "a connection string": (servers: Listening[], wanted: string) =>
    `postgres://postgres:${primary.password}@${addresses(servers)}/postgres?target_session_attrs=${wanted}`,
  "an object": (servers: Listening[], wanted: string) => ({
    connectionString: `postgres://postgres@${addresses(servers)}/postgres?target_session_attrs=${wanted}`,
    password: primary.password,
  }),
  "postgres.js": (servers: Listening[], wanted: string) => {
    // Its types know one host only.
    const options: object = { ...parts(servers), target_session_attrs: wanted };
    const sql = postgres(options);
    cleanups.push(() => sql.end({ timeout: 1 }));
    return sql;
  },
} satisfies Record<string, (servers: Listening[], wanted: string) => EnvironmentServiceSource>;

const addresses = (servers: Listening[]) => servers.map(({ port }) => `127.0.0.1:${port}`).join();

const parts = (servers: Listening[]) => ({
  host: servers.map(() => "127.0.0.1"),
  port: servers.map(({ port }) => port),
  user: "postgres",
  password: primary.password,
  database: "postgres",
});

const byText = SOURCES["a connection string"];

/** How many connections the service has to this server. */
async function connectionsTo(server: PostgresServer): Promise<number> {
  const rows = await client(server)`select 1 from pg_stat_activity where application_name = 'service'`;
  return rows.length;
}

describe("the server that is wanted is found, whatever the order", () => {
  const orders = () => [
    [primary, standby],
    [standby, primary],
  ];

  it.each(Object.entries(SOURCES))("read-write and primary: %s", async (_, source) => {
    for (const servers of orders()) {
      for (const wanted of ["read-write", "primary"]) {
        const each = service(source(servers, wanted));
        expect(await each.acquireLease({ companyId, environmentId })).toMatchObject({ environmentId });
        expect([await connectionsTo(primary), await connectionsTo(standby)]).toEqual([1, 0]);
        await each.close();
      }
    }
  });

  it("read-only, standby and prefer-standby: reads from the standby", async () => {
    for (const servers of orders()) {
      for (const wanted of ["read-only", "standby", "prefer-standby"]) {
        const each = service(byText(servers, wanted));
        expect(await each.getById(environmentId)).toMatchObject({ id: environmentId });
        expect([await connectionsTo(primary), await connectionsTo(standby)]).toEqual([0, 1]);
        expect(await rejection(each.acquireLease({ companyId, environmentId }))).toMatchObject({
          name: "PostgresError",
          code: "25006",
        });
        await each.close();
      }
    }
  });

  it("prefer-standby: from the primary where there is no standby", async () => {
    await standby.stop();
    for (const servers of orders()) {
      const each = service(byText(servers, "prefer-standby"));
      expect(await each.getById(environmentId)).toMatchObject({ id: environmentId });
      await each.close();
    }
  });

  it("where there is none: TARGET_SESSION_ATTRS, or why it cannot be reached", async () => {
    const nobody = service(byText([standby], "read-write"), { connectTimeout: 500 });
    expect(await rejection(nobody.getById(unknownId()))).toMatchObject({ code: "TARGET_SESSION_ATTRS" });
    await primary.stop();
    const away = service(byText([primary], "read-write"), { connectTimeout: 500 });
    expect(await rejection(away.getById(unknownId()))).toMatchObject({ code: "ECONNREFUSED" });
  });

  it("a server that accepts and says nothing costs its own time only", async () => {
    const proxy = await startProxy(primary.url);
    cleanups.push(() => proxy.close());
    proxy.silence();
    await primary.stop("immediate");
    await standby.promote();
    const each = service(byText([proxy, standby], "read-write"), { connectTimeout: 1_000 });
    const start = performance.now();
    const leases = await Promise.all(
      Array.from({ length: 16 }, () => each.acquireLease({ companyId, environmentId })),
    );
    expect(leases).toHaveLength(16);
    expect(performance.now() - start).toBeLessThan(2_500);
  });
});

interface Written {
  acknowledged: Set<string>;
  /** Leases of which nobody knows. */
  unknown: Set<string>;
  /** The codes of calls that certainly wrote nothing, and how often each came. */
  refused: Map<string, number>;
}

/** Callers who acquire leases until they are stopped, and try again after an error as a server would. */
function write(each: EnvironmentService, callers: number) {
  const written: Written = { acknowledged: new Set(), unknown: new Set(), refused: new Map() };
  let goOn = true;
  const caller = async () => {
    while (goOn) {
      try {
        written.acknowledged.add((await each.acquireLease({ companyId, environmentId })).id);
      } catch (error) {
        const { code, leaseId } = error as { code: string; leaseId?: string };
        if (code === "OUTCOME_UNKNOWN") written.unknown.add(String(leaseId));
        else {
          written.refused.set(code, (written.refused.get(code) ?? 0) + 1);
          await pause(20);
        }
      }
    }
  };
  const all = Promise.all(Array.from({ length: callers }, caller));
  cleanups.push(() => (goOn = false));
  return {
    written,
    more: (count: number, limit?: number) => {
      const enough = written.acknowledged.size + count;
      return until(`${count} more are written`, () => written.acknowledged.size >= enough, limit);
    },
    stop: async () => {
      goOn = false;
      await all;
    },
  };
}

async function expectNothingLost(server: PostgresServer, { acknowledged, unknown }: Written): Promise<void> {
  const rows = await client(server)<{ id: string }[]>`
    select id::text from environment_leases where environment_id = ${environmentId}`;
  const there = new Set(rows.map(({ id }) => id));
  expect([...acknowledged].filter((id) => !there.has(id))).toEqual([]);
  expect([...there].filter((id) => !acknowledged.has(id) && !unknown.has(id))).toEqual([]);
}

describe("a promotion while 16 callers write", () => {
  it.each(["immediate", "fast", "killed"] as const)(
    "the primary ends (%s): no lease is lost, and none is there that nobody knows of",
    async (how) => {
      const load = write(service(byText([primary, standby], "read-write")), 16);
      await load.more(200);
      if (how === "killed") await primary.kill();
      else await primary.stop(how);
      await standby.promote();
      await load.more(200, 12_000);
      await load.stop();
      await expectNothingLost(standby, load.written);
      expect([...load.written.unknown]).toEqual([]);
      for (const code of load.written.refused.keys()) {
        expect([
          "ECONNREFUSED",
          "ECONNRESET",
          "CONNECTION_CLOSED",
          "TARGET_SESSION_ATTRS",
          "57P03",
        ]).toContain(code);
      }
    },
  );

  it("that comes too late: every lease that may be there is named", async () => {
    const each = service(byText([primary, standby], "read-write"), { connectTimeout: 500 });
    const load = write(each, 16);
    await load.more(200);
    await primary.stop("immediate");
    await pause(1_500);
    await standby.promote();
    await load.more(200, 12_000);
    await load.stop();
    await expectNothingLost(standby, load.written);
  });

  it("the old primary silent instead of gone: the same", async () => {
    const proxy = await startProxy(primary.url);
    cleanups.push(() => proxy.close());
    const each = service(byText([proxy, standby], "read-write"), { connectTimeout: 2_000 });
    const load = write(each, 16);
    await load.more(200);
    proxy.silence();
    proxy.cut();
    await primary.stop("immediate");
    await standby.promote();
    await load.more(200, 12_000);
    await load.stop();
    await expectNothingLost(standby, load.written);
    expect([...load.written.unknown]).toEqual([]);
  });
});

describe("a primary that is demoted and keeps its connections", () => {
  it("is left by those who want to write, for the server that can", async () => {
    const load = write(service(byText([primary, standby], "read-write")), 16);
    await load.more(200);
    await client(primary).unsafe("alter system set default_transaction_read_only = on");
    primary.reload();
    await until("it no longer takes writes", async () => {
      const [said] = await client(primary).unsafe("show default_transaction_read_only");
      return said?.["default_transaction_read_only"] === "on";
    });
    await standby.promote();
    await load.more(200, 12_000);
    await load.stop();
    await expectNothingLost(standby, load.written);
    expect([...load.written.unknown]).toEqual([]);
    expect([await connectionsTo(primary), (await connectionsTo(standby)) > 0]).toEqual([0, true]);
  });

  it("says 25006 to those who did not ask for a writable one", async () => {
    const each = service(byText([primary], "any"));
    await each.acquireLease({ companyId, environmentId });
    await client(primary).unsafe("alter system set default_transaction_read_only = on");
    primary.reload();
    await until("it no longer takes writes", async () => {
      const outcome = each.acquireLease({ companyId, environmentId });
      return outcome.then(
        () => false,
        (error: { code: string }) => error.code === "25006",
      );
    });
    expect(await each.getById(environmentId)).toMatchObject({ id: environmentId });
  });
});
