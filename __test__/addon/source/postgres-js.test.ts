import { drizzle } from "drizzle-orm/postgres-js";
import { withReplicas } from "drizzle-orm/pg-core";
import postgres from "postgres";
import { describe, expect, test } from "vitest";
import {
  CA,
  CERT,
  KEY,
  SECRET,
  SETTINGS,
  URL_TEXT,
  expectRefusal,
  resolveSource,
  settingsOf,
} from "./support.js";

describe("a postgres.js sql", () => {
  test("gives its address, user, password and database, and the service's own defaults", () => {
    expect(settingsOf(postgres(URL_TEXT))).toEqual({ ...SETTINGS, maxLifetime: expect.any(Number) });
  });

  test("owns its pool, over drizzle too", () => {
    const sql = postgres(URL_TEXT);
    const other = postgres(URL_TEXT);
    expect(resolveSource(sql).owner).toBe(sql);
    expect(resolveSource(drizzle(sql))).toBe(resolveSource(sql));
    expect(resolveSource(drizzle({ client: sql }))).toBe(resolveSource(sql));
    expect(resolveSource(other).owner).toBe(other);
  });

  test("a drizzle database that made its own client, and one with replicas, which is its primary", () => {
    const primary = drizzle(URL_TEXT);
    const replica = drizzle("postgres://replica/clips");
    expect(resolveSource(primary).owner).toBe(primary.$client);
    expect(resolveSource(withReplicas(primary, [replica])).owner).toBe(primary.$client);
    expect(settingsOf(drizzle({ connection: { url: URL_TEXT, ssl: "require" } })).tls).toEqual({
      mode: "require",
    });
  });

  test("a proxy that makes the database when it is first used", () => {
    const db = drizzle(URL_TEXT);
    const lazy = new Proxy({}, { get: (_, key) => Reflect.get(db, key), has: (_, key) => key in db });
    expect(resolveSource(lazy).owner).toBe(db.$client);
  });

  test("a drizzle database whose client is a proxy around it", () => {
    const sql = postgres(URL_TEXT, { max_lifetime: 60 });
    const client = new Proxy(sql, { get: (target, key) => Reflect.get(target, key) as unknown });
    expect(resolveSource(drizzle(client)).owner).toBe(client);
    expect(settingsOf(drizzle(client))).toEqual(settingsOf(sql));
  });

  test("several hosts, and what the server has to be", () => {
    const settings = settingsOf(postgres("postgres://u@a:1,b:2/d", { target_session_attrs: "read-write" }));
    expect(settings.hosts).toEqual([
      { host: "a", port: 1 },
      { host: "b", port: 2 },
    ]);
    expect(settings.targetSessionAttrs).toBe("read-write");
    expect(settingsOf(postgres({ host: ["a", "::1"], port: [1, 2], user: "u" } as object)).hosts).toEqual([
      { host: "a", port: 1 },
      { host: "::1", port: 2 },
    ]);
  });

  test.each([
    ["path", { path: "/run/pg/.s.PGSQL.5444" }, "/run/pg", 5444],
    ["host", { host: "/run/pg", port: 5444 }, "/run/pg", 5444],
  ])("a unix socket by %s", (_, options, socket, port) => {
    expect(settingsOf(postgres(options)).hosts).toEqual([{ socket, port }]);
  });

  test("a path that is no server's socket", () => {
    expectRefusal(
      postgres({ path: "/run/pg", pass: SECRET }),
      /path must be the full path of a server's socket/,
    );
  });

  test("an IPv6 address that the driver itself cannot read", () => {
    expectRefusal(postgres("postgres://u@[::1]:5432/d"), /IPv6 address in an array/);
  });

  test.each([
    ["text", () => SECRET],
    ["a promise", async () => SECRET],
  ])("a password function that gives %s is asked each time", async (_, give) => {
    let asked = 0;
    const resolved = resolveSource(
      postgres({
        host: "h",
        pass: () => {
          asked += 1;
          return give();
        },
      } as object),
    );
    expect(asked).toBe(0);
    expect(resolved.settings()).not.toHaveProperty("password");
    await expect(resolved.password()?.()).resolves.toBe(SECRET);
    await expect(resolved.password()?.()).resolves.toBe(SECRET);
    expect(asked).toBe(2);
  });

  test("a password function that fails, and one that gives no text", async () => {
    const failing = resolveSource(
      postgres({
        password: () => {
          throw new Error("vault is sealed");
        },
      }),
    );
    await expect(failing.password()?.()).rejects.toThrow("vault is sealed");
    const wrong = resolveSource(postgres({ password: (() => 5) as never }));
    await expect(wrong.password()?.()).rejects.toThrow(/password function/);
    expect(resolveSource(postgres(URL_TEXT)).password()).toBeNull();
    expect(settingsOf(postgres("postgres://u@h/d"))).not.toHaveProperty("password");
  });

  test.each([
    [undefined, "disable"],
    [false, "disable"],
    ["require", "require"],
    ["allow", "require"],
    ["prefer", "prefer"],
    ["verify-full", "verify-full"],
    [true, "verify-full"],
    // The driver connects with TLS and verifies, whatever the word says.
    ["verify-ca", "verify-full"],
    ["disable", "verify-full"],
    [{}, "verify-full"],
    [{ rejectUnauthorized: true }, "verify-full"],
    [{ rejectUnauthorized: undefined }, "verify-full"],
    [{ rejectUnauthorized: false }, "require"],
  ])("ssl: %j is %s", (ssl, mode) => {
    expect(settingsOf(postgres(URL_TEXT, { ssl } as object)).tls).toEqual({ mode });
  });

  test.each([
    ["sslmode=require", "require"],
    ["sslmode=disable", "disable"],
    ["sslmode=prefer", "prefer"],
    ["sslmode=verify-ca", "verify-full"],
    ["ssl=true", "verify-full"],
    ["sslrootcert=system", "verify-full"],
  ])("?%s is %s, as the driver has it", (query, mode) => {
    expect(settingsOf(postgres(`${URL_TEXT}?${query}`)).tls).toEqual({ mode });
  });

  test("certificates, as text, as Buffers, and several", () => {
    const ssl = { ca: [CA, Buffer.from(CERT)], cert: Buffer.from(CERT), key: KEY, servername: "DB.example" };
    expect(settingsOf(postgres(URL_TEXT, { ssl })).tls).toEqual({
      mode: "verify-full",
      ca: `${CA}\n${CERT}`,
      cert: CERT,
      key: KEY,
    });
    // Whoever believes any certificate has no use for an authority's.
    expect(settingsOf(postgres(URL_TEXT, { ssl: { ca: CA, rejectUnauthorized: false } })).tls).toEqual({
      mode: "require",
    });
    expect(settingsOf(postgres(URL_TEXT, { ssl: { ca: undefined } })).tls).toEqual({ mode: "verify-full" });
  });

  test.each([
    [{ servername: "elsewhere.example" }, /ssl\.servername/],
    [{ checkServerIdentity: () => undefined }, /ssl\.checkServerIdentity/],
    [{ passphrase: SECRET }, /ssl\.passphrase/],
    [{ pfx: Buffer.from(SECRET) }, /ssl\.pfx/],
    [{ minVersion: "TLSv1.3" }, /ssl\.minVersion/],
    [{ ciphers: "ALL" }, /ssl\.ciphers/],
    [{ cert: CERT }, /ssl\.cert must come with ssl\.key/],
    [{ key: KEY }, /ssl\.key must come with ssl\.cert/],
    [
      { cert: CERT, key: KEY.replaceAll("PRIVATE", "ENCRYPTED PRIVATE") },
      /ssl\.key: the private key is encrypted/,
    ],
    [{ ca: `/path/to/${SECRET}` }, /ssl\.ca must hold PEM text/],
    [{ ca: [] }, /ssl\.ca must hold PEM text/],
    [{ ca: 5 }, /ssl\.ca must be a string/],
  ])("ssl: %j cannot be honoured", (ssl, message) => {
    expectRefusal(postgres(URL_TEXT, { ssl } as object), message);
  });

  test("what Node's TLS options say and is so anyway", () => {
    const ssl = { minVersion: "TLSv1.2", maxVersion: "TLSv1.3", require: true, requestCert: true };
    expect(settingsOf(postgres(URL_TEXT, { ssl })).tls).toEqual({ mode: "verify-full" });
  });

  test("TLS over a unix socket", () => {
    expectRefusal(
      postgres({ path: "/run/pg/.s.PGSQL.5432", ssl: "require", pass: SECRET }),
      /no TLS over a Unix socket/,
    );
    expect(settingsOf(postgres({ path: "/run/pg/.s.PGSQL.5432", ssl: "prefer" })).tls.mode).toBe("prefer");
  });

  test("run-time parameters, those in the URL too, without what the driver does not send", () => {
    const sql = postgres(`${URL_TEXT}?search_path=a,b&application_name=app`, {
      connection: {
        statement_timeout: 5000,
        lock_timeout: 0,
        search_path: "c",
        "my.setting": "x",
        jit: true,
      } as object,
    });
    const { parameters, applicationName } = settingsOf(sql);
    expect(parameters).toEqual({
      jit: "true",
      "my.setting": "x",
      search_path: "a,b",
      statement_timeout: "5000",
    });
    expect(Object.keys(parameters)).toEqual([...Object.keys(parameters)].sort());
    expect(applicationName).toBe("app");
    expect(
      settingsOf(postgres(URL_TEXT, { connection: { search_path: ["a", "b"] } as object })).parameters,
    ).toEqual({
      search_path: "a,b",
    });
  });

  test("parameters by way of `options`, which those said by name go before", () => {
    const connection = {
      options: String.raw`-c search_path=a\ b -clock_timeout=5 --work-mem=8MB`,
      lock_timeout: 7,
    };
    expect(settingsOf(postgres(URL_TEXT, { connection: connection as object })).parameters).toEqual({
      lock_timeout: "7",
      search_path: "a b",
      work_mem: "8MB",
    });
    expectRefusal(
      postgres(URL_TEXT, { connection: { options: `-d ${SECRET}` } as object }),
      /connection\.options/,
    );
    expectRefusal(postgres(URL_TEXT, { connection: { options: "-c work_mem" } as object }), /-c name=value/);
  });

  test("user and database among the parameters go before the others, as in the driver", () => {
    const settings = settingsOf(
      postgres(`${URL_TEXT}?user=ann`, { connection: { database: "d2" } as object }),
    );
    expect([settings.user, settings.database, settings.parameters]).toEqual(["ann", "d2", {}]);
  });

  test.each([
    ["an object as a value", { connection: { search_path: {} } }, /connection\.search_path/],
    ["a zero byte", { connection: { search_path: "a\0b" } }, /connection\.search_path/],
    ["a password among the parameters", { connection: { password: SECRET } }, /connection\.password/],
    ["another encoding", { connection: { client_encoding: "LATIN1" } }, /connection\.client_encoding/],
    ["replication", { connection: { replication: "database" } }, /connection\.replication/],
    ["a name that is none", { connection: { "a b": "c" } }, /run-time parameter must have a name/],
    ["a socket function", { socket: () => undefined }, /socket/],
    ["direct TLS", { ssl: true, sslnegotiation: "direct" }, /sslnegotiation/],
  ])("%s is refused", (_, options, message) => {
    expectRefusal(postgres(URL_TEXT, options as object), message);
  });

  test("a hosting provider's channel_binding, which the driver knows nothing of", () => {
    const settings = settingsOf(postgres(`${URL_TEXT}?sslmode=require&channel_binding=require`));
    expect(settings.parameters).toEqual({});
  });

  test("times, in seconds there and in milliseconds here", () => {
    const times = { connect_timeout: 2.5, idle_timeout: 20, max_lifetime: 60 };
    expect(settingsOf(postgres(URL_TEXT, times))).toMatchObject({
      connectTimeout: 2500,
      idleTimeout: 20_000,
      maxLifetime: 60_000,
    });
    const none = { connect_timeout: 0, idle_timeout: 0, max_lifetime: null };
    expect(settingsOf(postgres(URL_TEXT, none))).toMatchObject({
      connectTimeout: null,
      idleTimeout: null,
      maxLifetime: null,
    });
    expect(settingsOf(postgres(URL_TEXT, { max_lifetime: (() => 7) as never })).maxLifetime).toBe(7000);
    const byDefault = settingsOf(postgres(URL_TEXT)).maxLifetime;
    expect(byDefault).toBeGreaterThanOrEqual(1_800_000);
    expect(byDefault).toBeLessThanOrEqual(3_600_000);
    expectRefusal(
      postgres(URL_TEXT, { connect_timeout: "soon" as never }),
      /connect_timeout must be a number of seconds/,
    );
  });

  test("prepare: false and no_prepare", () => {
    expect(settingsOf(postgres(URL_TEXT, { prepare: false })).prepare).toBe(false);
    expect(settingsOf(postgres(URL_TEXT, { no_prepare: true } as object)).prepare).toBe(false);
    expect(settingsOf(postgres(`${URL_TEXT}?prepare=false`)).prepare).toBe(false);
  });

  test("the driver's inner workings and its pool's size make no difference", () => {
    const sql = postgres(URL_TEXT, {
      max: 50,
      types: {},
      transform: postgres.camel,
      onnotice: () => undefined,
      debug: true,
      fetch_types: false,
      keep_alive: 5,
      backoff: () => 1,
      publications: "p",
      max_lifetime: 60,
      max_pipeline: 3,
    } as object);
    expect(settingsOf(sql)).toEqual(settingsOf(postgres(URL_TEXT, { max_lifetime: 60 })));
  });
});
