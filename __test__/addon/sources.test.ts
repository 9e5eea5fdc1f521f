import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { drizzle as drizzleNodePostgres } from "drizzle-orm/node-postgres";
import { drizzle } from "drizzle-orm/postgres-js";
import pg from "pg";
import postgres from "postgres";
import { afterEach, describe, expect, it, vi } from "vitest";

import { rejection } from "../support/errors.js";
import * as schema from "../support/schema.mjs";
import { startSuite, unknownId } from "../support/suite.js";
import { withDatabase } from "../support/url.js";
import {
  environmentService,
  type EnvironmentService,
  type EnvironmentServiceOptions,
  type EnvironmentServiceSource,
} from "./support/addon.js";
import { connectionsOf } from "./support/connections.js";

const { url, sql, seed } = await startSuite();
const connections = connectionsOf(sql);
const target = new URL(url);
const password = decodeURIComponent(target.password);
const withoutPassword = Object.assign(new URL(url), { password: "" }).href;
const parts = {
  host: target.hostname,
  port: Number(target.port),
  user: target.username,
  database: target.pathname.slice(1),
};

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function service(source?: EnvironmentServiceSource, options?: EnvironmentServiceOptions): EnvironmentService {
  const service = environmentService(source, options);
  cleanups.push(() => service.close());
  return service;
}

function client(at = url, options: postgres.Options<Record<string, never>> = {}): postgres.Sql {
  const client = postgres(at, options);
  cleanups.push(() => client.end({ timeout: 0 }));
  return client;
}

function pool(config: pg.PoolConfig = { connectionString: url }): pg.Pool {
  const pool = new pg.Pool(config);
  cleanups.push(() => pool.end());
  return pool;
}

/** A TCP server that takes connections and never says a word. */
async function silentServer(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const setting = async (name: string): Promise<string> => {
  const [row] = await sql.unsafe<{ setting: string }[]>(`select current_setting('${name}') as setting`);
  return row?.setting ?? "";
};

describe("a call arrives in the database through", () => {
  const sources: [string, () => EnvironmentServiceSource | undefined][] = [
    ["drizzle over postgres.js", () => drizzle(client(), { schema })],
    ["drizzle over postgres.js, without a schema", () => drizzle(client())],
    ["drizzle over node-postgres", () => drizzleNodePostgres(pool(), { schema })],
    ["a postgres.js sql", () => client()],
    ["a postgres.js sql of options", () => client(undefined, { ...parts, password })],
    ["a pg.Pool", () => pool()],
    ["a pg.Pool of options", () => pool({ ...parts, password })],
    ["a connection string", () => url],
    ["a connection string with postgresql://", () => url.replace("postgres://", "postgresql://")],
    ["a URL", () => new URL(url)],
    ["an object", () => ({ connectionString: url })],
    ["an object with a URL and a password", () => ({ connectionString: new URL(withoutPassword), password })],
    ["DATABASE_URL", () => void vi.stubEnv("DATABASE_URL", url)],
    [
      "the variables of libpq",
      () => {
        vi.stubEnv("PGHOST", parts.host);
        vi.stubEnv("PGPORT", String(parts.port));
        vi.stubEnv("PGUSER", parts.user);
        vi.stubEnv("PGPASSWORD", password);
        vi.stubEnv("PGDATABASE", parts.database);
        return "postgres://";
      },
    ],
  ];

  it.each(sources)("%s", async (_, source) => {
    const companyId = await seed.company();
    const created = await service(source()).create(companyId, {
      name: "n",
      driver: "ssh",
      config: { a: [1, "ü"] },
    });
    const rows = await sql`select name, config::text from environments where id = ${created.id}`;
    expect([...rows]).toEqual([{ name: "n", config: '{"a": [1, "ü"]}' }]);
  });

  it("a unix socket, however it is said", async () => {
    const directory = (await setting("unix_socket_directories")).split(",")[0]?.trim() ?? "";
    expect(directory).toMatch(/^\//);
    const { host: _, ...rest } = { ...parts, password };
    const login = `${parts.user}:${target.password}`;
    const companyId = await seed.company();
    const id = await seed.environment(companyId);
    const ways: EnvironmentServiceSource[] = [
      client(undefined, { ...rest, path: `${directory}/.s.PGSQL.${parts.port}` }),
      pool({ ...rest, host: directory }),
      `postgres://${login}@/${parts.database}?host=${encodeURIComponent(directory)}&port=${parts.port}`,
      `postgres://${login}@${encodeURIComponent(directory)}:${parts.port}/${parts.database}`,
    ];
    for (const [n, way] of ways.entries()) {
      const applicationName = `socket ${n}`;
      expect(await service(way, { applicationName }).getById(id)).toMatchObject({ id });
      const rows = await sql`
        select client_addr, client_port from pg_stat_activity where application_name = ${applicationName}`;
      expect([...rows]).toEqual([{ client_addr: null, client_port: -1 }]);
    }
  });
});

describe("what a source says about the session holds", () => {
  it("search_path: the tables of that schema are used", async () => {
    await sql.unsafe(`
      create schema elsewhere;
      create table elsewhere.environments (like public.environments including all);
    `);
    const companyId = unknownId();
    for (const source of [
      client(url, { connection: { search_path: "elsewhere" } }),
      client(`${url}?search_path=elsewhere`),
      `${url}?search_path=elsewhere`,
      `${url}?options=-c%20search_path%3Delsewhere`,
      pool({ connectionString: url, options: "-c search_path=elsewhere,public" }),
    ]) {
      const { id } = await service(source).create(companyId, { name: "n", driver: "ssh" });
      expect(await sql`select 1 from elsewhere.environments where id = ${id}`).toHaveLength(1);
      expect(await sql`select 1 from public.environments where id = ${id}`).toHaveLength(0);
    }
  });

  it("application_name shows in pg_stat_activity; the service's own option wins", async () => {
    const names: [string, EnvironmentServiceSource, EnvironmentServiceOptions?][] = [
      ["paperclip-environment-service", `${url}`, { idleTimeout: 29_000 }],
      ["from connection", client(url, { connection: { application_name: "from connection" } })],
      ["from string", `${url}?application_name=from%20string`],
      ["from pool", pool({ connectionString: url, application_name: "from pool" })],
      ["from option", `${url}?application_name=overruled`, { applicationName: "from option" }],
    ];
    for (const [name, source, options] of names) {
      await connections.gone(name);
      await service(source, options).getById(unknownId());
      expect(await connections.count(name), name).toBe(1);
    }
    expect(await connections.count("overruled")).toBe(0);
  });

  it("other run-time parameters", async () => {
    const companyId = await seed.company();
    const parameters = { default_transaction_read_only: true };
    for (const source of [
      client(url, { connection: parameters }),
      `${url}?default_transaction_read_only=on`,
      { connectionString: `${url}?default_transaction_read_only=on` },
    ]) {
      const error = await rejection(service(source).create(companyId, { name: "n", driver: "ssh" }));
      expect(error["code"]).toBe("25006");
    }
  });

  describe("TimeZone, DateStyle and extra_float_digits, which the driver has values of its own for", () => {
    const said = { TimeZone: "Asia/Kathmandu", DateStyle: "German, DMY", extra_float_digits: "-3" };
    const query = new URLSearchParams(said).toString();
    const inOptions = encodeURIComponent(
      "-c TimeZone=Asia/Kathmandu -c DateStyle=German -c extra_float_digits=-3",
    );

    /** What holds in the session of a service, as a trigger sees it. */
    async function settingsOf(source: EnvironmentServiceSource) {
      const companyId = await seed.company();
      await sql.unsafe(`
        create function tell_settings() returns trigger language plpgsql as $$
        begin
          new.description := current_setting('TimeZone') || ' ' || current_setting('DateStyle') || ' '
            || current_setting('extra_float_digits');
          return new;
        end $$;
        create trigger tell_settings before insert or update on environments
          for each row execute function tell_settings()`);
      cleanups.push(() => sql.unsafe("drop function tell_settings() cascade"));
      const each = service(source);
      const config = { third: 1 / 3, large: 1.7976931348623157e308 };
      const made = await each.create(companyId, { name: "n", driver: "ssh", config });
      return { each, made, config };
    }

    it.each<[string, () => EnvironmentServiceSource]>([
      ["a connection string", () => `${url}?${query}`],
      ["a connection string's options", () => `${url}?options=${inOptions}`],
      ["in other letters", () => `${url}?timezone=Asia/Kathmandu&datestyle=german&EXTRA_FLOAT_DIGITS=-3`],
      ["postgres.js", () => client(url, { connection: said as object })],
      ["drizzle over postgres.js", () => drizzle(client(url, { connection: said as object }), { schema })],
      ["a pg.Pool's options", () => pool({ connectionString: url, options: decodeURIComponent(inOptions) })],
      ["an object with a connection string", () => ({ connectionString: `${url}?${query}` })],
    ])("hold where a source says them: %s", async (_, source) => {
      const { each, made, config } = await settingsOf(source());
      expect(made.description).toBe("Asia/Kathmandu German, DMY -3");
      // What is read is the same, whatever the session would write.
      const plain = await service(url).getById(made.id);
      expect(await each.getById(made.id)).toEqual(plain);
      expect(plain?.config).toEqual(config);
      expect(Math.abs(Number(plain?.createdAt) - Date.now())).toBeLessThan(60_000);
    });

    it("hold in each session of a pool, and after the session was ended", async () => {
      const { each, made } = await settingsOf(`${url}?${query}&application_name=in%20kathmandu`);
      for (let round = 0; round < 3; round++) {
        await sql`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name = 'in kathmandu'`;
        const row = await each.update(made.id, { description: "none" });
        expect(row?.description).toBe("Asia/Kathmandu German, DMY -3");
      }
    });

    it("one that is wrong is the server's error", async () => {
      const error = await rejection(service(`${url}?TimeZone=Nowhere`).getById(unknownId()));
      expect(error).toMatchObject({ name: "PostgresError", code: "22023" });
    });
  });

  it("a parameter that the server does not know is the server's error", async () => {
    expect(await rejection(service(`${url}?no_such_parameter=1`).getById(unknownId()))).toMatchObject({
      name: "PostgresError",
      code: "42704",
    });
  });

  it.each<[string, () => EnvironmentService]>([
    ["the service's option", () => service(url, { statementTimeout: 150 })],
    ["postgres.js", () => service(client(url, { connection: { statement_timeout: 150 } }))],
    ["node-postgres", () => service(pool({ connectionString: url, statement_timeout: 150 }))],
    ["a connection string", () => service(`${url}?statement_timeout=150`)],
  ])("statement_timeout of %s ends the statement that waits for a lock, and no other", async (_, make) => {
    const limited = make();
    const companyId = await seed.company();
    const [locked, free] = [await seed.environment(companyId), await seed.environment(companyId)];
    const outcomes = await sql.begin(async (lock) => {
      await lock`select 1 from environments where id = ${locked} for update`;
      return Promise.allSettled([
        limited.update(free, { name: "free" }),
        limited.update(locked, { name: "locked" }),
        limited.update(free, { description: "free" }),
      ]);
    });
    expect(outcomes).toMatchObject([
      { status: "fulfilled", value: { name: "free" } },
      { status: "rejected", reason: { name: "PostgresError", code: "57014" } },
      { status: "fulfilled", value: { description: "free" } },
    ]);
    expect(await limited.update(locked, { name: "later" })).toMatchObject({ name: "later" });
  });

  it("prepare: false leaves no prepared statement on the server, true does", async () => {
    const companyId = await seed.company();
    for (const [prepare, expected] of [
      [false, 0],
      [true, 1],
    ] as const) {
      // The view shows the session's own statements only, so a trigger looks at it.
      const each = service(client(url, { prepare }), { maxConnections: 1 });
      await sql.unsafe(`
        create or replace function prepared() returns trigger language plpgsql as $$
        begin
          new.description := (select count(*) from pg_prepared_statements where name <> '');
          return new;
        end $$;
        create or replace trigger prepared before insert on environments for each row execute function prepared()`);
      try {
        await each.getById(unknownId());
        const { description } = await each.create(companyId, { name: "n", driver: "ssh" });
        expect(Math.min(Number(description), 1)).toBe(expected);
      } finally {
        await sql.unsafe("drop trigger prepared on environments");
      }
    }
  });
});

describe("a password", () => {
  const withPassword: [string, (ask: () => string | Promise<string>) => EnvironmentServiceSource][] = [
    ["postgres.js", (ask) => client(undefined, { ...parts, password: ask })],
    ["node-postgres", (ask) => pool({ ...parts, password: ask })],
    ["object", (ask) => ({ connectionString: withoutPassword, password: ask })],
  ];

  it.each(withPassword)(
    "function, plain or async, is asked once for each new connection: %s",
    async (kind, source) => {
      const functions: (() => string | Promise<string>)[] = [
        () => password,
        async () => {
          await new Promise((resolve) => setImmediate(resolve));
          return password;
        },
      ];
      for (const [n, give] of functions.entries()) {
        const name = `${kind} ${n}`;
        const ask = vi.fn(give);
        const each = service(source(ask), { applicationName: name, idleTimeout: 100 });
        expect(ask).not.toHaveBeenCalled();
        await Promise.all([each.getById(unknownId()), each.getById(unknownId())]);
        await each.getById(unknownId());
        expect(ask).toHaveBeenCalledTimes(1);
        await connections.gone(name);
        await each.getById(unknownId());
        expect(ask).toHaveBeenCalledTimes(2);
      }
    },
  );

  it.each([
    [
      "throws",
      () => {
        throw new Error("the vault is shut");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("the vault is shut");
      },
    ],
  ])(
    "function that %s: the call rejects, with that error as its cause, and the next call asks again",
    async (_, fails) => {
      let shut = true;
      const each = service({
        connectionString: withoutPassword,
        password: () => (shut ? fails() : password),
      });
      // Both are listened to from the start: they may reject in either order.
      const calls = [each.getById(unknownId()), each.remove(unknownId())];
      for (const error of await Promise.all(calls.map(rejection))) {
        expect(error).toMatchObject({
          code: "PASSWORD_FUNCTION_FAILED",
          cause: { message: "the vault is shut" },
        });
      }
      shut = false;
      expect(await each.getById(unknownId())).toBeNull();
    },
  );

  it("function that gives no text is an error that names it", async () => {
    const each = service({ connectionString: withoutPassword, password: (() => 42) as never });
    const error = await rejection(each.getById(unknownId()));
    expect(error).toMatchObject({ code: "PASSWORD_FUNCTION_FAILED", cause: expect.any(TypeError) });
  });

  it("that is wrong rejects with 28P01", async () => {
    for (const source of [
      { connectionString: withoutPassword, password: "wrong" },
      { connectionString: withoutPassword, password: () => "wrong" },
      client(undefined, { ...parts, password: "wrong" }),
    ]) {
      expect(await rejection(service(source).getById(unknownId()))).toMatchObject({
        name: "PostgresError",
        code: "28P01",
        severity: "FATAL",
      });
    }
  });

  it("with every character that a URL minds", async () => {
    const [user, difficult] = ["difficult", "a:b/c?d#e%f@g h+ü'\"\\€"];
    await sql.unsafe(`create role ${user} login superuser password '${difficult.replaceAll("'", "''")}'`);
    cleanups.push(() => sql.unsafe(`drop role ${user}`));
    const written = new URL(url);
    written.username = user;
    written.password = encodeURIComponent(difficult);
    for (const source of [
      written,
      written.href,
      { connectionString: withoutPassword.replace(`${parts.user}@`, `${user}@`), password: difficult },
      client(written.href),
    ]) {
      expect(await service(source).getById(unknownId())).toBeNull();
    }
  });
});

describe("after close(), a service on the same text reads the environment anew", () => {
  /** Opened and closed again: what the session is called by. */
  async function nameOfSession(text: string, name: string): Promise<void> {
    const each = service(text);
    expect(await each.getById(unknownId())).toBeNull();
    expect(await connections.count(name), name).toBe(1);
    await each.close();
    await connections.gone(name);
  }

  it("PGAPPNAME", async () => {
    const text = `${url}?connect_timeout=17`;
    for (const name of ["named at first", "named later", "named at last"]) {
      vi.stubEnv("PGAPPNAME", name);
      await nameOfSession(text, name);
    }
  });

  it("PGPASSWORD, where a call has been refused for the old one", async () => {
    const text = `${withoutPassword}?connect_timeout=18`;
    vi.stubEnv("PGPASSWORD", "outdated");
    const first = service(text);
    expect(await rejection(first.getById(unknownId()))).toMatchObject({ code: "28P01" });
    vi.stubEnv("PGPASSWORD", password);
    // Until then, all services on the text are one.
    expect(await rejection(service(text).getById(unknownId()))).toMatchObject({ code: "28P01" });
    await first.close();
    expect(await service(text).getById(unknownId())).toBeNull();
  });

  it("a certificate's file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sources-"));
    cleanups.push(() => rm(folder, { recursive: true }));
    const file = join(folder, "root.pem");
    const pem = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
    const text = `${url}?sslrootcert=${encodeURIComponent(file)}`;
    // The test's server knows no TLS, so that a file that can be read leads to an error of another kind.
    const isReadable = async () =>
      !((await rejection(service(text).getById(unknownId()))) instanceof TypeError);
    for (const [content, readable] of [
      [pem("Y2E="), true],
      ["no certificate", false],
      [pem("Y2E="), true],
    ] as const) {
      await writeFile(file, content);
      expect(await isReadable(), content).toBe(readable);
      await service(text).close();
    }
  });
});

it("a database that does not exist rejects with 3D000", async () => {
  const error = await rejection(service(withDatabase(url, "no_such_database")).getById(unknownId()));
  expect(error).toMatchObject({ name: "PostgresError", code: "3D000", severity: "FATAL" });
});

describe("what has one connection is refused by a TypeError that says why", () => {
  const why = /separate connection|one connection|cannot see/i;
  const expectRefused = async (source: unknown) => {
    const error = await rejection(service(source as EnvironmentServiceSource).getById(unknownId()));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(why);
  };

  it("a drizzle transaction over postgres.js", async () => {
    const db = drizzle(client(), { schema });
    await db.transaction(async (tx) => {
      await expectRefused(tx);
      await tx.transaction(expectRefused);
    });
  });

  it("a drizzle transaction over node-postgres", async () => {
    const db = drizzleNodePostgres(pool());
    await db.transaction(expectRefused);
  });

  it("a postgres.js transaction", async () => {
    await client().begin(expectRefused);
  });

  it("a reserved postgres.js connection", async () => {
    const reserved = await client().reserve();
    await expectRefused(reserved);
    reserved.release();
  });

  it("a client of a pg.Pool", async () => {
    const single = await pool().connect();
    await expectRefused(single);
    single.release();
  });
});

describe("several hosts", () => {
  const through = (hosts: string, query = ""): string =>
    `postgres://${parts.user}:${target.password}@${hosts}/${parts.database}${query}`;
  const server = `${parts.host}:${parts.port}`;

  it("the second is used where nobody listens on the first", async () => {
    const away = `127.0.0.1:${await closedPort()}`;
    for (const source of [through(`${away},${server}`), client(through(`${away},${server}`))]) {
      expect(await service(source).getById(unknownId())).toBeNull();
    }
  });

  it("the second is used where the first's name is not known", async () => {
    expect(await service(through(`no-such-host.invalid:1,${server}`)).getById(unknownId())).toBeNull();
  });

  it("the second is used where the first never answers", async () => {
    const silent = `127.0.0.1:${await silentServer()}`;
    const each = service(through(`${silent},${server}`), { connectTimeout: 600 });
    expect(await each.getById(unknownId())).toBeNull();
  });

  it("the first that could not be reached is named where none can be", async () => {
    const [one, other] = [await closedPort(), await closedPort()];
    const error = await rejection(
      service(through(`127.0.0.1:${one},127.0.0.1:${other}`)).getById(unknownId()),
    );
    expect(error).toMatchObject({ code: "ECONNREFUSED", address: "127.0.0.1", port: one });
  });

  it("target_session_attrs picks a server of that kind, and says so where there is none", async () => {
    for (const [wanted, fits] of [
      ["any", true],
      ["primary", true],
      ["read-write", true],
      ["prefer-standby", true],
      ["standby", false],
      ["read-only", false],
    ] as const) {
      const call = service(through(server, `?target_session_attrs=${wanted}`)).getById(unknownId());
      if (fits) expect(await call, wanted).toBeNull();
      else expect(await rejection(call), wanted).toMatchObject({ code: "TARGET_SESSION_ATTRS" });
    }
  });

  it("read-only fits where sessions cannot write", async () => {
    const query = "?target_session_attrs=read-only&default_transaction_read_only=on";
    expect(await service(through(server, query)).getById(unknownId())).toBeNull();
    const refused = service(through(server, query.replace("=read-only", "=read-write")), {
      applicationName: "refused",
    });
    expect(await rejection(refused.getById(unknownId()))).toMatchObject({ code: "TARGET_SESSION_ATTRS" });
    await connections.gone("refused");
  });
});
