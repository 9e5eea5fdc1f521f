// The cases in which the addon differs from the original on purpose. Each test states what both do, so that a change of
// either fails.

import { performance } from "node:perf_hooks";

import { afterEach, describe, expect, it, vi } from "vitest";

import { openDatabase, type Snapshot } from "../support/database.js";
import { rejection } from "../support/errors.js";
import { createService, isAddon, type AcquireInput, type EnvironmentService } from "../support/provider.js";
import { invalid, startSuite, unknownId } from "../support/suite.js";

const { service, seed, snapshot } = await startSuite();

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

interface Rows {
  company: string;
  environment: string;
  run: string;
  lease: string;
}

async function rows(): Promise<Rows> {
  const company = await seed.company();
  const environment = await seed.environment(company);
  const run = await seed.run(company);
  return {
    company,
    environment,
    run,
    lease: await seed.lease(company, environment, { heartbeat_run_id: run }),
  };
}

type Call = (service: EnvironmentService, rows: Rows) => Promise<unknown>;

describe("a value outside its set, given to a write", () => {
  const writes: [string, string, (value: string) => Call][] = [
    [
      "create, driver",
      "environment driver",
      (driver) => (s, r) => s.create(r.company, invalid({ name: "n", driver })),
    ],
    [
      "create, status",
      "environment status",
      (status) => (s, r) => s.create(r.company, invalid({ name: "n", driver: "ssh", status })),
    ],
    [
      "update, driver",
      "environment driver",
      (driver) => (s, r) => s.update(r.environment, invalid({ driver })),
    ],
    [
      "update, status",
      "environment status",
      (status) => (s, r) => s.update(r.environment, invalid({ status })),
    ],
    [
      "acquireLease, leasePolicy",
      "environment lease policy",
      (leasePolicy) => (s, r) =>
        s.acquireLease(invalid({ companyId: r.company, environmentId: r.environment, leasePolicy })),
    ],
    [
      "releaseLease, status",
      "environment lease status",
      (status) => (s, r) => s.releaseLease(r.lease, invalid(status)),
    ],
    [
      "releaseLease, cleanupStatus",
      "environment lease cleanup status",
      (cleanupStatus) => (s, r) => s.releaseLease(r.lease, "released", invalid({ cleanupStatus })),
    ],
    [
      "releaseLeasesForRun, status",
      "environment lease status",
      (status) => (s, r) => s.releaseLeasesForRun(r.run, invalid(status)),
    ],
  ];

  describe.each(writes)("%s", (_, setName, call) => {
    it.each(["docker", "", "ACTIVE", "active ", "pending_cleanup", "__proto__", "constructor", "🚀"])(
      "%j rejects: with the addon nothing is written, with the original it is",
      async (value) => {
        const target = await rows();
        const before = await snapshot();
        const error = await rejection(call(value)(service, target));
        expect(error.message).toBe(`Unexpected ${setName} value: ${value}`);
        expect(error.name).toBe("Error");
        expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
        if (isAddon) expect(await snapshot()).toEqual(before);
        else expect(await snapshot()).not.toEqual(before);
      },
    );
  });

  it("rejects with the addon even where no row would be met, and passes unseen with the original", async () => {
    const calls: [Promise<unknown>, unknown][] = [
      [service.update(unknownId(), invalid({ driver: "docker" })), null],
      [service.releaseLease(unknownId(), invalid("gone")), null],
      [service.releaseLeasesForRun(unknownId(), invalid("gone")), []],
    ];
    for (const [call, original] of calls) {
      if (isAddon)
        expect((await rejection(call)).message).toMatch(
          /^Unexpected environment (driver|lease status) value: /,
        );
      else expect(await call).toEqual(original);
    }
  });
});

/** What the original does with the argument. */
type Original = { gives: unknown } | { writes: true } | { rejects: string | RegExp };

const NO_VALUE: Original = { rejects: "UNDEFINED_VALUE" };
const NO_UUID: Original = { rejects: "22P02" };
const NO_OPERATOR: Original = { rejects: "42883" };
const NULL_COLUMN: Original = { rejects: "23502" };
const UNREADABLE: Original = { rejects: /^Cannot read properties of (null|undefined)/ };

const lookups: [string, string, (id: string) => Call, unknown][] = [
  ["getById", "id", (id) => (s) => s.getById(id), null],
  ["getLeaseById", "id", (id) => (s) => s.getLeaseById(id), null],
  ["update", "id", (id) => (s) => s.update(id, { name: "n" }), null],
  ["remove", "id", (id) => (s) => s.remove(id), null],
  ["releaseLease", "id", (id) => (s) => s.releaseLease(id), null],
  ["updateLeaseMetadata", "id", (id) => (s) => s.updateLeaseMetadata(id, { a: 1 }), null],
  ["list", "companyId", (id) => (s) => s.list(id), []],
  ["listLeases", "environmentId", (id) => (s) => s.listLeases(id), []],
  ["releaseLeasesForRun", "heartbeatRunId", (id) => (s) => s.releaseLeasesForRun(id), []],
];

const inserts: [string, string, (id: string) => Call][] = [
  ["create", "companyId", (id) => (s) => s.create(id, { name: "n", driver: "ssh" })],
  ["ensureLocalEnvironment", "companyId", (id) => (s) => s.ensureLocalEnvironment(id)],
];

const acquire =
  (fields: object): Call =>
  (s, r) =>
    s.acquireLease(invalid<AcquireInput>({ companyId: r.company, environmentId: r.environment, ...fields }));
const create =
  (fields: object): Call =>
  (s, r) =>
    s.create(r.company, invalid({ name: "n", driver: "ssh", ...fields }));
const update =
  (patch: unknown): Call =>
  (s, r) =>
    s.update(r.environment, invalid(patch));

/** A call with an argument of the wrong type, the name that the addon gives it, and what the original does. */
const wrongTypes: [string, string, Call, Original][] = [
  ...lookups.flatMap(([method, name, call, nothing]): [string, string, Call, Original][] => [
    [`${method}: undefined as ${name}`, name, call(invalid(undefined)), NO_VALUE],
    [`${method}: null as ${name}`, name, call(invalid(null)), { gives: nothing }],
    [`${method}: a number as ${name}`, name, call(invalid(5)), NO_UUID],
    [`${method}: a boolean as ${name}`, name, call(invalid(true)), NO_OPERATOR],
    [`${method}: an object as ${name}`, name, call(invalid({})), NO_UUID],
    [`${method}: an array of an id as ${name}`, name, call(invalid([unknownId()])), { gives: nothing }],
  ]),
  ...inserts.flatMap(([method, name, call]): [string, string, Call, Original][] => [
    [`${method}: undefined as ${name}`, name, call(invalid(undefined)), NULL_COLUMN],
    [`${method}: a number as ${name}`, name, call(invalid(5)), NO_UUID],
    [`${method}: an object as ${name}`, name, call(invalid({})), NO_UUID],
  ]),

  ["list: null as filters", "filters", (s, r) => s.list(r.company, invalid(null)), UNREADABLE],
  [
    "list: text as filters",
    "filters",
    (s, r) => s.list(r.company, invalid("active")),
    { gives: [expect.anything()] },
  ],
  [
    "list: a number as filters",
    "filters",
    (s, r) => s.list(r.company, invalid(5)),
    { gives: [expect.anything()] },
  ],
  [
    "listLeases: null as filters",
    "filters",
    (s, r) => s.listLeases(r.environment, invalid(null)),
    UNREADABLE,
  ],

  ["create: no input", "input", (s, r) => s.create(r.company, invalid(undefined)), UNREADABLE],
  ["create: null as input", "input", (s, r) => s.create(r.company, invalid(null)), UNREADABLE],
  ["create: text as input", "input", (s, r) => s.create(r.company, invalid("n")), NULL_COLUMN],
  ["create: a number as input", "input", (s, r) => s.create(r.company, invalid(5)), NULL_COLUMN],
  ["create: a number as the name", "input.name", create({ name: 5 }), { writes: true }],
  ["create: a boolean as the name", "input.name", create({ name: false }), { writes: true }],
  ["create: an object as the name", "input.name", create({ name: { a: 1 } }), { writes: true }],
  ["create: an array as the name", "input.name", create({ name: ["a", "b"] }), { writes: true }],
  ["create: a boxed text as the name", "input.name", create({ name: Object("boxed") }), { writes: true }],
  ["create: a symbol as the name", "input.name", create({ name: Symbol("s") }), { rejects: /symbol/i }],
  ["create: a number as the description", "input.description", create({ description: 5 }), { writes: true }],
  [
    "create: a number as the driver",
    "input.driver",
    create({ driver: 5 }),
    { rejects: "Unexpected environment driver value: 5" },
  ],
  [
    "create: false as the status",
    "input.status",
    create({ status: false }),
    { rejects: /^Unexpected environment status/ },
  ],
  ["create: a function as config", "input.config", create({ config: () => 1 }), NO_VALUE],
  ["create: a symbol as config", "input.config", create({ config: Symbol("s") }), NO_VALUE],
  [
    "create: config that toJSON makes undefined",
    "input.config",
    create({ config: { toJSON() {} } }),
    NO_VALUE,
  ],
  ["create: a function as metadata", "input.metadata", create({ metadata: () => 1 }), NO_VALUE],

  ["update: no patch", "patch", update(undefined), UNREADABLE],
  ["update: null as patch", "patch", update(null), UNREADABLE],
  ["update: text as patch", "patch", update("n"), { writes: true }],
  ["update: a number as the name", "patch.name", update({ name: 5 }), { writes: true }],
  [
    "update: an object as the description",
    "patch.description",
    update({ description: {} }),
    { writes: true },
  ],
  [
    "update: a number as the driver",
    "patch.driver",
    update({ driver: 5 }),
    { rejects: /^Unexpected environment driver/ },
  ],
  [
    "update: true as the status",
    "patch.status",
    update({ status: true }),
    { rejects: /^Unexpected environment status/ },
  ],
  ["update: a function as config", "patch.config", update({ config: () => 1 }), NO_VALUE],
  ["update: a function as metadata", "patch.metadata", update({ metadata: () => 1 }), NO_VALUE],

  ["acquireLease: no input", "input", (s) => s.acquireLease(invalid(undefined)), UNREADABLE],
  ["acquireLease: null as input", "input", (s) => s.acquireLease(invalid(null)), UNREADABLE],
  ["acquireLease: text as input", "input", (s) => s.acquireLease(invalid("x")), NULL_COLUMN],
  ["acquireLease: a number as companyId", "input.companyId", acquire({ companyId: 5 }), NO_UUID],
  ["acquireLease: a number as environmentId", "input.environmentId", acquire({ environmentId: 5 }), NO_UUID],
  [
    "acquireLease: false as executionWorkspaceId",
    "input.executionWorkspaceId",
    acquire({ executionWorkspaceId: false }),
    { rejects: "42804" },
  ],
  ["acquireLease: an object as issueId", "input.issueId", acquire({ issueId: {} }), NO_UUID],
  ["acquireLease: zero as heartbeatRunId", "input.heartbeatRunId", acquire({ heartbeatRunId: 0 }), NO_UUID],
  [
    "acquireLease: a number as leasePolicy",
    "input.leasePolicy",
    acquire({ leasePolicy: 5 }),
    { rejects: /^Unexpected environment lease policy/ },
  ],
  ["acquireLease: a number as provider", "input.provider", acquire({ provider: 5 }), { writes: true }],
  [
    "acquireLease: an object as providerLeaseId",
    "input.providerLeaseId",
    acquire({ providerLeaseId: {} }),
    { writes: true },
  ],
  [
    "acquireLease: text as expiresAt",
    "input.expiresAt",
    acquire({ expiresAt: "2030-01-01T00:00:00Z" }),
    { rejects: /toISOString/ },
  ],
  [
    "acquireLease: a number as expiresAt",
    "input.expiresAt",
    acquire({ expiresAt: 0 }),
    { rejects: /toISOString/ },
  ],
  [
    "acquireLease: an object as expiresAt",
    "input.expiresAt",
    acquire({ expiresAt: {} }),
    { rejects: /toISOString/ },
  ],
  ["acquireLease: a function as metadata", "input.metadata", acquire({ metadata: () => 1 }), NO_VALUE],

  [
    "releaseLease: a number as status",
    "status",
    (s, r) => s.releaseLease(r.lease, invalid(5)),
    { rejects: /^Unexpected environment lease status/ },
  ],
  [
    "releaseLease: an object as status",
    "status",
    (s, r) => s.releaseLease(r.lease, invalid({})),
    { rejects: /^Unexpected environment lease status/ },
  ],
  [
    "releaseLease: text as options",
    "options",
    (s, r) => s.releaseLease(r.lease, "failed", invalid("broken")),
    { writes: true },
  ],
  [
    "releaseLease: a number as options",
    "options",
    (s, r) => s.releaseLease(r.lease, "failed", invalid(5)),
    { writes: true },
  ],
  [
    "releaseLease: a number as the failure reason",
    "options.failureReason",
    (s, r) => s.releaseLease(r.lease, "failed", invalid({ failureReason: 5 })),
    { writes: true },
  ],
  [
    "releaseLease: an Error as the failure reason",
    "options.failureReason",
    (s, r) => s.releaseLease(r.lease, "failed", invalid({ failureReason: new Error("x") })),
    { writes: true },
  ],
  [
    "releaseLease: false as the cleanup status",
    "options.cleanupStatus",
    (s, r) => s.releaseLease(r.lease, "failed", invalid({ cleanupStatus: false })),
    { rejects: /^Unexpected environment lease cleanup status/ },
  ],
  [
    "releaseLeasesForRun: a number as status",
    "status",
    (s, r) => s.releaseLeasesForRun(r.run, invalid(5)),
    { rejects: /^Unexpected environment lease status/ },
  ],

  [
    "updateLeaseMetadata: a function as metadata",
    "metadata",
    (s, r) =>
      s.updateLeaseMetadata(
        r.lease,
        invalid(() => 1),
      ),
    NO_VALUE,
  ],
  [
    "updateLeaseMetadata: a symbol as metadata",
    "metadata",
    (s, r) => s.updateLeaseMetadata(r.lease, invalid(Symbol("s"))),
    NO_VALUE,
  ],
];

describe("an argument of the wrong type: a TypeError that names it, and nothing is written", () => {
  it.each(wrongTypes)("%s", async (_, name, call, original) => {
    const target = await rows();
    const before = await snapshot();
    if (isAddon) {
      const error = await rejection(call(service, target));
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(name);
      expect(await snapshot()).toEqual(before);
    } else {
      await expectOriginal(call(service, target), original, before);
    }
  });
});

async function expectOriginal(call: Promise<unknown>, original: Original, before: Snapshot) {
  if ("gives" in original) {
    expect(await call).toEqual(original.gives);
    expect(await snapshot()).toEqual(before);
  } else if ("writes" in original) {
    await call;
    expect(await snapshot()).not.toEqual(before);
  } else {
    const error = await rejection(call);
    const { rejects } = original;
    if (rejects instanceof RegExp) expect(error.message).toMatch(rejects);
    else expect([error["code"], error.message]).toContain(rejects);
  }
}

describe("a filter that is no text", () => {
  const values: [string, (value: string) => unknown, Original][] = [
    // Written as text, an array of one is that one.
    ["an array of one", (value) => [value], { gives: [expect.anything()] }],
    ["an array of an array of one", (value) => [[value]], { gives: [expect.anything()] }],
    ["a boxed text", (value) => Object(value), { gives: [expect.anything()] }],
    ["true", () => true, NO_OPERATOR],
    ["a bigint", () => 5n, NO_OPERATOR],
    ["a date", () => new Date(0), NO_OPERATOR],
    ["a symbol", (value) => Symbol(value), { rejects: /symbol/i }],
    [
      "an object without a prototype",
      () => Object.create(null) as object,
      { rejects: /^Cannot read properties of null/ },
    ],
  ];
  const calls: [string, string, (value: unknown) => Call][] = [
    ["list, status", "active", (status) => (s, r) => s.list(r.company, invalid({ status }))],
    ["list, driver", "ssh", (driver) => (s, r) => s.list(r.company, invalid({ driver }))],
    ["listLeases, status", "active", (status) => (s, r) => s.listLeases(r.environment, invalid({ status }))],
  ];
  const cases = calls.flatMap(([name, value, call]) =>
    values.map(([what, make, original]) => [name, what, call(make(value)), original] as const),
  );

  it.each(cases)(
    "%s: %s matches nothing with the addon, and what its text matches with the original",
    async (_, __, call, original) => {
      const [target, before] = [await rows(), await snapshot()];
      if (isAddon) expect(await call(service, target)).toEqual([]);
      else await expectOriginal(call(service, target), original, before);
    },
  );
});

describe("the factory", () => {
  it("opens no connection in 1,000 calls", async () => {
    const database = await openDatabase();
    try {
      // What it takes is in factory.test.ts.
      for (let n = 0; n < 1000; n++) createService(database.db);

      const [row] = await database.sql.unsafe(
        "select count(*)::text as count from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
      );
      expect(row).toEqual({ count: "0" });
    } finally {
      await database.close();
    }
  });
});

describe("JSON", () => {
  it("an object without a prototype is stored by the addon, and too much for the original", async () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 });
    const calls = [create({ config: bare }), update({ metadata: bare }), acquire({ metadata: bare })];
    for (const call of calls) {
      const target = await rows();
      if (isAddon) {
        expect(Object.values((await call(service, target)) as object)).toContainEqual({ a: 1 });
      } else {
        expect((await rejection(call(service, target))).message).toBe(
          "Cannot read properties of null (reading 'constructor')",
        );
      }
    }
  });
});

describe("updateLeaseMetadata", () => {
  it("takes one value of the clock with the addon, two with the original", async () => {
    const { lease } = await rows();
    const start = Date.parse("2031-05-06T07:08:09Z");
    let looks = 0;
    const tick = () => start + 1000 * looks++;
    vi.stubGlobal(
      "Date",
      class extends Date {
        constructor(...parts: unknown[]) {
          super(...((parts.length ? parts : [tick()]) as [number]));
        }
        static override now() {
          return tick();
        }
      },
    );
    const after = await service.updateLeaseMetadata(lease, { a: 1 });
    const apart = Number(after?.updatedAt) - Number(after?.lastUsedAt);
    expect(apart).toBe(isAddon ? 0 : 1000);
  });
});

describe("a database error", () => {
  async function theCallersOwnFunction() {
    return await service.getById("nope");
  }

  it("shows the caller's function in its stack with the addon, only the socket with the original", async () => {
    const { stack } = await rejection(theCallersOwnFunction());
    if (isAddon) expect(stack).toContain("theCallersOwnFunction");
    else expect(stack).not.toContain("theCallersOwnFunction");
  });

  it("names the type as data_type_name with the addon, and as 'data type_name' with the original", async () => {
    const database = await openDatabase();
    try {
      await database.sql.unsafe(`
        create function raise_type() returns trigger language plpgsql as $$
        begin raise exception 'no' using datatype = 'the type'; end $$;
        create trigger raise_type before insert on environments execute function raise_type();
      `);
      const company = await database.seed.company();
      const error = await rejection(createService(database.db).create(company, { name: "n", driver: "ssh" }));
      const [present, absent] = isAddon
        ? ["data_type_name", "data type_name"]
        : ["data type_name", "data_type_name"];
      expect(error[present]).toBe("the type");
      expect(error).not.toHaveProperty([absent]);
    } finally {
      await database.close();
    }
  });
});
