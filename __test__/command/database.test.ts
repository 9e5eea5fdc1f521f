// Which database the command uses, and its messages if it cannot.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";

import { freePort } from "../support/postgres.mjs";
import { withDatabase } from "../support/url.js";
import { command, documentOf, expectComplaint, SECRET } from "./support/command.js";
import { openWorld } from "./support/world.js";

const world = await openWorld("T4");
const nobody = await freePort();
const unreachable = `postgres://paperclip:${SECRET}@127.0.0.1:${nobody}/paperclip`;

const EACH = [
  ["doctor"],
  ["leases"],
  ["leases", "--status", "active"],
  ["reap"],
  ["prune", "--older-than", "90d"],
  ["inventory", "--provider", "daytona"],
];
const ALL = [...EACH, ["reap", "--yes"], ["prune", "--older-than", "90d", "--yes"]];

describe("a database that cannot be reached is told with its place, and no password", () => {
  it.each(ALL.map((args) => [args.join(" "), args] as const))("%s", async (_, args) => {
    for (const more of [[], ["--json"]]) {
      const ended = await command([...args, "--database-url", unreachable, ...more]);
      expectComplaint(
        ended,
        2,
        new RegExp(`database "paperclip" at 127\\.0\\.0\\.1:${nobody}, --database-url`),
      );
      expect(ended.stderr).toMatch(/could not (look|reap|prune): connect ECONNREFUSED 127\.0\.0\.1/);
    }
  });
});

it.each([
  ["a URL that is none", `nonsense://u:${SECRET}@host/db`, /could not look: .*postgres:\/\//],
  ["one with a wrong port", `postgres://u:${SECRET}/x@host/db`, /could not look: .*port/],
  ["a database that is not there", withDatabase(world.url, "nowhere"), /database "nowhere" does not exist/],
  ["one with other tables", withDatabase(world.url, "postgres"), /could not look: .*(tables|environment)/],
])("%s is told on one line", async (_, url, why) => {
  expectComplaint(await command(["doctor", "--database-url", url]), 2, why);
  expectComplaint(await command(["leases"], { env: { DATABASE_URL: url } }), 2, why);
});

describe("a role without privileges", () => {
  const role = `role_${process.pid}`;
  const url = new URL(world.url);
  [url.username, url.password] = [role, SECRET];

  beforeEach(async () => {
    await world.sql.unsafe(`create role ${role} login password '${SECRET}'`);
  });
  afterEach(async () => {
    await world.clear();
    await world.sql.unsafe(`drop owned by ${role}; drop role ${role}`);
  });

  it.each(EACH.map((args) => [args.join(" "), args] as const))("may not look: %s", async (_, args) => {
    const ended = await command([...args, "--database-url", url.href]);
    expectComplaint(ended, 2, /could not look: the role may not look: permission denied for table/);
  });

  it("that may read may look, and not write", async () => {
    await world.sql.unsafe(`grant select on all tables in schema public to ${role}`);
    const place = await world.place();
    await world.stale(place);
    await world.old(place);
    const before = await world.snapshot();
    for (const args of EACH) {
      const ended = await command([...args, "--database-url", url.href]);
      expect([args, ended.status, ended.stderr]).toEqual([args, expect.toBeOneOf([0, 1]), ""]);
    }
    const [reap, prune] = [
      await command(["reap", "--yes", "--database-url", url.href]),
      await command(["prune", "--older-than", "90d", "--keep", "0", "--yes", "--database-url", url.href]),
    ];
    expectComplaint(
      reap,
      2,
      /could not reap: the role may not write: permission denied for table .*; so far: 0 leases ended/,
    );
    expectComplaint(
      prune,
      2,
      /could not prune: the role may not write: permission denied for table .*; so far: 0 leases del/,
    );
    expect(await world.snapshot()).toEqual(before);
  });
});

describe("which database", () => {
  let home = "";
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), "paperclip-home-"));
  });
  afterEach(() => rm(home, { recursive: true }));

  const write = async (file: string, text: string) => {
    await mkdir(path.dirname(path.join(home, file)), { recursive: true });
    await writeFile(path.join(home, file), text);
  };
  const config = (database: object) => JSON.stringify({ database });
  const found = async (env: Record<string, string> = {}, args: string[] = [], cwd = home) => {
    const { stderr } = await command(["doctor", ...args], { env: { PAPERCLIP_HOME: home, ...env }, cwd });
    return /database "(\w+)" at ([\w.]+):(\d+)/.exec(stderr)?.slice(1).join(" ") ?? stderr;
  };
  /** Nobody listens there. */
  const refusing = (port: number, database = "db") => `postgres://u:${SECRET}@127.0.0.1:${port}/${database}`;

  it("that of --database-url before that of DATABASE_URL", async () => {
    const args = ["--database-url", refusing(1, "named")];
    expect(await found({ DATABASE_URL: refusing(2) }, args)).toBe("named 127.0.0.1 1");
    expect(await found({ DATABASE_URL: refusing(2, "variable") })).toBe("variable 127.0.0.1 2");
  });

  it("otherwise the embedded one, at the port where it runs", async () => {
    await write("instances/default/config.json", config({ embeddedPostgresPort: 3 }));
    await write(
      "instances/default/db/postmaster.pid",
      "4711\n/data\n1700000000\n4\n/tmp\nlocalhost\n\nready\n",
    );
    expect(await found()).toBe("paperclip 127.0.0.1 4");
    expect(await found({ DATABASE_URL: "" })).toBe("paperclip 127.0.0.1 4");
  });

  it("or at the port that the configuration names", async () => {
    await write(
      "instances/default/config.json",
      config({ mode: "embedded-postgres", embeddedPostgresPort: 3 }),
    );
    expect(await found()).toBe("paperclip 127.0.0.1 3");
  });

  it("or at the one that Paperclip takes by default", async () => {
    // Somebody may listen there.
    const { stderr, stdout } = await command(["doctor"], { env: { PAPERCLIP_HOME: home }, cwd: home });
    if (stdout === "") expect(stderr).toContain("127.0.0.1:54329");
  });

  it("of the instance that is named", async () => {
    await write("instances/second/db/postmaster.pid", "1\n/data\n1\n5\n");
    expect(await found({ PAPERCLIP_INSTANCE_ID: "second" })).toBe("paperclip 127.0.0.1 5");
  });

  it("in the folder that the configuration names", async () => {
    const data = path.join(home, "elsewhere");
    await write("instances/default/config.json", config({ embeddedPostgresDataDir: data }));
    await write("elsewhere/postmaster.pid", "1\n/data\n1\n6\n");
    expect(await found()).toBe("paperclip 127.0.0.1 6");
  });

  it("that of the configuration, where Paperclip has no embedded one", async () => {
    const file = "instances/default/config.json";
    await write("instances/default/db/postmaster.pid", "1\n/data\n1\n5\n");
    await write(file, config({ mode: "postgres", connectionString: refusing(7, "external") }));
    expect(await found()).toBe("external 127.0.0.1 7");
    await write(file, config({ mode: "embedded-postgres", connectionString: refusing(7, "external") }));
    expect(await found()).toBe("paperclip 127.0.0.1 5");
  });

  it("that of the configuration that is named, or that lies above the working directory", async () => {
    await write("named.json", config({ embeddedPostgresPort: 8 }));
    expect(await found({ PAPERCLIP_CONFIG: path.join(home, "named.json") })).toBe("paperclip 127.0.0.1 8");
    await write("project/.paperclip/config.json", config({ embeddedPostgresPort: 9 }));
    await mkdir(path.join(home, "project/deep/down"), { recursive: true });
    expect(await found({}, [], path.join(home, "project/deep/down"))).toBe("paperclip 127.0.0.1 9");
  });

  it.each([
    [`DATABASE_URL=${refusing(10)}\n`],
    [`# DATABASE_URL=x\nA=b\nexport DATABASE_URL = "${refusing(10)}" # ours\n`],
    [`DATABASE_URL='${refusing(10)}'\r\n`],
  ])("that of the .env file beside the configuration: %j", async (text) => {
    await write("instances/default/.env", text);
    await write("instances/default/config.json", config({ mode: "postgres", connectionString: refusing(7) }));
    expect(await found()).toBe("db 127.0.0.1 10");
  });

  it("none, where the configuration cannot be read", async () => {
    const file = path.join(home, "instances/default/config.json");
    await write("instances/default/config.json", `{"database": "${SECRET}`);
    const ended = await command(["doctor"], { env: { PAPERCLIP_HOME: home }, cwd: home });
    expectComplaint(ended, 2, new RegExp(`could not look: ${file} is not JSON$`, "m"));
  });

  it("and it is looked at", async () => {
    await write("instances/default/config.json", config({ mode: "postgres", connectionString: world.url }));
    const id = await world.lease(await world.place());
    const ended = await command(["leases", "--status", "active", "--json"], {
      env: { PAPERCLIP_HOME: home },
      cwd: home,
    });
    expect(documentOf(ended).leases).toMatchObject([{ id }]);
    await world.clear();
  });
});

it("its connections have the command's name", async () => {
  const blocked = world.sql.begin(async (sql) => {
    await sql.unsafe("lock table environment_leases");
    const looking = world.run(["leases", "--limit", "1"]);
    for (;;) {
      // Within a transaction, the view is not looked at again by itself.
      await sql.unsafe("select pg_stat_clear_snapshot()");
      const [row] = await sql.unsafe<{ count: string }[]>(
        `select count(*)::text as count from pg_stat_activity where wait_event_type = 'Lock'
         and datname = current_database() and application_name = 'paperclip-environment-service'`,
      );
      if (Number(row?.count) > 0) return { looking };
    }
  });
  const { looking } = await blocked;
  expect((await looking).status).toBe(0);
});

afterAll(() => world.clear());
