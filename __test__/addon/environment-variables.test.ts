import { createServer, connect, type AddressInfo, type Socket } from "node:net";

import { afterEach, describe, expect, it } from "vitest";

import { startSuite } from "../support/suite.js";
import { runChild } from "./support/child.js";

// A driver's object reads the environment variables when it is created. After that, libpq's variables must not change
// what the addon sends.

const { url, sql, seed } = await startSuite();
const target = new URL(url);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

// What holds in the session by its client's wish, as a trigger sees it.
await sql.unsafe(`
  create function tell_client_settings() returns trigger language plpgsql as $$
  begin
    new.description := (
      select string_agg(name || '=' || setting, ', ' order by name) from pg_settings where source = 'client'
    ) || ' as ' || session_user || ' in ' || current_schemas(false)::text;
    return new;
  end $$;
  create trigger tell_client_settings before insert on environments
    for each row execute function tell_client_settings();
`);

/** None of these leads to this server, as this user, to these tables. */
const POISON = {
  PGHOST: "host.invalid",
  PGHOSTADDR: "192.0.2.1",
  PGPORT: "1",
  PGUSER: "nobody",
  PGPASSWORD: "wrong",
  PGPASSFILE: "/nonexistent/passfile",
  PGDATABASE: "nowhere",
  PGSERVICE: "nosuch",
  PGSERVICEFILE: "/nonexistent/services",
  PGAPPNAME: "poisoned",
  PGOPTIONS: "-c search_path=nowhere -c statement_timeout=1",
  PGSSLMODE: "verify-full",
  PGREQUIRESSL: "1",
  PGSSLROOTCERT: "/nonexistent/root.pem",
  PGSSLCERT: "/nonexistent/cert.pem",
  PGSSLKEY: "/nonexistent/key.pem",
  PGSSLCRL: "/nonexistent/crl.pem",
  PGCHANNELBINDING: "require",
  PGGSSENCMODE: "require",
  PGCLIENTENCODING: "LATIN1",
  PGTZ: "Asia/Kathmandu",
  PGDATESTYLE: "German",
};

/** What pg reads where the options of its pool leave it open, whenever it connects. */
const READ_BY_PG = [
  "PGHOST",
  "PGPORT",
  "PGUSER",
  "PGPASSWORD",
  "PGDATABASE",
  "PGAPPNAME",
  "PGOPTIONS",
  "PGSSLMODE",
];

const without = (names: string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(POISON).filter(([name]) => !names.includes(name)));

/** The server's address, by way of a proxy that keeps the first messages of each connection, up to the login. */
async function recording() {
  const seen: string[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream] as Socket[]) socket.on("error", () => {});
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => client.destroy());
    let started = false;
    client.on("data", (data: Buffer) => {
      if (!started) {
        // A question about TLS, eight bytes long, may come before.
        started = data.length > 8;
        seen.push(data.toString("latin1"));
      }
      upstream.write(data);
    });
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  return { through: through.href, seen };
}

/** How each source is made, in a program that has `address`, a URL of the server, and `options` that say it whole. */
const SOURCES: Record<string, string> = {
  "a postgres.js sql": `require("postgres")(options)`,
  "drizzle over postgres.js": `require("drizzle-orm/postgres-js").drizzle(require("postgres")(options))`,
  "drizzle over a postgres.js connection string": `require("drizzle-orm/postgres-js").drizzle(require("postgres")(full))`,
  "a pg.Pool": `new (require("pg").Pool)({
    ...options, user: options.username, options: "-c work_mem=7MB", application_name: "told",
  })`,
  "drizzle over a pg.Pool": `require("drizzle-orm/node-postgres").drizzle(new (require("pg").Pool)({
    ...options, user: options.username, options: "-c work_mem=7MB", application_name: "told",
  }))`,
  "a connection string that says all": `full`,
  "an object with a connection string that says all": `({ connectionString: full })`,
};

type When = "before" | "after";

/** One call through the source; what the session was like, and whether the environment is what it was. */
function program(source: string, when: When, companyId: string): string {
  return `
    const address = new URL(process.env.TEST_ADDRESS);
    const options = {
      host: address.hostname,
      port: Number(address.port),
      username: address.username,
      password: decodeURIComponent(address.password),
      database: address.pathname.slice(1),
      ssl: false,
      connection: { application_name: "told", work_mem: "7MB" },
    };
    delete options[${source.includes("Pool") ? '"connection"' : '"none"'}];
    const full = address.href + "?sslmode=disable&application_name=told&search_path=public&work_mem=7MB";
    ${when === "before" ? "" : `const source = ${source};`}
    ${when === "before" ? "" : "Object.assign(process.env, JSON.parse(process.env.TEST_POISON));"}
    const variables = () => JSON.stringify(Object.entries(process.env).sort());
    const before = variables();
    const { environmentService } = require("paperclip-environment-service");
    ${when === "before" ? `const source = ${source};` : ""}
    (async () => {
      const service = environmentService(source, { connectTimeout: 5_000 });
      const row = await service.create("${companyId}", { name: "n", driver: "ssh" });
      const same = before === variables();
      const told = JSON.stringify({ description: row.description, same });
      await service.close();
      await (source.$client ?? source).end?.();
      return told;
    })().catch(({ code, message }) => JSON.stringify({ code, message })).then(tell);`;
}

const IN_MAIN = (text: string) => `const tell = console.log; ${text}`;
/** Nobody else has loaded the addon then. */
const IN_WORKER = (text: string) => `
  const { Worker } = require("node:worker_threads");
  const program = ${JSON.stringify(`const tell = (text) => require("node:worker_threads").parentPort.postMessage(text); ${text}`)};
  new Worker(program, { eval: true }).on("message", console.log);`;

async function outcome(
  source: string,
  poison: Record<string, string>,
  when: When = "before",
  where = IN_MAIN,
): Promise<{ told: unknown; seen: string[] }> {
  const { through, seen } = await recording();
  const companyId = await seed.company();
  // Those of whoever runs the tests have no say either.
  const none = Object.fromEntries(
    Object.keys(process.env).flatMap((name) =>
      /^PG/.test(name) ? [[name, undefined as unknown as string]] : [],
    ),
  );
  const ended = await runChild(where(program(source, when, companyId)), {
    env: {
      ...none,
      TEST_ADDRESS: through,
      TEST_POISON: JSON.stringify(poison),
      ...(when === "before" ? poison : {}),
    },
  });
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
  return { told: JSON.parse(ended.stdout), seen };
}

const CLEAN = {
  description: expect.stringMatching(
    /application_name=told.*work_mem=7168.* as postgres in \{public\}$/,
  ) as string,
  same: true,
};

function poisonOf(name: string): Record<string, string> {
  if (name.includes("pg.Pool")) return without(READ_BY_PG);
  // Of these they take what they do not say themselves.
  if (name.includes("that says all")) return { ...POISON, PGOPTIONS: "-c search_path=nowhere" };
  return POISON;
}

describe("libpq's variables have no say in", () => {
  it.each(Object.entries(SOURCES))("%s", async (name, source) => {
    const clean = await outcome(source, {});
    expect(clean.told).toEqual(CLEAN);
    expect(clean.seen.length).toBeGreaterThan(0);

    const poison = poisonOf(name);
    for (const each of [
      await outcome(source, poison, "before"),
      await outcome(source, poison, "after"),
      await outcome(source, poison, "before", IN_WORKER),
    ]) {
      expect(each.told).toEqual(clean.told);
      expect(each.seen).toEqual(clean.seen);
    }
  });

  it("a postgres.js sql, each alone", { timeout: 120_000 }, async () => {
    const source = SOURCES["a postgres.js sql"] ?? "";
    const clean = await outcome(source, {});
    for (const [name, value] of Object.entries(POISON)) {
      const { told, seen } = await outcome(source, { [name]: value }, "after");
      expect({ name, told, seen }).toEqual({ name, told: clean.told, seen: clean.seen });
    }
  });
});

describe("a connection string takes from them what it leaves open, and once", () => {
  it("PGOPTIONS and PGAPPNAME", async () => {
    const { told, seen } = await outcome("address.href", {
      PGOPTIONS: "-c work_mem=7MB -c search_path=public",
      PGAPPNAME: "told",
    });
    expect(told).toEqual(CLEAN);
    const messages = seen.filter((each) => each.length > 8);
    expect(messages).not.toEqual([]);
    for (const each of messages) {
      expect(each.split("told")).toHaveLength(2);
      expect(each.split("work_mem").length).toBeLessThanOrEqual(2);
    }
    expect(messages.filter((each) => each.includes("work_mem"))).not.toEqual([]);
  });

  it("PGUSER, PGPASSWORD, PGDATABASE, PGHOST and PGPORT", async () => {
    const source = `
      (() => {
        const names = { PGHOST: "host", PGPORT: "port", PGUSER: "username", PGPASSWORD: "password", PGDATABASE: "database" };
        for (const [name, key] of Object.entries(names)) process.env[name] = String(options[key]);
        return "postgres://?application_name=told&work_mem=7MB";
      })()`;
    const { told } = await outcome(source, {}, "after");
    expect(told).toEqual(CLEAN);
  });
});
