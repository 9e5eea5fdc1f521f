import { describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { startSuite } from "../support/suite.js";
import { withDatabase } from "../support/url.js";
import { environmentService } from "./support/addon.js";
import { runChild, type Ended } from "./support/child.js";
import { startProxy } from "./support/proxy.js";

const { url, sql, seed } = await startSuite();

const { username, password, hostname, port } = new URL(url);
const CONFIG_VALUE = "the-key-in-the-config";
const OTHER_PASSWORD = "correct-horse-battery";

/** Prints an error with all that it holds, in every way in which somebody might log it. */
const PRELUDE = `
  const { inspect } = require("node:util");
  const { subscribe } = require("node:diagnostics_channel");
  const { environmentService } = require("paperclip-environment-service");
  const id = "00000000-0000-4000-8000-000000000000";
  const config = { key: "${CONFIG_VALUE}" };
  const print = (what) => {
    for (let error = what; error instanceof Error; error = error.cause) {
      console.log(error.message, error.stack, String(error), JSON.stringify(error));
      for (const key of Reflect.ownKeys(error)) console.log(key, error[key]);
    }
    console.log(inspect(what, { depth: 20, showHidden: true, getters: true }), JSON.stringify(what));
    console.error(what);
  };
  const outcomes = {};
  /** @param what the test's name for it */
  const failing = async (what, call) => {
    try {
      await call();
      outcomes[what] = "resolved";
    } catch (error) {
      outcomes[what] = error.code ?? error.name;
      print(error);
    }
  };
  subscribe("paperclip-environment-service:call", print);
  process.on("exit", () => console.log("\\nOUTCOMES " + JSON.stringify(outcomes)));
`;

interface Told {
  /** All that was printed. */
  text: string;
  /** What became of each operation: the code or name of its error. */
  outcomes: Record<string, string>;
}

async function whatIsToldBy(program: string, env: Record<string, string> = {}): Promise<Told> {
  // What Rust's libraries and Node's might print when they are asked to.
  const talkative = { RUST_LOG: "trace", RUST_BACKTRACE: "full", NODE_DEBUG: "net,tls", DEBUG: "*" };
  const ended: Ended = await runChild(`${PRELUDE}(async () => {${program}})();`, {
    env: { DATABASE_URL: url, ...talkative, ...env },
  });
  expect(ended).toMatchObject({ code: 0, signal: null });
  const [, outcomes = "{}"] = /^OUTCOMES (.*)$/m.exec(ended.stdout) ?? [];
  return {
    text: ended.stdout + ended.stderr,
    outcomes: JSON.parse(outcomes) as Record<string, string>,
  };
}

function expectNoSecret(text: string): void {
  // Not by toContain, which would tell all of it where it fails.
  const told = [password, OTHER_PASSWORD, CONFIG_VALUE].filter((secret) => text.includes(secret));
  expect(told).toEqual([]);
  expect(/postgres(ql)?:\/\/\S*@/.exec(text)).toBeNull();
}

describe("neither password nor connection string nor config is told", () => {
  it("where the server cannot be had", async () => {
    const server = `${username}:${OTHER_PASSWORD}@${hostname}:${port}`;
    const login = `postgres://${username}@${hostname}:${port}/postgres`;
    const { text, outcomes } = await whatIsToldBy(`
      const use = (source, options) => () => environmentService(source, options).create(id, { name: "n", driver: "ssh", config });
      const own = process.env.DATABASE_URL;
      await failing("wrong password", use("postgres://${server}/postgres"));
      await failing("wrong password, in an object", use({ connectionString: "${login}", password: "${OTHER_PASSWORD}" }));
      await failing("wrong password, by a function", use({ connectionString: "${login}", password: () => "${OTHER_PASSWORD}" }));
      await failing("no such database", use(own.replace(/[^/]*$/, "nowhere")));
      await failing("nobody listens", use("postgres://u:${OTHER_PASSWORD}@127.0.0.1:1/d"));
      await failing("no such host", use("postgres://u:${OTHER_PASSWORD}@name.invalid/d"));
      await failing("no such socket", use({ connectionString: "postgres://u@/d?host=/nowhere", password: "${OTHER_PASSWORD}" }));
      await failing("no TLS", use(own + "?sslmode=require"));
      await failing("an unknown parameter", use(own + "?unknown=1"));
    `);
    expect(outcomes).toEqual({
      "wrong password": "28P01",
      "wrong password, in an object": "28P01",
      "wrong password, by a function": "28P01",
      "no such database": "3D000",
      "nobody listens": "ECONNREFUSED",
      "no such host": "ENOTFOUND",
      "no such socket": "ENOENT",
      "no TLS": "TLS_NOT_SUPPORTED",
      "an unknown parameter": "42704",
    });
    expectNoSecret(text);
  });

  it("where the source is refused", async () => {
    const { text, outcomes } = await whatIsToldBy(`
      const make = (source, options) => () => environmentService(source, options).getById(id);
      const [connectionString, password] = ["postgres://u@h/d", "${OTHER_PASSWORD}"];
      await failing("another database's", make("mysql://u:" + password + "@h/d"));
      await failing("a bad port", make("postgres://u:" + password + "@h:port/d"));
      await failing("a bad parameter", make("postgres://u:" + password + "@h/d?sslmode=what"));
      await failing("an unknown parameter", make("postgres://u:" + password + "@127.0.0.1:1/d?unknown=1"));
      await failing("an unknown key", make({ connectionString, password, passwort: password }));
      await failing("options of a driver", make({ host: "h", user: "u", password }));
      await failing("two passwords", make({ connectionString: "postgres://u:p@h/d", password }));
      await failing("a password of the wrong type", make({ connectionString, password: [password] }));
      await failing("a key of the wrong type", make({ connectionString, ssl: { key: [password], cert: password } }));
      await failing("no certificate", make({ connectionString, password, ssl: { ca: password, key: password, cert: password } }));
      await failing("a bad option", make("postgres://u:" + password + "@h/d", { maxConnections: -1 }));
      await failing("bad escapes", make("postgres://u:%ff" + password + "%zz@h/d"));
      await failing("no URL", make("host=h password=" + password));
    `);
    expect(outcomes).toEqual({
      "another database's": "TypeError",
      "a bad port": "TypeError",
      "a bad parameter": "TypeError",
      // It goes to the server as a run-time parameter, and would be refused there.
      "an unknown parameter": "ECONNREFUSED",
      "an unknown key": "TypeError",
      "options of a driver": "TypeError",
      "two passwords": "TypeError",
      "a password of the wrong type": "TypeError",
      "a key of the wrong type": "TypeError",
      "no certificate": "TypeError",
      "a bad option": "TypeError",
      "bad escapes": "TypeError",
      "no URL": "TypeError",
    });
    expectNoSecret(text);
  });

  it("where a call is refused, before it is sent or by the server", async () => {
    const companyId = await seed.company();
    const environmentId = await seed.environment(companyId, {
      config: JSON.stringify({ key: CONFIG_VALUE }),
    });
    const leaseId = await seed.lease(companyId, environmentId);
    await seed.environment(companyId, { driver: "local" });
    const { text, outcomes } = await whatIsToldBy(`
      const service = environmentService(undefined, { connectTimeout: 500 });
      const good = { name: "n", driver: "ssh", config };
      const cycle = { ...config }; cycle.cycle = cycle;
      await failing("unknown company", () => service.create(id, good));
      await failing("malformed id", () => service.update("malformed", good));
      await failing("second local", () => service.create("${companyId}", { ...good, driver: "local" }));
      await failing("name is a number", () => service.create("${companyId}", { ...good, name: 1 }));
      await failing("outside its set", () => service.create("${companyId}", { ...good, driver: "none" }));
      await failing("a cycle", () => service.create("${companyId}", { ...good, config: cycle }));
      await failing("a BigInt", () => service.create("${companyId}", { ...good, config: { ...config, n: 1n } }));
      await failing("U+0000 in text", () => service.create("${companyId}", { ...good, name: "\\0" }));
      await failing("a name too long for its index", () => service.create("${companyId}", { ...good, name: Array.from({ length: 2000 }, Math.random).join() }));
      await failing("unknown environment", () => service.acquireLease({ companyId: "${companyId}", environmentId: id, metadata: config }));
      await failing("metadata is no object", () => service.updateLeaseMetadata("${leaseId}", () => config));
      await failing("aborted", () => service.update("${environmentId}", good, { signal: AbortSignal.abort() }));
      print(service.stats());
      await service.close();
      await failing("closed", () => service.update("${environmentId}", good));
      print(service);
    `);
    expect(outcomes).toEqual({
      "unknown company": "23503",
      "malformed id": "22P02",
      "second local": "23505",
      "name is a number": "TypeError",
      "outside its set": "Error",
      "a cycle": "TypeError",
      "a BigInt": "TypeError",
      "U+0000 in text": "22021",
      "a name too long for its index": "54000",
      "unknown environment": "23503",
      "metadata is no object": "TypeError",
      aborted: "ABORT_ERR",
      closed: "CONNECTION_ENDED",
    });
    expectNoSecret(text);
  });

  it("where the connection breaks in mid-call, and where the tables are not there", async () => {
    const proxy = await startProxy(url);
    try {
      const companyId = await seed.company();
      const environmentId = await seed.environment(companyId);
      proxy.plan(/update environments/, "cut after", { then: () => proxy.refuse() });
      const { text, outcomes } = await whatIsToldBy(
        `
        const service = environmentService(undefined, { connectTimeout: 300 });
        const patch = { name: "n", config };
        await failing("cut", () => service.update("${environmentId}", patch));
        await failing("away", () => service.update("${environmentId}", patch));
        const elsewhere = environmentService(process.env.ELSEWHERE);
        await failing("no tables", () => elsewhere.update("${environmentId}", patch));
        `,
        { DATABASE_URL: proxy.url, ELSEWHERE: withDatabase(url, "postgres") },
      );
      expect(outcomes).toEqual({ cut: "OUTCOME_UNKNOWN", away: "ECONNREFUSED", "no tables": "42P01" });
      expectNoSecret(text);
    } finally {
      await proxy.close();
    }
  });
});

describe("what PostgreSQL itself says of a row is in the fields that postgres.js has, and nowhere else", () => {
  it("23502: detail shows the row, with its config", async () => {
    const service = environmentService(url);
    const companyId = await seed.company();
    const id = await seed.environment(companyId, { config: JSON.stringify({ key: CONFIG_VALUE }) });
    const error = await rejection(service.update(id, { name: null as never }));
    await service.close();
    const original = await rejection(sql`update environments set name = null where id = ${id}`);
    // The time of the change is another.
    const withoutTimes = (text: unknown) => String(text).replace(/\d{4}-\d\d-\d\d [^,]*/g, "…");
    expect(withoutTimes(error["detail"])).toBe(withoutTimes(original["detail"]));
    expect(error["detail"]).toContain(CONFIG_VALUE);
    const { detail: _, ...others } = error;
    expect(JSON.stringify([error.message, error.stack, others])).not.toContain(CONFIG_VALUE);
  });

  it("22P05: where shows the line of JSON that cannot be stored", async () => {
    const service = environmentService(url);
    const companyId = await seed.company();
    const config = { key: CONFIG_VALUE, text: "\0" };
    const error = await rejection(service.create(companyId, { name: "n", driver: "ssh", config }));
    await service.close();
    const original = await rejection(sql`select ${JSON.stringify(config)}::text::jsonb`);
    expect(error).toMatchObject({ code: "22P05", detail: original["detail"] });
    const { where: _, ...others } = error;
    expect(JSON.stringify([error.message, error.stack, others])).not.toContain(CONFIG_VALUE);
  });
});
