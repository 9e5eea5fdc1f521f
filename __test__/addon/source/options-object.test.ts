import { describe, expect, test, vi } from "vitest";
import {
  CA,
  ENCODED,
  SECRET,
  expectRefusal,
  resolveSource,
  settingsOf,
  withoutEnvironment,
} from "./support.js";

withoutEnvironment();

const URL_TEXT = `postgres://bob:${ENCODED}@db.example:5433/clips`;

describe("an options object", () => {
  test.each([
    [
      "postgres.js",
      {
        host: "h",
        port: 5,
        username: "u",
        pass: SECRET,
        db: "d",
        connect_timeout: 2,
        idle_timeout: 3,
        max_lifetime: 4,
      },
    ],
    [
      "node-postgres",
      {
        host: "h",
        port: "5",
        user: "u",
        password: SECRET,
        database: "d",
        connectionTimeoutMillis: 2000,
        idleTimeoutMillis: 3000,
        maxLifetimeSeconds: 4,
      },
    ],
  ])("under the names of %s", (_, options) => {
    expect(settingsOf(options)).toEqual({
      hosts: [{ host: "h", port: 5 }],
      user: "u",
      password: SECRET,
      database: "d",
      tls: { mode: "disable" },
      parameters: {},
      applicationName: "paperclip-environment-service",
      prepare: true,
      targetSessionAttrs: null,
      maxConnections: 4,
      connectTimeout: 2000,
      idleTimeout: 3000,
      maxLifetime: 4000,
    });
  });

  test("equal objects share a pool, whatever their key order", () => {
    expect(resolveSource({ host: "h", user: "u" }).key).toBe(resolveSource({ user: "u", host: "h" }).key);
    expect(resolveSource({ host: "h", user: "u", connection: { b: 1, a: 2 } }).key).toBe(
      resolveSource({ user: "u", host: "h", connection: { a: 2, b: 1 } }).key,
    );
    expect(resolveSource({ host: "h", user: "u" }).owner).toBeNull();
    expect(resolveSource(Object.assign(Object.create(null), { host: "h" })).settings().hosts).toEqual([
      { host: "h", port: 5432 },
    ]);
  });

  test("password functions, which tell sources apart", async () => {
    const give = async () => SECRET;
    const one = resolveSource({ host: "h", password: give });
    expect(await one.password()?.()).toBe(SECRET);
    expect(one.settings()).not.toHaveProperty("password");
    expect(resolveSource({ host: "h", pass: give }).key).toBe(one.key);
    expect(resolveSource({ host: "h", password: async () => SECRET }).key).not.toBe(one.key);
  });

  test("places", () => {
    expect(settingsOf({ host: "a:1,b", port: 2 }).hosts).toEqual([
      { host: "a", port: 1 },
      { host: "b", port: 2 },
    ]);
    expect(settingsOf({ host: ["a", "::1"], port: [1, 2] }).hosts).toEqual([
      { host: "a", port: 1 },
      { host: "::1", port: 2 },
    ]);
    expect(settingsOf({ hostname: "h" }).hosts).toEqual([{ host: "h", port: 5432 }]);
    expect(settingsOf({ host: "/run/pg", port: 7 }).hosts).toEqual([{ socket: "/run/pg", port: 7 }]);
    expect(settingsOf({ path: "/run/pg/.s.PGSQL.5444" }).hosts).toEqual([{ socket: "/run/pg", port: 5444 }]);
    expect(settingsOf({ path: "/run/pg", port: 7 }).hosts).toEqual([{ socket: "/run/pg", port: 7 }]);
    expect(settingsOf({ port: 7 }).hosts).toEqual([{ host: "localhost", port: 7 }]);
    vi.stubEnv("PGHOST", "e");
    expect(settingsOf({ port: 7 }).hosts).toEqual([{ host: "e", port: 7 }]);
    expect(settingsOf({}).hosts).toEqual([{ host: "e", port: 5432 }]);
  });

  test.each([
    [undefined, "disable"],
    [null, "disable"],
    [false, "disable"],
    ["disable", "disable"],
    ["allow", "require"],
    ["require", "require"],
    ["prefer", "prefer"],
    ["no-verify", "require"],
    ["verify-ca", "verify-full"],
    ["verify-full", "verify-full"],
    [true, "verify-full"],
    [{ rejectUnauthorized: false }, "require"],
  ])("ssl: %j is %s", (ssl, mode) => {
    expect(settingsOf({ host: "h", ssl }).tls).toEqual({ mode });
  });

  test("the session", () => {
    expect(
      settingsOf({
        application_name: "app",
        options: "-c search_path=o -c work_mem=8MB",
        connection: { search_path: "c", jit: false, lock_timeout: 0 },
        statement_timeout: 5000,
        query_timeout: 4000,
        target_session_attrs: "standby",
        no_prepare: true,
        client_encoding: "utf8",
        sslnegotiation: "postgres",
        replication: false,
      }),
    ).toMatchObject({
      applicationName: "app",
      parameters: {
        search_path: "o",
        work_mem: "8MB",
        jit: "false",
        lock_timeout: "0",
        statement_timeout: "4000",
      },
      targetSessionAttrs: "standby",
      prepare: false,
    });
    expect(settingsOf({ connection: { application_name: "c" } }).applicationName).toBe("c");
    expect(settingsOf({ connection: { application_name: "postgres.js" } }).applicationName).toBe(
      "paperclip-environment-service",
    );
    expect(settingsOf({ fallback_application_name: "f" }).applicationName).toBe("f");
    expect(settingsOf({ prepare: false }).prepare).toBe(false);
  });

  test("times without a limit", () => {
    expect(settingsOf({ connect_timeout: 0, idle_timeout: null, max_lifetime: () => 60 })).toMatchObject({
      connectTimeout: null,
      idleTimeout: null,
      maxLifetime: 60_000,
    });
    expect(settingsOf({ idleTimeoutMillis: Infinity }).idleTimeout).toBeNull();
  });

  test.each(["connectionString", "url"])("%s with what it leaves open", (name) => {
    const options = { ssl: { ca: CA }, connection: { search_path: "s" }, application_name: "app" };
    expect(settingsOf({ [name]: URL_TEXT, ...options })).toMatchObject({
      hosts: [{ host: "db.example", port: 5433 }],
      user: "bob",
      password: SECRET,
      tls: { mode: "verify-full", ca: CA },
      parameters: { search_path: "s" },
      applicationName: "app",
    });
    expect(settingsOf({ [name]: new URL(URL_TEXT), user: "bob", port: 5433 }).user).toBe("bob");
    expect(settingsOf({ [name]: "postgres://h/d", port: 7, password: SECRET })).toMatchObject({
      hosts: [{ host: "h", port: 7 }],
      password: SECRET,
    });
    expect(settingsOf({ [name]: "postgres://:7/d", host: "h" }).hosts).toEqual([{ host: "h", port: 7 }]);
  });

  test.each([
    [{ user: "ann" }, /user/],
    [{ password: "another" }, /password/],
    [{ password: () => SECRET }, /password/],
    [{ host: "h" }, /host/],
    [{ port: 7 }, /port/],
    [{ database: "d" }, /database/],
    [{ ssl: true }, /ssl/],
    [{ connection: { search_path: "b" } }, /search_path/],
    [{ application_name: "b" }, /application_name/],
  ])("a connection string that %j contradicts", (beside, name) => {
    const connectionString = `${URL_TEXT}?sslmode=require&search_path=a&application_name=a`;
    expectRefusal({ connectionString, ...beside }, new RegExp(`${name.source} must not differ`));
  });

  test.each([
    [{ hots: "h", password: SECRET }, /unknown key "hots" in source/],
    [{ sslmode: "require" }, /unknown key "sslmode"/],
    [{ user: "a", username: "b" }, /user and username must not be given in two ways/],
    [{ password: SECRET, pass: "b" }, /password and pass/],
    [{ idle_timeout: 1, idleTimeoutMillis: 2 }, /idle_timeout and timeout and idleTimeoutMillis/],
    [{ path: "/run/pg", host: "h" }, /path and host/],
    [{ path: "run/pg" }, /path must be/],
    [{ connectionString: undefined }, /connectionString must be a connection string; it is empty/],
    [{ url: "" }, /url must be a connection string; it is empty/],
    [{ url: 5 }, /url must be a string/],
    [{ host: 5 }, /host must be/],
    [{ host: [] }, /host must name/],
    [{ host: ["a", "b", "c"], port: [1, 2] }, /port must be one port/],
    [{ port: 0 }, /port/],
    [{ port: "5432x" }, /port/],
    [{ port: 1.5 }, /port/],
    [{ user: 5 }, /user must be a string/],
    [{ user: "a\0b" }, /user must not contain/],
    [{ password: 5 }, /password must be a string or a function/],
    [{ database: {} }, /database must be a string/],
    [{ ssl: "verify-fool" }, /ssl must be a boolean, an object/],
    [{ ssl: 5 }, /ssl must be/],
    [{ ssl: { ciphers: "ALL" } }, /ssl\.ciphers/],
    [{ host: "h", ssl: { servername: "elsewhere" } }, /ssl\.servername/],
    [{ path: "/run/pg", ssl: true }, /no TLS over a Unix socket/],
    [{ prepare: "perhaps" }, /prepare/],
    [{ connection: "search_path=a" }, /connection must be an object/],
    [{ connection: { user: "u" } }, /user must stand in the options/],
    [{ connection: { search_path: () => "a" } }, /connection\.search_path/],
    [{ connect_timeout: {} }, /connect_timeout must be a number of seconds/],
    [{ connectionTimeoutMillis: NaN }, /connectionTimeoutMillis must be a number of milliseconds/],
    [{ target_session_attrs: "writable" }, /target_session_attrs/],
    [{ socket: () => undefined }, /socket/],
    [{ stream: () => undefined }, /stream/],
    [{ onConnect: () => undefined }, /onConnect/],
    [{ replication: "database" }, /replication/],
    [{ sslnegotiation: "direct" }, /sslnegotiation/],
    [{ client_encoding: "LATIN1" }, /client_encoding/],
  ])("%j is refused", (options, message) => {
    expectRefusal(options, message);
  });

  test("what belongs to the drivers' inner workings is overlooked", () => {
    const options = {
      host: "h",
      max: 50,
      types: {},
      transform: {},
      onnotice: () => undefined,
      keepAlive: true,
      log: () => undefined,
    };
    expect(settingsOf(options)).toEqual(settingsOf({ host: "h" }));
  });
});
