import { drizzle } from "drizzle-orm/node-postgres";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
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
  withFiles,
} from "./support.js";

const pool = (options?: pg.PoolConfig | object) => new pg.Pool(options as pg.PoolConfig);

const path = withFiles({ "ca.pem": CA });

// pg warns of the day when sslmode=require means something else.
beforeEach(() => void vi.spyOn(process, "emitWarning").mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

describe("a pg.Pool", () => {
  test("of a connection string", () => {
    expect(settingsOf(pool({ connectionString: URL_TEXT }))).toEqual({
      ...SETTINGS,
      idleTimeout: 10_000, // pg's own default
      maxLifetime: null, // likewise
    });
  });

  test("of options, the connection string going before them", () => {
    const options = { host: "h", port: 5, user: "u", password: "p", database: "d" };
    expect(settingsOf(pool(options))).toMatchObject({
      hosts: [{ host: "h", port: 5 }],
      user: "u",
      password: "p",
      database: "d",
    });
    expect(settingsOf(pool({ ...options, connectionString: URL_TEXT }))).toMatchObject({
      hosts: [{ host: "db.example", port: 5433 }],
      user: "bob",
      password: SECRET,
      database: "clips",
    });
  });

  test("of nothing but the environment and pg's defaults", () => {
    expect(settingsOf(pool())).toMatchObject({
      hosts: [{ host: "localhost", port: 5432 }],
      database: settingsOf(pool()).user,
    });
    const variables = {
      PGHOST: "e",
      PGPORT: "6",
      PGUSER: "eu",
      PGPASSWORD: SECRET,
      PGDATABASE: "ed",
      PGAPPNAME: "ea",
    };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    vi.stubEnv("PGSSLMODE", "no-verify");
    expect(settingsOf(pool())).toMatchObject({
      hosts: [{ host: "e", port: 6 }],
      user: "eu",
      password: SECRET,
      database: "ed",
      applicationName: "ea",
      tls: { mode: "require" },
    });
  });

  test("owns its connections, over drizzle too", () => {
    const one = pool({ connectionString: URL_TEXT });
    expect(resolveSource(one).owner).toBe(one);
    expect(resolveSource(drizzle(one))).toBe(resolveSource(one));
    const own = drizzle(URL_TEXT);
    expect(resolveSource(own).owner).toBe(own.$client);
    expect(one.totalCount).toBe(0);
  });

  test("a socket's directory", () => {
    expect(settingsOf(pool({ host: "/run/pg", port: 5444 })).hosts).toEqual([
      { socket: "/run/pg", port: 5444 },
    ]);
    expect(settingsOf(pool({ connectionString: "postgres://u@%2Frun%2Fpg/d" })).hosts).toEqual([
      { socket: "/run/pg", port: 5432 },
    ]);
    expect(settingsOf(pool({ connectionString: "postgres://u@[::1]:5/d" })).hosts).toEqual([
      { host: "::1", port: 5 },
    ]);
    expectRefusal(pool({ host: "/run/pg", ssl: true, password: SECRET }), /no TLS over a Unix socket/);
  });

  test("a password function, plain or async", async () => {
    expect(await resolveSource(pool({ password: () => SECRET })).password()?.()).toBe(SECRET);
    expect(await resolveSource(pool({ password: async () => SECRET })).password()?.()).toBe(SECRET);
    expect(await resolveSource(pool({ password: (() => undefined) as never })).password()?.()).toBe("");
    expect(resolveSource(pool({ password: SECRET })).settings().password).toBe(SECRET);
  });

  test.each([
    ["", "disable"],
    ["?sslmode=disable", "disable"],
    ["?sslmode=prefer", "verify-full"],
    ["?sslmode=require", "verify-full"],
    ["?sslmode=verify-ca", "verify-full"],
    ["?sslmode=verify-full", "verify-full"],
    ["?sslmode=no-verify", "require"],
    ["?ssl=true", "verify-full"],
    ["?ssl=0", "disable"],
    ["?uselibpqcompat=true&sslmode=require", "require"],
    ["?uselibpqcompat=true&sslmode=verify-full", "verify-full"],
  ])("%s is %s, as pg has it", (query, mode) => {
    expect(settingsOf(pool({ connectionString: `${URL_TEXT}${query}` })).tls).toEqual({ mode });
  });

  test("certificates by their files", () => {
    const ca = `sslrootcert=${path("ca.pem")}`;
    const tlsOf = (query: string) => settingsOf(pool({ connectionString: `${URL_TEXT}?${query}` })).tls;
    expect(tlsOf(ca)).toEqual({ mode: "verify-full", ca: CA });
    expect(tlsOf(`uselibpqcompat=true&sslmode=verify-ca&${ca}`)).toEqual({ mode: "verify-ca", ca: CA });
    expect(tlsOf(`uselibpqcompat=true&sslmode=require&${ca}`)).toEqual({ mode: "verify-ca", ca: CA });
    expectRefusal(pool({ connectionString: `${URL_TEXT}?sslrootcert=/nowhere` }), /pool's options.*ENOENT/);
  });

  test("ssl as pg takes it; the key is found although pg hides it", () => {
    const tlsOf = (ssl: unknown) => settingsOf(pool({ connectionString: URL_TEXT, ssl })).tls;
    expect(tlsOf(true)).toEqual({ mode: "verify-full" });
    expect(tlsOf(false)).toEqual({ mode: "disable" });
    expect(tlsOf({ rejectUnauthorized: false })).toEqual({ mode: "require" });
    expect(tlsOf({ ca: CA, cert: CERT, key: KEY })).toEqual({
      mode: "verify-full",
      ca: CA,
      cert: CERT,
      key: KEY,
    });
    expectRefusal(pool({ ssl: "require", password: SECRET }), /ssl must be a boolean or an object/);
    expectRefusal(pool({ ssl: { checkServerIdentity: () => undefined } }), /ssl\.checkServerIdentity/);
    expectRefusal(pool({ ssl: { servername: "elsewhere" } }), /ssl\.servername/);
  });

  test("limits, names and `options`", () => {
    const settings = settingsOf(
      pool({
        connectionString: `${URL_TEXT}?application_name=url`,
        statement_timeout: 5000,
        lock_timeout: "6000",
        idle_in_transaction_session_timeout: 7000,
        options: "-c search_path=a,b",
      }),
    );
    expect(settings.parameters).toEqual({
      idle_in_transaction_session_timeout: "7000",
      lock_timeout: "6000",
      search_path: "a,b",
      statement_timeout: "5000",
    });
    expect(settings.applicationName).toBe("url");
    expect(settingsOf(pool({ fallback_application_name: "f" })).applicationName).toBe("f");
    expect(settingsOf(pool({ statement_timeout: 0, lock_timeout: false })).parameters).toEqual({});
  });

  test("query_timeout becomes the server's", () => {
    const timeoutOf = (options: object) => settingsOf(pool(options)).parameters.statement_timeout;
    expect(timeoutOf({ query_timeout: 9000 })).toBe("9000");
    expect(timeoutOf({ query_timeout: 9000, statement_timeout: 3000 })).toBe("3000");
    expect(timeoutOf({ query_timeout: 2000, statement_timeout: 3000 })).toBe("2000");
  });

  test("times", () => {
    expect(
      settingsOf(
        pool({ connectionTimeoutMillis: 1500, idleTimeoutMillis: 2500, maxLifetimeSeconds: 60, max: 99 }),
      ),
    ).toMatchObject({ connectTimeout: 1500, idleTimeout: 2500, maxLifetime: 60_000, maxConnections: 4 });
    expect(settingsOf(pool({ connectionTimeoutMillis: 0, idleTimeoutMillis: 0 }))).toMatchObject({
      connectTimeout: null,
      idleTimeout: null,
    });
  });

  test.each([
    ["stream", { stream: () => undefined }],
    ["connection", { connection: {} }],
    ["onConnect", { onConnect: () => undefined }],
    ["verify", { verify: () => undefined }],
    ["replication", { replication: "database" }],
    ["sslnegotiation", { ssl: true, sslnegotiation: "direct" }],
    ["client_encoding", { client_encoding: "LATIN1" }],
  ])("%s cannot be honoured", (name, options) => {
    expectRefusal(pool({ connectionString: URL_TEXT, ...options }), new RegExp(`cannot honour ${name}`));
  });

  test("a connection string that pg cannot read is not told", () => {
    expectRefusal(pool({ connectionString: `postgres://bob:${SECRET}@h:99999/d` }), /pool's options/);
    expectRefusal(pool({ port: 70_000, password: SECRET }), /port/);
  });

  test("a Client that is not pg's", () => {
    expectRefusal(pool({ Client: class {} }), /pool's Client/);
  });
});
