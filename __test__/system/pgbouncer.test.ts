import postgres from "postgres";
import { afterEach, describe, expect, it } from "vitest";

import {
  environmentService,
  type EnvironmentService,
  type EnvironmentServiceOptions,
} from "../addon/support/addon.js";
import {
  oneLocalEnvironment,
  readsAndWrites,
  releasedOnce,
  removedOnce,
} from "../histories/concurrent/checks.js";
import { gather } from "../histories/concurrent/crew.js";
import { rejection } from "../support/errors.js";
import { startSuite, unknownId } from "../support/suite.js";
import { checkedRound, seedCallers } from "./support/round.js";
import { startPgBouncer, type PgBouncer } from "./support/pgbouncer.js";

const suite = await startSuite();
const { url, sql, seed } = suite;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function pooler(settings: Record<string, string | number> = {}): Promise<PgBouncer> {
  const started = await startPgBouncer(url, settings);
  cleanups.push(() => started.stop());
  return started;
}

function service(source: string, options: EnvironmentServiceOptions = {}): EnvironmentService {
  const made = environmentService(source, options);
  cleanups.push(() => made.close());
  return made;
}

const WAYS = [
  ["prepare: false in the source", "?prepare=false"],
  ["prepared statements, until the pooler shows", ""],
] as const;

describe.each(WAYS)("transaction mode, %s", (_, parameters) => {
  it("64 callers of all twelve methods get the right rows, from two services on two connections", async () => {
    const { url } = await pooler();
    const services = ["one", "other"].map((applicationName) =>
      service(url + parameters, { applicationName }),
    );
    const callers = await seedCallers(seed, 64);
    for (let round = 0; round < 3; round++) {
      await Promise.all(
        callers.map((caller, n) => checkedRound(services[n % 2] as EnvironmentService, caller)),
      );
    }
  });

  it("each caller with a service of its own, all of which begin at the same moment", async () => {
    const { url } = await pooler();
    const callers = await seedCallers(seed, 24);
    await Promise.all(
      callers.map((caller, n) =>
        checkedRound(service(url + parameters, { applicationName: `own ${n}` }), caller),
      ),
    );
  });

  it("several connections of one service meet the pooler at the same time", async () => {
    const { url } = await pooler();
    const callers = await seedCallers(seed, 24);
    for (let round = 0; round < 20; round++) {
      const services = [1, 2, 3].map((n) => service(url + parameters, { applicationName: `${round} ${n}` }));
      await Promise.all(
        callers.map((caller, n) => checkedRound(services[n % 3] as EnvironmentService, caller)),
      );
    }
  });

  it("where the writable server is looked for", async () => {
    const { url } = await pooler();
    const callers = await seedCallers(seed, 24);
    const query = `${parameters || "?"}&target_session_attrs=read-write`;
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        callers.map((caller, n) =>
          checkedRound(service(url + query, { applicationName: `${round} ${n}` }), caller),
        ),
      );
    }
  });

  it("callers in three processes on the same rows: some order explains what each of them saw", async () => {
    const { url } = await pooler();
    const database = { ...suite, url };
    const crew = await gather([service(url + parameters)], url + parameters, 2);
    cleanups.push(() => crew.end());
    for (const size of [
      { callers: 4, rounds: 30 },
      { callers: 24, rounds: 10 },
    ]) {
      for (const check of [readsAndWrites, oneLocalEnvironment, releasedOnce, removedOnce]) {
        expect(await check(database, crew, size)).toBeNull();
      }
    }
  });

  it("with server_reset_query_always, which forgets what was prepared", async () => {
    const { url } = await pooler({ server_reset_query_always: 1 });
    const callers = await seedCallers(seed, 16);
    const each = service(url + parameters);
    for (let round = 0; round < 3; round++) {
      await Promise.all(callers.map((caller) => checkedRound(each, caller)));
    }
  });

  it("beside another client that prepares statements of the same names", async () => {
    const { url } = await pooler();
    const other = postgres(url, { max: 2, prepare: false });
    cleanups.push(() => other.end({ timeout: 0 }));
    const names = Array.from({ length: 30 }, (_, n) => `sqlx_s_${n + 1}`);
    // At the same time, so that both sessions have them.
    await Promise.all(
      [1, 2].map(() =>
        other.unsafe(
          `${names.map((name) => `prepare ${name} (text) as select 'of another client'`).join(";")}; select pg_sleep(0.2)`,
        ),
      ),
    );
    const callers = await seedCallers(seed, 16);
    const each = service(url + parameters);
    await Promise.all(callers.map((caller) => checkedRound(each, caller)));
  });

  it("PgBouncer restarted again and again under load: no lease is lost or unknown to its caller", async () => {
    const through = await pooler();
    await underLoad(service(through.url + parameters), async () => through.restart());
  });

  it("its server connections ended again and again under load: the same", async () => {
    const { url } = await pooler();
    await underLoad(service(url + parameters, { applicationName: "behind" }), async () => {
      await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'behind' and datname = current_database()`;
    });
  });

  it("PAUSE, RECONNECT and RESUME under load: the same", async () => {
    const through = await pooler();
    const admin = postgres(through.adminUrl, { max: 1, prepare: false, fetch_types: false });
    cleanups.push(() => admin.end({ timeout: 0 }));
    await underLoad(service(through.url + parameters), async () => {
      for (const command of ["PAUSE", "RECONNECT", "RESUME"]) await admin.unsafe(command).simple();
    });
  });
});

/** 16 callers acquire leases while `trouble` comes again and again. */
async function underLoad(each: EnvironmentService, trouble: () => Promise<unknown>): Promise<void> {
  const companyId = await seed.company();
  const environmentId = await seed.environment(companyId);
  const [callers, rounds, troubles] = [16, 60, 5];
  const ids: string[] = [];
  const load = Promise.all(
    Array.from({ length: callers }, async () => {
      for (let n = 0; n < rounds; n++) ids.push((await each.acquireLease({ companyId, environmentId })).id);
    }),
  );
  // A failure is told when it is waited for, not while trouble is being made.
  load.catch(() => {});
  for (let n = 1; n <= troubles; n++) {
    while (ids.length < (callers * rounds * n) / (troubles + 1)) {
      await Promise.race([load, new Promise((resolve) => setTimeout(resolve, 2))]);
    }
    await trouble();
  }
  await load;
  const rows = await sql`select id::text from environment_leases where environment_id = ${environmentId}`;
  expect(rows.map(({ id }) => id).sort()).toEqual(ids.sort());
}

describe("session mode", () => {
  it("callers of all twelve methods get the right rows, with prepared statements", async () => {
    const { url } = await pooler({ pool_mode: "session", server_reset_query: "DISCARD ALL" });
    const callers = await seedCallers(seed, 32);
    for (let round = 0; round < 3; round++) {
      // Each time another service, on the same connections of PgBouncer's.
      const each = environmentService(url, { maxConnections: 2, applicationName: `round ${round}` });
      await Promise.all(callers.map((caller) => checkedRound(each, caller)));
      await each.close();
    }
  });
});

describe("what PgBouncer refuses is said as it says it", () => {
  it("run-time parameters, such as statementTimeout, unless it is told to ignore them", async () => {
    const strict = await pooler();
    const refusal = await rejection(service(strict.url, { statementTimeout: 1_000 }).getById(unknownId()));
    expect(refusal).toMatchObject({
      name: "PostgresError",
      severity: "FATAL",
      code: "08P01",
      message: "unsupported startup parameter: options",
    });
    const lenient = await pooler({ ignore_startup_parameters: "options" });
    expect(await service(lenient.url, { statementTimeout: 1_000 }).getById(unknownId())).toBeNull();
  });

  it("more connections than max_client_conn", async () => {
    const { url } = await pooler({ max_client_conn: 1 });
    const first = service(url, { maxConnections: 1 });
    expect(await first.getById(unknownId())).toBeNull();
    const other = service(url, { applicationName: "other", connectTimeout: 500 });
    expect(await rejection(other.getById(unknownId()))).toMatchObject({
      code: "08P01",
      message: expect.stringContaining("no more connections allowed"),
    });
    await first.close();
    expect(await other.getById(unknownId())).toBeNull();
  });

  it("a wrong password and a database that is not there, without a word about the password", async () => {
    const through = await pooler();
    const wrong = new URL(through.url);
    wrong.password = "correct-horse";
    const error = await rejection(service(wrong.href).getById(unknownId()));
    expect(error).toMatchObject({ severity: "FATAL", message: "SASL authentication failed" });
    expect(JSON.stringify(error) + error.stack).not.toContain("correct-horse");
    const elsewhere = new URL(through.url);
    elsewhere.pathname = "/nowhere";
    expect(await rejection(service(elsewhere.href).getById(unknownId()))).toMatchObject({
      severity: "FATAL",
      message: 'database "nowhere" does not exist',
    });
  });

  it("CONNECT_TIMEOUT when there is no server behind it", async () => {
    const nobody = new URL(url);
    nobody.port = "1";
    const through = await startPgBouncer(nobody.href);
    cleanups.push(() => through.stop());
    const each = service(through.url, { connectTimeout: 500 });
    expect(await rejection(each.getById(unknownId()))).toMatchObject({ code: "CONNECT_TIMEOUT" });
  });
});
