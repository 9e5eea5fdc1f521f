import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

import postgres from "postgres";
import { afterEach, beforeAll, describe, expect, it } from "vitest";

import { openDatabase } from "../support/database.js";
import { rejection } from "../support/errors.js";
import { startSuite, unknownId } from "../support/suite.js";
import { withDatabase } from "../support/url.js";
import {
  environmentService,
  type EnvironmentService,
  type EnvironmentServiceOptions,
} from "./support/addon.js";
import { connectionsOf } from "./support/connections.js";
import { startFront } from "./support/front.js";
import { rowLock, whileLocked } from "./support/locked.js";
import { startProxy } from "./support/proxy.js";
import { until } from "./support/until.js";

const { url, sql, seed } = await startSuite();
const { waiting } = connectionsOf(sql);

/** Soon enough to have been said at once, on a busy machine. */
const AT_ONCE = 1_000;
const LONG = 10_000;
const SHORT = 400;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

let names = 0;
function open(at: string | URL, options: EnvironmentServiceOptions = {}): EnvironmentService {
  const service = environmentService(at, { applicationName: `policies ${(names += 1)}`, ...options });
  cleanups.push(() => service.close());
  return service;
}

function withParameters(at: string, parameters: Record<string, string>): string {
  const changed = new URL(at);
  for (const [name, value] of Object.entries(parameters)) changed.searchParams.set(name, value);
  return changed.href;
}

const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

/** What a call rejects with, and after how many milliseconds. */
async function timedRejection(call: Promise<unknown>) {
  const start = performance.now();
  const error = await rejection(call);
  return { error, taken: performance.now() - start };
}

async function behindFront(options: EnvironmentServiceOptions = {}) {
  const front = await startFront(url);
  cleanups.push(() => front.close());
  return { front, service: open(front.url, { connectTimeout: LONG, ...options }) };
}

/** Connected once, and cut off since. */
async function cutOff(options: EnvironmentServiceOptions = {}) {
  const { front, service } = await behindFront(options);
  await service.getById(unknownId());
  front.cut();
  return { front, service, logins: front.logins };
}

describe("a login that is refused because the server is not ready", () => {
  it.each(["57P03", "53300"])(
    "%s: is tried again until it is, also by those who never had one",
    async (code) => {
      const { front, service } = await behindFront();
      front.refuse(code, 3);
      expect(await service.getById(unknownId())).toBeNull();
      // The first has only asked whether the server speaks PostgreSQL.
      expect(front.logins).toBe(4);
      expect(service.stats().connections).toMatchObject({ opened: 1, failed: 2 });
    },
  );

  it.each(["57P03", "53300"])("%s: is what is told when connectTimeout is over", async (code) => {
    const { front, service } = await behindFront({ connectTimeout: SHORT });
    front.refuse(code);
    const { error, taken } = await timedRejection(service.getById(unknownId()));
    expect(error).toMatchObject({ name: "PostgresError", code, severity: "FATAL" });
    expect(taken).toBeGreaterThan(SHORT / 2);
    expect(taken).toBeLessThan(SHORT + AT_ONCE);
    expect(front.logins).toBeGreaterThan(2);
    // With growing pauses, so as not to be a burden.
    expect(front.logins).toBeLessThan(15);
  });

  it("the connection limit of a real server", async () => {
    const role = `limited_${randomBytes(4).toString("hex")}`;
    await sql.unsafe(
      `create role "${role}" login password 'limited' connection limit 1 in role pg_read_all_data`,
    );
    cleanups.push(() => sql.unsafe(`drop role "${role}"`));
    const limited = new URL(url);
    [limited.username, limited.password] = [role, "limited"];
    const other = postgres(limited.href, { max: 1 });
    cleanups.push(() => other.end({ timeout: 0 }));
    await other`select 1`;
    const service = open(limited);
    const call = service.getById(unknownId());
    await until("it has been refused", () => service.stats().connections.failed > 1);
    await other.end({ timeout: 0 });
    expect(await call).toBeNull();
  });

  it("while the pool has a connection, that one is used when it is free", async () => {
    const { front, service } = await behindFront();
    const id = await seed.environment(await seed.company());
    let calls: Promise<unknown>[] = [];
    await whileLocked(sql, rowLock("environments", id), async () => {
      calls = [service.update(id, { name: "changed" })];
      await until("it waits for the lock", async () => (await waiting()) === 1);
      front.refuse("53300");
      calls.push(service.getById(id));
      await until("another was refused", () => front.logins > 2);
    });
    expect(await Promise.all(calls)).toMatchObject([{ id }, { id }]);
    expect(service.stats().connections.opened).toBe(1);
  });
});

describe("a login that is refused for what would be refused again", () => {
  it.each(["28P01", "28000", "3D000", "42501", "53200", "57P01", "08006"])(
    "%s: is told at once by a server that has never let in",
    async (code) => {
      const { front, service } = await behindFront();
      front.refuse(code);
      const { error, taken } = await timedRejection(service.getById(unknownId()));
      expect(error).toMatchObject({ name: "PostgresError", code });
      expect(taken).toBeLessThan(AT_ONCE);
      // One that has only asked whether the server speaks PostgreSQL, and one.
      expect(front.logins).toBe(2);
    },
  );

  it.each(["28P01", "3D000"])("%s: and by one that has, to a read that was cut off", async (code) => {
    const { front, service, logins } = await cutOff();
    front.refuse(code);
    const { error, taken } = await timedRejection(service.getById(unknownId()));
    expect(error).toMatchObject({ name: "PostgresError", code });
    expect(taken).toBeLessThan(AT_ONCE);
    expect(front.logins).toBe(logins + 1);
  });

  it("28P01: and to a write that is the first to notice", async () => {
    const { front, service, logins } = await cutOff();
    front.refuse("28P01");
    // What has idled for longer than a second is asked whether it is still there.
    await pause(1_100);
    const { error, taken } = await timedRejection(service.update(unknownId(), { name: "changed" }));
    expect(error).toMatchObject({ name: "PostgresError", code: "28P01" });
    expect(taken).toBeLessThan(AT_ONCE);
    expect(front.logins).toBe(logins + 1);
  });

  it("a wrong password and an unknown database, by the real server", async () => {
    const wrong = new URL(url);
    wrong.password = "wrong";
    for (const [at, code] of [
      [wrong.href, "28P01"],
      [withDatabase(url, "no_such_database"), "3D000"],
    ] as const) {
      const { error, taken } = await timedRejection(open(at, { connectTimeout: LONG }).getById(unknownId()));
      expect(error).toMatchObject({ name: "PostgresError", code, severity: "FATAL" });
      expect(taken).toBeLessThan(AT_ONCE);
    }
  });
});

describe("a session that ends during the login", () => {
  it.each(["57P01", "57P02", "08006"])("%s: is tried again where there was one before", async (code) => {
    const { front, service, logins } = await cutOff();
    front.refuse(code, 2);
    expect(await service.list(unknownId())).toEqual([]);
    expect(front.logins).toBe(logins + 3);
  });
});

describe("a server that is not there", () => {
  it("and never was is told at once", async () => {
    const proxy = await startProxy(url);
    cleanups.push(() => proxy.close());
    proxy.refuse();
    const { error, taken } = await timedRejection(
      open(proxy.url, { connectTimeout: LONG }).getById(unknownId()),
    );
    expect(error).toMatchObject({ code: "ECONNREFUSED", port: proxy.port });
    expect(taken).toBeLessThan(AT_ONCE);
  });

  it("but was is waited for, and what stood in the way is told", async () => {
    const proxy = await startProxy(url);
    cleanups.push(() => proxy.close());
    const service = open(proxy.url, { connectTimeout: SHORT });
    await service.getById(unknownId());
    proxy.refuse();
    proxy.cut();
    const { error, taken } = await timedRejection(service.getById(unknownId()));
    expect(error).toMatchObject({ code: "ECONNREFUSED", port: proxy.port });
    expect(taken).toBeGreaterThan(SHORT / 2);
    expect(taken).toBeLessThan(2 * SHORT + AT_ONCE);
  });

  it("but was is waited for, and is found when it is back", async () => {
    const proxy = await startProxy(url);
    cleanups.push(() => proxy.close());
    const service = open(proxy.url, { connectTimeout: LONG });
    const companyId = await seed.company();
    const environmentId = await seed.environment(companyId);
    await service.getById(environmentId);
    proxy.refuse();
    proxy.cut();
    const calls = [
      service.getById(environmentId),
      service.update(environmentId, { name: "changed" }),
      service.acquireLease({ companyId, environmentId }),
      service.remove(unknownId()),
    ];
    await until("they have been refused", () => service.stats().connections.failed > 4);
    await proxy.listen();
    expect(await Promise.all(calls)).toMatchObject([
      { id: environmentId },
      { name: "changed" },
      { status: "active" },
      null,
    ]);
  });
});

describe("the time limits have codes of their own", () => {
  it("CONNECT_TIMEOUT: nobody answers", async () => {
    const proxy = await startProxy(url);
    cleanups.push(() => proxy.close());
    proxy.silence();
    const { error, taken } = await timedRejection(
      open(proxy.url, { connectTimeout: SHORT }).getById(unknownId()),
    );
    expect(error).toMatchObject({ code: "CONNECT_TIMEOUT", port: proxy.port });
    expect(taken).toBeLessThan(SHORT + AT_ONCE);
  });

  it("not ACQUIRE_TIMEOUT, where a call was cut off and nobody answers any more: no connection is busy", async () => {
    const proxy = await startProxy(url);
    cleanups.push(() => proxy.close());
    const service = open(proxy.url, { connectTimeout: SHORT });
    await service.getById(unknownId());
    const plan = proxy.plan(/\bselect\b/, "cut after", { then: () => proxy.silence() });
    const { error, taken } = await timedRejection(service.getById(unknownId()));
    expect(plan.met).toBe(1);
    expect(error["code"]).toMatch(/^CONNECT/);
    expect(taken).toBeLessThan(SHORT + AT_ONCE);
  });

  it("ACQUIRE_TIMEOUT: all connections are busy", async () => {
    const service = open(url, { connectTimeout: SHORT, maxConnections: 1 });
    const id = await seed.environment(await seed.company());
    let call: Promise<unknown> | undefined;
    await whileLocked(sql, rowLock("environments", id), async () => {
      call = service.update(id, { name: "changed" });
      await until("it waits for the lock", async () => (await waiting()) === 1);
      const { error, taken } = await timedRejection(service.getById(id));
      expect(error).toMatchObject({ name: "Error", code: "ACQUIRE_TIMEOUT" });
      expect(taken).toBeLessThan(SHORT + AT_ONCE);
    });
    expect(await call).toMatchObject({ name: "changed" });
  });

  it.each([
    ["57014", "statementTimeout", url, { statementTimeout: SHORT }],
    ["55P03", "lock_timeout", withParameters(url, { options: `-c lock_timeout=${SHORT}` }), {}],
  ] as const)("%s: %s, which meets only the write that had to wait", async (code, _, at, options) => {
    const service = open(at, options);
    const companyId = await seed.company();
    const ids = await Promise.all(times(4, () => seed.environment(companyId)));
    await whileLocked(sql, rowLock("environments", ids[1] ?? ""), async () => {
      const outcomes = await Promise.allSettled(ids.map((id) => service.update(id, { name: "changed" })));
      expect(outcomes).toMatchObject(
        ids.map((id, n) =>
          n === 1
            ? { status: "rejected", reason: { name: "PostgresError", code } }
            : { status: "fulfilled", value: { id, name: "changed" } },
        ),
      );
    });
    expect(service.stats().batches).toMatchObject({ sent: 1, calls: 4 });
  });
});

describe("what a statement is refused with", () => {
  // A row whose description says so is refused so many times: a sequence counts on where a transaction is undone.
  beforeAll(() =>
    sql.unsafe(`
      create sequence attempts;
      create function refuse() returns trigger language plpgsql as $$
      declare plan text[] := regexp_match(new.description, '^refuse with (\\S+) times (\\d+)$');
      begin
        if plan is not null and nextval('attempts') <= plan[2]::bigint then
          raise exception 'planned' using errcode = plan[1];
        end if;
        return new;
      end $$;
      create trigger refuse before update on environments for each row execute function refuse();
    `),
  );

  async function attempts(): Promise<number> {
    const [row] = await sql<{ attempts: number }[]>`
      select (case when is_called then last_value else 0 end)::int as attempts from attempts`;
    return row?.attempts ?? 0;
  }

  /** Four updates in one batch, the third of which is refused so often. */
  async function updates(service: EnvironmentService, code: string, refusals: number) {
    await sql`alter sequence attempts restart`;
    const companyId = await seed.company();
    const ids = await Promise.all(times(4, () => seed.environment(companyId)));
    const before = service.stats().batches.repeated;
    const outcomes = await Promise.allSettled(
      ids.map((id, n) =>
        service.update(id, { description: n === 2 ? `refuse with ${code} times ${refusals}` : "fine" }),
      ),
    );
    return {
      codes: outcomes.map((outcome) =>
        outcome.status === "fulfilled" ? "fine" : String((outcome.reason as { code: string }).code),
      ),
      attempts: await attempts(),
      repeated: service.stats().batches.repeated - before,
    };
  }

  it.each(["40001", "40P01"])("%s: it is tried again, and succeeds", async (code) => {
    const outcome = await updates(open(url), code, 3);
    expect(outcome).toEqual({ codes: ["fine", "fine", "fine", "fine"], attempts: 4, repeated: 3 });
  });

  it.each(["40001", "40P01"])("%s: but not for ever, and then it is that call's own", async (code) => {
    const outcome = await updates(open(url), code, 1_000);
    // Six times together and six times alone.
    expect(outcome).toEqual({ codes: ["fine", "fine", code, "fine"], attempts: 12, repeated: 10 });
  });

  it.each(["22001", "23514", "42501", "55P03", "57014", "P0001", "XX000"])(
    "%s: it is the call's own, once it has been tried alone",
    async (code) => {
      const outcome = await updates(open(url), code, 1_000);
      expect(outcome).toEqual({ codes: ["fine", "fine", code, "fine"], attempts: 2, repeated: 0 });
    },
  );

  // They are about the server or the statement where these say them; here it was one row's trigger, and the session lives.
  it.each([
    ...["0A000", "25006", "26000", "28000", "3D000", "3F000", "42601", "42703", "42883", "42P01", "42P05"],
    ...["08006", "08P01", "25P03", "53100", "53200", "53300", "57000", "57P01", "57P03", "57P05", "58030"],
  ])("%s: raised for one row, it is the call's own as well, on the same connection", async (code) => {
    const service = open(url);
    const outcome = await updates(service, code, 1_000);
    expect(outcome).toEqual({ codes: ["fine", "fine", code, "fine"], attempts: 2, repeated: 0 });
    const lost = service.stats().connections.opened - service.stats().connections.open;
    expect(lost).toBe(0);
  });

  it.each(["read-write", "primary"])(
    "25006 raised for one row where a server is asked for that is %s: no other is looked for",
    async (attributes) => {
      const at = withParameters(url, { target_session_attrs: attributes });
      const service = open(at, { connectTimeout: LONG });
      await service.getById(unknownId());
      const start = performance.now();
      const outcome = await updates(service, "25006", 1_000);
      expect(performance.now() - start).toBeLessThan(AT_ONCE);
      expect(outcome).toEqual({ codes: ["fine", "fine", "25006", "fine"], attempts: 2, repeated: 0 });
      expect(service.stats().connections).toMatchObject({ failed: 0 });

      const [id] = [await seed.environment(await seed.company())];
      const call = service.update(id, { description: "refuse with 25006 times 1000000" });
      const { error, taken } = await timedRejection(call);
      expect(error).toMatchObject({ name: "PostgresError", code: "25006", message: "planned" });
      expect(taken).toBeLessThan(AT_ONCE);
    },
  );
});

describe("a server that takes no writes", () => {
  const readOnly = "-c default_transaction_read_only=on";

  // What a standby says of itself, without a standby: transactions of this session no longer write, those of new
  // sessions do.
  const NO_WRITES_FROM_NOW_ON = `
    create function no_writes_from_now_on() returns trigger language plpgsql as $$
    begin
      perform set_config('default_transaction_read_only', 'on', false);
      return new;
    end $$;
    create trigger no_writes_from_now_on before update on environments
      for each row when (new.description = 'no writes from now on') execute function no_writes_from_now_on();
  `;

  it("is the caller's error where nothing else is asked for, and can be read", async () => {
    const service = open(withParameters(url, { options: readOnly }), { connectTimeout: LONG });
    const companyId = await seed.company();
    const id = await seed.environment(companyId);
    const { error, taken } = await timedRejection(service.update(id, { name: "changed" }));
    expect(error).toMatchObject({ name: "PostgresError", code: "25006" });
    expect(taken).toBeLessThan(AT_ONCE);
    expect(await service.getById(id)).toMatchObject({ name: "Environment" });
  });

  it("is told at once where one is asked for that does, and never was there", async () => {
    const at = withParameters(url, { options: readOnly, target_session_attrs: "read-write" });
    const { error, taken } = await timedRejection(open(at, { connectTimeout: LONG }).getById(unknownId()));
    expect(error).toMatchObject({ code: "TARGET_SESSION_ATTRS" });
    expect(taken).toBeLessThan(AT_ONCE);
  });

  describe("and has become one while a session was open", () => {
    beforeAll(() => sql.unsafe(NO_WRITES_FROM_NOW_ON));

    async function becomesReadOnly(parameters: Record<string, string>) {
      const service = open(withParameters(url, parameters), { connectTimeout: LONG, maxConnections: 1 });
      const companyId = await seed.company();
      const ids = await Promise.all(times(4, () => seed.environment(companyId)));
      await service.update(ids[0] ?? "", { description: "no writes from now on" });
      expect(service.stats().connections.opened).toBe(1);
      return { service, companyId, ids };
    }

    it.each([1, 4])("another is looked for where one is asked for that does: %i at once", async (count) => {
      const { service, ids } = await becomesReadOnly({ target_session_attrs: "read-write" });
      const calls = ids.slice(0, count).map((id) => service.update(id, { name: "changed" }));
      for (const row of await Promise.all(calls)) expect(row).toMatchObject({ name: "changed" });
      expect(service.stats().connections).toMatchObject({ opened: 2, failed: 0 });
      expect(service.stats().batches.repeated).toBeGreaterThan(0);
    });

    it.each<[string, (service: EnvironmentService, companyId: string, id: string) => Promise<unknown>]>([
      ["create", (service, companyId) => service.create(companyId, { name: "made", driver: "ssh" })],
      ["ensureLocalEnvironment", (service, companyId) => service.ensureLocalEnvironment(companyId)],
      [
        "acquireLease",
        (service, companyId, environmentId) => service.acquireLease({ companyId, environmentId }),
      ],
      ["remove", (service, _, id) => service.remove(id)],
    ])("and for a write of another kind: %s", async (_, call) => {
      const { service, companyId, ids } = await becomesReadOnly({ target_session_attrs: "read-write" });
      expect(await call(service, companyId, ids[1] ?? "")).toBeTruthy();
      expect(service.stats().connections).toMatchObject({ opened: 2, failed: 0 });
    });

    it("it is the error of all calls where nothing is asked for", async () => {
      const { service, ids } = await becomesReadOnly({});
      const outcomes = await Promise.allSettled(ids.map((id) => service.update(id, { name: "changed" })));
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({
          status: "rejected",
          reason: { code: "25006", message: "cannot execute UPDATE in a read-only transaction" },
        });
      }
      expect(service.stats().connections.opened).toBe(1);
    });
  });

  describe("and stays so, for what must not be repeated: what was refused is known not to have taken effect", () => {
    /** A database of which nobody could tell yet that its server will take no writes. */
    async function withSwitch() {
      const database = await openDatabase();
      cleanups.push(() => database.close());
      const name = new URL(database.url).pathname.slice(1);
      await database.sql.unsafe(NO_WRITES_FROM_NOW_ON);
      const companyId = await database.seed.company();
      const id = await database.seed.environment(companyId);
      const runId = await database.seed.run(companyId);
      const leaseId = await database.seed.lease(companyId, id, { heartbeat_run_id: runId });
      /** From now on, neither the service's only session nor any new one writes. */
      const becomeReadOnly = async (service: EnvironmentService) => {
        expect(await service.update(id, { description: "no writes from now on" })).toMatchObject({ id });
        await database.sql.unsafe(`alter database "${name}" set default_transaction_read_only = on`);
        expect(service.stats().connections).toMatchObject({ opened: 1, open: 1 });
      };
      const expectUntouched = async () => {
        const rows = await database.sql`
          select e.id, l.id as lease, l.status from environments e join environment_leases l on l.environment_id = e.id`;
        expect([...rows]).toEqual([{ id, lease: leaseId, status: "active" }]);
      };
      return { database, id, runId, becomeReadOnly, expectUntouched };
    }

    const CALLS: [string, (service: EnvironmentService, id: string, runId: string) => Promise<unknown>][] = [
      ["remove", (service, id) => service.remove(id)],
      ["releaseLeasesForRun", (service, _, runId) => service.releaseLeasesForRun(runId)],
    ];
    const options = { connectTimeout: SHORT, maxConnections: 1 };

    it.each(CALLS)("%s: no other server takes writes", async (_, call) => {
      const { database, id, runId, becomeReadOnly, expectUntouched } = await withSwitch();
      const at = withParameters(database.url, { target_session_attrs: "read-write" });
      const service = open(at, options);
      await becomeReadOnly(service);
      const { error, taken } = await timedRejection(call(service, id, runId));
      expect(error).toMatchObject({ code: "TARGET_SESSION_ATTRS" });
      expect(taken).toBeLessThan(2 * SHORT + AT_ONCE);
      expect(service.stats().calls.unknown).toBe(0);
      await expectUntouched();
    });

    it.each(CALLS)("%s: the server goes away", async (_, call) => {
      const { database, id, runId, becomeReadOnly, expectUntouched } = await withSwitch();
      const proxy = await startProxy(withParameters(database.url, { target_session_attrs: "read-write" }));
      cleanups.push(() => proxy.close());
      const service = open(proxy.url, options);
      await becomeReadOnly(service);
      proxy.refuse();
      const { error, taken } = await timedRejection(call(service, id, runId));
      expect(error).toMatchObject({ code: "ECONNREFUSED", port: proxy.port });
      expect(taken).toBeLessThan(2 * SHORT + AT_ONCE);
      expect(service.stats().calls.unknown).toBe(0);
      await expectUntouched();
    });

    it.each(CALLS)("%s: the server no longer answers who connects", async (_, call) => {
      const { database, id, runId, becomeReadOnly, expectUntouched } = await withSwitch();
      const proxy = await startProxy(withParameters(database.url, { target_session_attrs: "read-write" }));
      cleanups.push(() => proxy.close());
      const service = open(proxy.url, options);
      await becomeReadOnly(service);
      proxy.silence();
      const { error, taken } = await timedRejection(call(service, id, runId));
      expect(error["code"]).not.toBe("OUTCOME_UNKNOWN");
      // No connection was busy.
      expect(error["code"]).not.toBe("ACQUIRE_TIMEOUT");
      expect(taken).toBeLessThan(2 * SHORT + AT_ONCE);
      expect(service.stats().calls.unknown).toBe(0);
      await expectUntouched();
    });
  });

  it("is waited for until it does, where it did before", async () => {
    const database = await openDatabase();
    cleanups.push(() => database.close());
    const name = new URL(database.url).pathname.slice(1);
    const setReadOnly = (value: string) =>
      database.sql.unsafe(`alter database "${name}" set default_transaction_read_only = ${value}`);
    const endSessions = () =>
      database.sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'failover'`;
    const at = withParameters(database.url, { target_session_attrs: "read-write" });
    const service = open(at, { connectTimeout: LONG, applicationName: "failover" });
    const impatient = open(at, { connectTimeout: SHORT, applicationName: "failover" });
    const id = await database.seed.environment(await database.seed.company());
    for (const each of [service, impatient]) await each.getById(id);

    await setReadOnly("on");
    await endSessions();
    const { error, taken } = await timedRejection(impatient.getById(id));
    expect(error).toMatchObject({ code: "TARGET_SESSION_ATTRS" });
    expect(taken).toBeLessThan(2 * SHORT + AT_ONCE);
    const call = service.update(id, { name: "changed" });
    await until("it was looked for", () => service.stats().connections.failed > 1);
    await setReadOnly("off");
    expect(await call).toMatchObject({ name: "changed" });
  });
});

describe("a database that is not Paperclip's says so", () => {
  const ours = expect.stringContaining("not that of a Paperclip") as string;

  it("42P01: it has no such table", async () => {
    const error = await rejection(open(withDatabase(url, "postgres")).getById(unknownId()));
    expect(error).toMatchObject({ name: "PostgresError", code: "42P01", hint: ours });
  });

  it("42703: a table has other columns", async () => {
    const database = await openDatabase();
    cleanups.push(() => database.close());
    await database.sql`alter table environments drop column metadata`;
    const error = await rejection(open(database.url).getById(unknownId()));
    expect(error).toMatchObject({ name: "PostgresError", code: "42703", hint: ours });
  });

  it("beside the server's own hint, if it has one", async () => {
    const database = await openDatabase();
    cleanups.push(() => database.close());
    await database.sql`alter table environments rename column description to descriptions`;
    const error = await rejection(open(database.url).getById(unknownId()));
    expect(error).toMatchObject({ code: "42703", hint: ours });
    expect(error["hint"]).toMatch(
      /^Perhaps you meant to reference the column "r.descriptions"\. This database/,
    );
  });

  it("and no other error has that hint", async () => {
    const error = await rejection(open(url).create(unknownId(), { name: "n", driver: "ssh" }));
    expect(error).toMatchObject({ code: "23503" });
    expect(error).not.toHaveProperty("hint");
  });
});
