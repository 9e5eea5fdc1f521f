import { drizzle as drizzleOverPg } from "drizzle-orm/node-postgres";
import { PgDatabase, PgDialect, PgTransaction } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import pg from "pg";
import postgres from "postgres";
import { describe, expect, test } from "vitest";
import { SECRET, URL_TEXT, expectRefusal, resolveSource, settingsOf } from "./support.js";

/** A stand-in for PGlite, which answers queries and has no address. */
class LooksLikePGlite {
  waitReady = Promise.resolve();
  query() {}
  exec() {}
  transaction() {}
}

const always = (source: unknown) => () => source;

/** A drizzle database with any client, as drizzle's own constructors make them. */
function databaseOver(client: unknown): object {
  const database = new PgDatabase(new PgDialect(), {} as never, undefined);
  return Object.assign(database, { $client: client });
}

describe("what is no source", () => {
  test.each([
    ["null", null, /null/],
    ["a number", 5, /a number/],
    ["true", true, /a boolean/],
    ["a symbol", Symbol("x"), /a symbol/],
    ["an array", [URL_TEXT], /an array/],
    ["a function", () => undefined, /a function that is not a postgres\.js sql/],
    ["the postgres function itself", postgres, /a function/],
    ["a date", new Date(), /none of these/],
    ["an instance of some class", new (class Config {})(), /none of these/],
    ["an empty object", {}, /none of these/],
    ["an object with a method to query", { query() {} }, /none of these/],
    ["a stand-in for a database", { select() {} }, /none of these/],
    ["PGlite", new LooksLikePGlite(), /PGlite, which runs inside this process/],
    ["drizzle over PGlite", databaseOver(new LooksLikePGlite()), /drizzle database over PGlite/],
    ["drizzle over something else", databaseOver({ fetch() {} }), /drizzle database over an object/],
    ["drizzle over nothing", databaseOver(undefined), /drizzle database over undefined/],
    ["a drizzle mock over postgres.js", drizzle.mock(), /drizzle database over an object/],
    ["a drizzle mock over node-postgres", drizzleOverPg.mock(), /drizzle database over an object/],
  ])("%s", (_, source, message) => {
    expectRefusal(source, message);
    expectRefusal(
      source,
      /It accepts a drizzle database over postgres\.js or node-postgres, a postgres\.js sql, a pg\.Pool/,
    );
  });

  const transaction = Object.assign(() => undefined, {
    unsafe() {},
    savepoint() {},
    options: postgres(URL_TEXT).options,
  });
  const reserved = Object.assign(() => undefined, { unsafe() {}, release() {} });
  const client = new pg.Client({ connectionString: URL_TEXT });
  const lent = Object.assign(new pg.Client({ connectionString: URL_TEXT }), { release() {} });
  class Transaction extends PgTransaction<never, never, never> {
    transaction(): never {
      throw new Error("not used");
    }
  }

  test.each([
    [
      "a drizzle transaction",
      new Transaction(new PgDialect(), {} as never, undefined),
      /a drizzle transaction/,
    ],
    ["a postgres.js transaction", transaction, /a postgres\.js transaction/],
    ["a drizzle database over it", databaseOver(transaction), /a postgres\.js transaction/],
    ["a reserved connection", reserved, /a reserved postgres\.js connection/],
    ["a pg.Client", client, /a pg\.Client/],
    ["a drizzle database over it", drizzleOverPg(client), /a pg\.Client/],
    ["a client lent by a pool", lent, /a client of a pg\.Pool/],
  ])("%s, and why", (_, source, message) => {
    expectRefusal(source, message);
    expectRefusal(source, /a separate connection cannot see/);
  });

  test("a refused source is refused again", () => {
    const sql = postgres(URL_TEXT, { ssl: { pfx: SECRET } });
    expectRefusal(sql, /ssl\.pfx/);
    expectRefusal(sql, /ssl\.pfx/);
  });
});

describe("what throws while it is read", () => {
  const cause = new RangeError(`the getter's ${SECRET}`);
  const fail = () => {
    throw cause;
  };
  const sql = Object.assign(() => undefined, { unsafe() {}, options: { host: ["h"], port: [1] } });
  const unreadable = (source: unknown, options?: unknown) => {
    try {
      resolveSource(source, options);
    } catch (error) {
      return error as Error;
    }
    throw new Error("It was read");
  };

  test.each([
    ["a drizzle database", Object.defineProperty({}, "$client", { get: fail, enumerable: true })],
    ["an object", Object.defineProperty({}, "connectionString", { get: fail, enumerable: true })],
    [
      "a postgres.js sql",
      Object.defineProperty(sql, "options", {
        value: {
          host: ["h"],
          port: [1],
          get user() {
            return fail();
          },
        },
      }),
    ],
    ["a proxy", new Proxy({}, { get: fail, has: fail, ownKeys: fail })],
  ])("%s", (_, source) => {
    const error = unreadable(source);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe("environmentService cannot read its source: RangeError");
    expect(error.cause).toBe(cause);
  });

  test("the options, and what is thrown is no error", () => {
    const options = Object.defineProperty({}, "maxConnections", { get: fail, enumerable: true });
    expect(unreadable(URL_TEXT, options).message).toBe(
      "environmentService cannot read its options: RangeError",
    );
    const proxy = new Proxy(
      {},
      {
        get: () => {
          throw SECRET;
        },
      },
    );
    expect(unreadable(proxy).message).toBe("environmentService cannot read its source: an exception");
    const named = Object.assign(new Error(), { name: SECRET });
    const get = () => {
      throw named;
    };
    expect(unreadable(new Proxy({}, { get })).message).not.toContain(SECRET);
  });
});

describe("the service's own options", () => {
  const sql = postgres(URL_TEXT, {
    connect_timeout: 5,
    idle_timeout: 5,
    connection: { statement_timeout: 7, application_name: "app" },
  });

  test("go before the source's", () => {
    expect(settingsOf(sql)).toMatchObject({
      maxConnections: 4,
      connectTimeout: 5000,
      idleTimeout: 5000,
      parameters: { statement_timeout: "7" },
      applicationName: "app",
    });
    expect(
      settingsOf(sql, {
        maxConnections: 7,
        connectTimeout: 1,
        idleTimeout: 2,
        statementTimeout: 3,
        applicationName: "mine",
      }),
    ).toMatchObject({
      maxConnections: 7,
      connectTimeout: 1,
      idleTimeout: 2,
      parameters: { statement_timeout: "3" },
      applicationName: "mine",
    });
    expect(settingsOf(sql, { connectTimeout: 0, idleTimeout: null, statementTimeout: 0 })).toMatchObject({
      connectTimeout: null,
      idleTimeout: null,
      parameters: { statement_timeout: "0" },
    });
    expect(settingsOf(sql, { statementTimeout: undefined }).parameters).toEqual({ statement_timeout: "7" });
    const shouting = postgres(URL_TEXT, { connection: { Statement_Timeout: 7 } as object });
    expect(settingsOf(shouting, { statementTimeout: 3 }).parameters).toEqual({ statement_timeout: "3" });
  });

  test("tell pools of one source apart, by what they say and not by who says it", () => {
    const plain = resolveSource(sql);
    expect(resolveSource(sql, {})).toBe(plain);
    expect(resolveSource(sql, { maxConnections: undefined })).toBe(plain);
    const two = resolveSource(sql, { maxConnections: 2, idleTimeout: 5 });
    expect(two.owner).toBe(plain.owner);
    expect(two.key).not.toBe(plain.key);
    expect(resolveSource(sql, { idleTimeout: 5, maxConnections: 2 })).toBe(two);
    // Both stand for "no limit".
    expect(resolveSource(sql, { idleTimeout: 0 })).toBe(resolveSource(sql, { idleTimeout: null }));
  });

  test.each([
    [null, /options must be an object/],
    ["fast", /options must be an object/],
    [[], /options must be an object/],
    [
      { maxConnection: 3 },
      /unknown key "maxConnection" in options; known are maxConnections, connectTimeout/,
    ],
    [{ toString: 3 }, /unknown key "toString"/],
    [{ maxConnections: 0 }, /options\.maxConnections must be a whole number from 1 to 100/],
    [{ maxConnections: 101 }, /options\.maxConnections/],
    [{ maxConnections: 1.5 }, /options\.maxConnections/],
    [{ maxConnections: "4" }, /options\.maxConnections/],
    [{ maxConnections: null }, /options\.maxConnections/],
    [{ connectTimeout: -1 }, /options\.connectTimeout/],
    [{ connectTimeout: "1s" }, /options\.connectTimeout/],
    [{ idleTimeout: NaN }, /options\.idleTimeout/],
    [{ idleTimeout: 2 ** 31 }, /options\.idleTimeout/],
    [{ statementTimeout: Infinity }, /options\.statementTimeout/],
    [{ statementTimeout: null }, /options\.statementTimeout/],
    [{ applicationName: "" }, /options\.applicationName/],
    [{ applicationName: 5 }, /options\.applicationName/],
    [{ applicationName: "a\0b" }, /options\.applicationName/],
  ])("%j is refused", (options, message) => {
    expectRefusal(sql, message, options);
    expectRefusal(URL_TEXT, message, options);
  });
});

describe("a source seen before", () => {
  const url = new URL(URL_TEXT);
  const connectionString = "postgres://bob@db.example:5433/clips";
  const password = () => SECRET;
  const proxied = Object.assign(drizzle.mock(), { $client: new Proxy(postgres(URL_TEXT), {}) });
  test.each<[string, () => unknown]>([
    ["a drizzle database over postgres.js", always(drizzle(URL_TEXT))],
    ["one whose client is a proxy", always(proxied)],
    ["a drizzle database over node-postgres", always(drizzleOverPg(URL_TEXT))],
    ["a postgres.js sql", always(postgres(URL_TEXT))],
    ["a pg.Pool", always(new pg.Pool({ connectionString: URL_TEXT }))],
    ["a string", () => URL_TEXT],
    ["a URL", () => new URL(URL_TEXT)],
    ["an object", () => ({ connectionString, ssl: true })],
    ["an object with a URL", () => ({ connectionString: url })],
    ["an object with a function", () => ({ connectionString, password })],
    ["an object with Node's options", always({ connectionString, ssl: { rejectUnauthorized: false } })],
  ])("%s is resolved 1,000 times in under 10 ms", (_, source) => {
    const once = resolveSource(source());
    // The best of several rounds: the machine may be busy with something else.
    const rounds = Array.from({ length: 5 }, () => {
      const start = performance.now();
      for (let index = 0; index < 1000; index++) resolveSource(source());
      return performance.now() - start;
    });
    expect(Math.min(...rounds)).toBeLessThan(10);
    expect(resolveSource(source())).toBe(once);
  });

  test("nothing is read again", () => {
    const sql = postgres(URL_TEXT);
    const before = resolveSource(sql);
    sql.options.host[0] = "elsewhere.example";
    expect(resolveSource(sql)).toBe(before);
  });

  test("the settings are plain data and say the same when read back", () => {
    const settings = settingsOf(postgres(URL_TEXT, { ssl: { rejectUnauthorized: false } }));
    expect(JSON.parse(JSON.stringify(settings))).toEqual(settings);
  });
});
