// `create` and `update` in the caller's transaction: Paperclip's routes save other rows together with an environment, or
// nothing.

import { beforeEach, describe, expect, it } from "vitest";

import type {
  CreateEnvironment,
  Environment,
  EnvironmentService,
  UpdateEnvironment,
} from "../../../2026.916.js";
import { openDatabase, type Db } from "../../support/database.js";
import { expectDatabaseError, rejection } from "../../support/errors.js";
import { isAddon, server } from "../../support/provider.js";
import { invalid, startSuite, unknownId } from "../../support/suite.js";

const { service, seed, sql, db, snapshot } = await startSuite<EnvironmentService>();

const { HttpError } = server as unknown as { HttpError: new () => Error };

const TOKEN = "_paperclipManagedArchiveToken";

const PAST = "2001-01-01T00:00:00.000Z";

type Transaction = Parameters<Parameters<Db["transaction"]>[0]>[0];

beforeEach(async () => {
  await sql.unsafe("delete from environments");
});

/** What the work comes to in a transaction that is rolled back. */
async function undone<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
  const outcome: { value?: T } = {};
  const undo = new Error("undone");
  const transaction = db.transaction(async (tx) => {
    outcome.value = await work(tx);
    throw undo;
  });
  expect(await rejection(transaction)).toBe(undo);
  return outcome.value as T;
}

/** What is stored of an environment, documents as text. */
async function stored(id: string) {
  const [row] = await sql<Record<string, string | null>[]>`select * from environments where id = ${id}`;
  return row;
}

async function expectConflict(call: Promise<unknown>, message: string): Promise<void> {
  const error = await rejection(call);
  expect(error).toBeInstanceOf(HttpError);
  expect(Object.getPrototypeOf(error)).toBe(HttpError.prototype);
  expect(error).toMatchObject({ name: "Error", message, status: 409, details: undefined });
  expect(error).not.toHaveProperty("cause");
}

describe("create in a transaction", () => {
  it("makes an environment that is there after the commit", async () => {
    const made = await db.transaction((tx) =>
      service.create({ name: "Box", driver: "ssh" }, undefined, { db: tx }),
    );
    expect(await service.list()).toEqual([made]);
  });

  it("leaves nothing after a rollback", async () => {
    const made = await undone((tx) => service.create({ name: "Box", driver: "ssh" }, undefined, { db: tx }));
    expect(made).toMatchObject({ name: "Box" });
    expect(await service.list()).toEqual([]);
  });

  it("is seen by the transaction, and by nobody else before the commit", async () => {
    await db.transaction(async (tx) => {
      const { id } = await service.create({ name: "Box", driver: "ssh" }, undefined, { db: tx });
      expect(await tx.execute(`select name from environments where id = '${id}'`)).toMatchObject([
        { name: "Box" },
      ]);
      expect(await service.getById(id)).toBeNull();
      expect(await service.update(id, { name: "Other" })).toBeNull();
      expect(await sql`select id from environments`).toEqual([]);
    });
    expect(await service.list()).toHaveLength(1);
  });

  it("takes a company before the input, and rejects one without an input", async () => {
    const made = await db.transaction((tx) =>
      service.create(unknownId(), { name: "Box", driver: "ssh" }, { db: tx }),
    );
    expect(await service.list()).toEqual([made]);
    const error = await rejection(db.transaction((tx) => service.create(unknownId(), undefined, { db: tx })));
    expect(error.message).toBe("Create environment input is required");
  });
});

describe("update in a transaction", () => {
  it("changes an environment for good by the commit", async () => {
    const id = await seed.environment("", { name: "Box" });
    const changed = await db.transaction((tx) => service.update(id, { name: "New" }, { db: tx }));
    expect(changed).toMatchObject({ id, name: "New" });
    expect(await service.getById(id)).toEqual(changed);
  });

  it("changes nothing after a rollback", async () => {
    const id = await seed.environment("", { name: "Box", metadata: `{"${TOKEN}": "t"}` });
    const before = await snapshot();
    const changed = await undone((tx) => service.update(id, { status: "archived" }, { db: tx }));
    expect(changed).toMatchObject({ status: "archived" });
    expect(await snapshot()).toEqual(before);
  });

  it("sees what the transaction has written, and is not seen before the commit", async () => {
    await db.transaction(async (tx) => {
      const { id } = await service.create({ name: "Box", driver: "ssh" }, undefined, { db: tx });
      await tx.execute(`update environments set metadata = '{"a": 1, "${TOKEN}": "t"}' where id = '${id}'`);
      expect(await service.update(id, { status: "archived" }, { db: tx })).toMatchObject({
        ...{ id, name: "Box", status: "archived" },
        metadata: { a: 1 },
      });
      expect(await service.update(id, { name: "New" }, { db: tx })).toMatchObject({
        ...{ name: "New", status: "archived" },
      });
      expect(await service.list()).toEqual([]);
    });
    expect(await service.list()).toMatchObject([{ name: "New", status: "archived", metadata: { a: 1 } }]);
  });

  it("gives null for an unknown id, and the transaction goes on", async () => {
    await db.transaction(async (tx) => {
      expect(await service.update(unknownId(), { name: "New" }, { db: tx })).toBeNull();
      expect(await service.update(unknownId(), { status: "archived" }, { db: tx })).toBeNull();
      expect(await service.update(unknownId(), {}, { db: tx })).toBeNull();
      await service.create({ name: "Box", driver: "ssh" }, undefined, { db: tx });
    });
    expect(await service.list()).toHaveLength(1);
  });

  it("gives null for an environment that the transaction has deleted", async () => {
    const id = await seed.environment("");
    await undone(async (tx) => {
      await tx.execute(`delete from environments where id = '${id}'`);
      expect(await service.update(id, { name: "New" }, { db: tx })).toBeNull();
    });
    expect(await service.getById(id)).not.toBeNull();
  });

  it("is undone with a second write of the same transaction that fails", async () => {
    const id = await seed.environment("", { name: "Box" });
    const before = await snapshot();
    const work = db.transaction(async (tx) => {
      await service.update(id, { name: "New" }, { db: tx });
      await tx.execute("insert into companies (name) values (null)");
    });
    await expectDatabaseError(work, "23502");
    expect(await snapshot()).toEqual(before);
  });
});

type Way = (call: (options: { db?: Transaction }) => Promise<unknown>) => Promise<unknown>;

const ways: [string, Way][] = [
  ["outside of transactions", (call) => call({})],
  ["in a transaction", (call) => db.transaction((tx) => call({ db: tx }))],
  [
    "in a nested transaction",
    (call) => db.transaction((tx) => tx.transaction((inner) => call({ db: inner }))),
  ],
];

describe.each(ways)("a conflict %s", (_, within) => {
  it("is the server's own error for a name that is taken, of create", async () => {
    await seed.environment("", { name: 'My "box"' });
    const before = await snapshot();
    const message = 'An environment named "My "box"" already exists for this instance.';
    const input: CreateEnvironment = { name: 'My "box"', driver: "ssh" };
    await expectConflict(
      within((options) => service.create(input, undefined, options)),
      message,
    );
    await expectConflict(
      within((options) => service.create(unknownId(), input, options)),
      message,
    );
    expect(await snapshot()).toEqual(before);
  });

  it("is the server's own error for a name that is taken, of update", async () => {
    await seed.environment("", { name: "Box" });
    const id = await seed.environment("", { name: "Other" });
    const before = await snapshot();
    await expectConflict(
      within((options) => service.update(id, { name: "Box" }, options)),
      'An environment named "Box" already exists for this instance.',
    );
    expect(await snapshot()).toEqual(before);
  });

  it("is the server's own error for a second local environment", async () => {
    await service.ensureLocalEnvironment();
    const id = await seed.environment("", { name: "Other" });
    const before = await snapshot();
    const message = "A local environment already exists for this instance.";
    await expectConflict(
      within((options) => service.create({ name: "Second", driver: "local" }, undefined, options)),
      message,
    );
    await expectConflict(
      within((options) => service.update(id, { driver: "local" }, options)),
      message,
    );
    expect(await snapshot()).toEqual(before);
  });

  it("is none for a second managed sandbox environment: that is the database's error", async () => {
    const metadata = { managedByPaperclip: true };
    await service.create({ name: "First", driver: "sandbox", metadata });
    const id = await seed.environment("", { name: "Other", driver: "sandbox" });
    const fields = { constraint_name: "environments_managed_sandbox_idx" };
    const create = within((options) =>
      service.create({ name: "Second", driver: "sandbox", metadata }, undefined, options),
    );
    await expectDatabaseError(create, "23505", fields);
    await expectDatabaseError(
      within((options) => service.update(id, { metadata }, options)),
      "23505",
      fields,
    );
  });
});

describe("a transaction in which a call has failed", () => {
  it("cannot be committed, even if the conflict is caught", async () => {
    await seed.environment("", { name: "Box" });
    const before = await snapshot();
    const work = db.transaction(async (tx) => {
      await service.create({ name: "Other", driver: "ssh" }, undefined, { db: tx });
      await expectConflict(
        service.create({ name: "Box", driver: "ssh" }, undefined, { db: tx }),
        'An environment named "Box" already exists for this instance.',
      );
    });
    await expectDatabaseError(work, "23505", { constraint_name: "environments_name_idx" });
    expect(await snapshot()).toEqual(before);
  });

  it("refuses what comes after it", async () => {
    await seed.environment("", { name: "Box" });
    await rejection(
      db.transaction(async (tx) => {
        await rejection(service.create({ name: "Box", driver: "ssh" }, undefined, { db: tx }));
        await expectDatabaseError(service.update(unknownId(), { name: "New" }, { db: tx }), "25P02");
      }),
    );
  });

  it("goes on where it was in a nested one", async () => {
    await seed.environment("", { name: "Box" });
    await db.transaction(async (tx) => {
      await service.create({ name: "First", driver: "ssh" }, undefined, { db: tx });
      await expectConflict(
        tx.transaction(async (inner) => {
          await service.create({ name: "Lost", driver: "ssh" }, undefined, { db: inner });
          return service.create({ name: "Box", driver: "ssh" }, undefined, { db: inner });
        }),
        'An environment named "Box" already exists for this instance.',
      );
      await service.create({ name: "Second", driver: "ssh" }, undefined, { db: tx });
    });
    expect((await service.list()).map(({ name }) => name).sort()).toEqual(["Box", "First", "Second"]);
  });
});

describe("nested transactions", () => {
  it("are kept with the outer one, or undone with it", async () => {
    const nested = (tx: Transaction, name: string) =>
      tx.transaction((inner) => service.create({ name, driver: "ssh" }, undefined, { db: inner }));
    const kept = await db.transaction((tx) => nested(tx, "Kept"));
    await undone((tx) => nested(tx, "Undone"));
    expect(await service.list()).toEqual([kept]);
  });

  it("are undone alone", async () => {
    const undo = new Error("undone");
    await db.transaction(async (tx) => {
      const { id } = await service.create({ name: "Box", driver: "ssh" }, undefined, { db: tx });
      const inner = tx.transaction(async (nested) => {
        expect(await service.update(id, { name: "New" }, { db: nested })).toMatchObject({ name: "New" });
        throw undo;
      });
      expect(await rejection(inner)).toBe(undo);
    });
    expect(await service.list()).toMatchObject([{ name: "Box" }]);
  });
});

describe("a database that is no transaction", () => {
  it("commits at once if it is the service's own", async () => {
    const made = await service.create({ name: "Box", driver: "ssh" }, undefined, { db });
    expect(await service.list()).toEqual([made]);
    const changed = await service.update(made.id, { name: "New" }, { db });
    expect(changed).toEqual({ ...made, name: "New", updatedAt: expect.any(Date) });
    expect(await service.list()).toEqual([changed]);
  });

  it("is not part of a transaction that is open besides", async () => {
    const made = await undone(() => service.create({ name: "Box", driver: "ssh" }, undefined, { db }));
    expect(await service.list()).toEqual([made]);
  });

  it("is written to if it is another one", async () => {
    const other = await openDatabase();
    try {
      const made = await service.create({ name: "Box", driver: "ssh" }, undefined, { db: other.db });
      await service.update(made.id, { description: "There" }, { db: other.db });
      expect(await other.sql`select id, name, description from environments where driver = 'ssh'`).toEqual([
        { id: made.id, name: "Box", description: "There" },
      ]);
      expect(await service.list()).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it.each([undefined, null])("is the service's own if it is %s", async (none) => {
    const made = await service.create({ name: "Box", driver: "ssh" }, undefined, { db: invalid(none) });
    await service.update(made.id, { name: "New" }, { db: invalid(none) });
    expect(await service.list()).toMatchObject([{ id: made.id, name: "New" }]);
  });
});

/** Without what no two environments have in common. */
function form(environment: Environment | null) {
  if (environment === null) return null;
  expect(environment.createdAt).toBeInstanceOf(Date);
  expect(environment.updatedAt).toBeInstanceOf(Date);
  expect(Object.getPrototypeOf(environment)).toBe(Object.prototype);
  const cells = Object.entries(environment).map(([key, value]) => {
    if (key === "id") return [key, typeof value];
    return [key, value instanceof Date ? "a date" : value];
  });
  // As text, so that the order of the keys counts as well.
  return JSON.stringify(Object.fromEntries(cells), null, 1);
}

const sameForm = (row: Record<string, string | null> | undefined) => ({
  ...row,
  id: null,
  created_at: null,
  updated_at: null,
});

describe("what create gives and stores in a transaction is what it does elsewhere", () => {
  const inputs: [string, CreateEnvironment][] = [
    ["the least", { name: "Box", driver: "ssh" }],
    [
      "everything",
      {
        name: "Böx\n\u{1F4E6}",
        description: 'It is "ours" \\ theirs',
        driver: "plugin",
        status: "archived",
        config: { b: 1, a: [1, { c: null }], text: "it's" },
        envVars: { LANG: "C", KEY: { type: "secret_ref", secretId: "s", version: "latest" } },
        metadata: { [TOKEN]: "stays", at: "2026-01-01T00:00:00.000Z" },
      },
    ],
    [
      "null for what has a default",
      invalid({
        ...{ name: "Box", driver: "ssh" },
        ...{ description: null, status: null, config: null, envVars: null, metadata: null },
      }),
    ],
    [
      "nothing in the documents",
      { name: "", driver: "ssh", config: {}, envVars: {}, metadata: {}, description: "" },
    ],
    ...[[1, "a"], "text", '{"a": 1}', 5, 0, false, true, new Date(0)].map(
      (document): [string, CreateEnvironment] => [
        `the documents ${JSON.stringify(document)}`,
        invalid({ name: "Box", driver: "ssh", config: document, envVars: document, metadata: document }),
      ],
    ),
  ];

  it.each(inputs)("for %s", async (_, input) => {
    const elsewhere = await service.create(input);
    const row = await stored(elsewhere.id);
    await service.remove(elsewhere.id);
    const made = await db.transaction((tx) => service.create(input, undefined, { db: tx }));
    expect(form(made)).toBe(form(elsewhere));
    expect(sameForm(await stored(made.id))).toEqual(sameForm(row));
    expect(made.updatedAt).toEqual(made.createdAt);
    expect(await service.getById(made.id)).toEqual(made);
  });
});

describe("what update gives and stores in a transaction is what it does elsewhere", () => {
  const old = { a: 1, [TOKEN]: "t" };
  const patches: [string, unknown, UpdateEnvironment, metadata: unknown][] = [
    ["nothing", old, {}, old],
    [
      "everything but the metadata",
      old,
      {
        ...{ name: "New \u{1F4E6}", description: "d", driver: "plugin", status: "archived" },
        ...{ config: { b: [1], a: null }, envVars: { A: "1" } },
      },
      { a: 1 },
    ],
    ["null where it is allowed", old, invalid({ description: null, envVars: null, metadata: null }), null],
    [
      "undefined everywhere",
      old,
      { name: undefined, description: undefined, config: undefined, envVars: undefined, metadata: undefined },
      old,
    ],
    ["metadata", old, { metadata: { b: { c: [1] } } }, { b: { c: [1] } }],
    ["metadata with the token", old, { metadata: { ...old, b: 2 } }, { a: 1, b: 2 }],
    ["a status", old, { status: "active" }, { a: 1 }],
    ["a status, with no metadata stored", null, { status: "archived" }, null],
    ["a status, with empty metadata stored", {}, { status: "archived" }, {}],
    ["a status and metadata", old, { status: "archived", metadata: { b: 1 } }, { b: 1 }],
    ["a name alone", old, { name: "New" }, old],
    ["a list as metadata", old, invalid({ metadata: [1, "b"] }), { 0: 1, 1: "b" }],
    ["text as metadata", old, invalid({ metadata: "ab" }), { 0: "a", 1: "b" }],
    ["a number as metadata", old, invalid({ metadata: 5 }), {}],
    ["true as metadata", old, invalid({ metadata: true }), {}],
    ["a date as metadata", old, invalid({ metadata: new Date(0) }), {}],
    ...[false, 0, ""].map((falsy): [string, unknown, UpdateEnvironment, unknown] => [
      `${JSON.stringify(falsy)} as metadata`,
      old,
      invalid({ metadata: falsy }),
      null,
    ]),
    ...[[1], "text", 0, false].map((document): [string, unknown, UpdateEnvironment, unknown] => [
      `${JSON.stringify(document)} as the other documents`,
      old,
      invalid({ config: document, envVars: document }),
      old,
    ]),
  ];

  it.each(patches)("for %s", async (_, before, patch, metadata) => {
    const columns = {
      ...{ name: "Box", description: "old", config: '{"old": true}', env_vars: '{"OLD": "1"}' },
      ...{ metadata: before === null ? null : JSON.stringify(before), updated_at: PAST },
    };
    const first = await seed.environment("", columns);
    const elsewhere = await service.update(first, patch);
    const row = await stored(first);
    await service.remove(first);

    const id = await seed.environment("", columns);
    const changed = await db.transaction((tx) => service.update(id, patch, { db: tx }));
    expect(form(changed)).toBe(form(elsewhere));
    expect(changed?.metadata).toEqual(metadata);
    expect(changed?.updatedAt).not.toEqual(new Date(PAST));
    expect(sameForm(await stored(id))).toEqual(sameForm(row));
    expect(await service.getById(id)).toEqual(changed);
  });

  it("reads stored documents as elsewhere, whatever they are", async () => {
    const documents = ["[1]", "5", '"text"', '"{\\"a\\": 1}"', "null", "true"];
    for (const document of documents) {
      const id = await seed.environment("", { config: document, env_vars: document, metadata: document });
      const changed = await db.transaction((tx) => service.update(id, { description: "d" }, { db: tx }));
      expect(await service.getById(id)).toEqual(changed);
    }
  });

  it("is of the time of the call, cut to milliseconds", async () => {
    const id = await seed.environment("");
    const from = Date.now();
    const changed = await db.transaction((tx) => service.update(id, {}, { db: tx }));
    expect(changed!.updatedAt.getTime()).toBeGreaterThanOrEqual(from);
    expect(changed!.updatedAt.getTime()).toBeLessThanOrEqual(Date.now());
    expect((await stored(id))?.["updated_at"]).toMatch(/:\d\d(\.\d{1,3})?[+-]\d\d[\d:]*$/);
  });
});

describe("a word outside its set", () => {
  const words: [string, "driver" | "status"][] = [
    ["Unexpected environment driver value: rocket", "driver"],
    ["Unexpected environment status value: rocket", "status"],
  ];

  it.each(words)("rejects with: %s", async (message, key) => {
    const id = await seed.environment("", { name: "Box" });
    await undone(async (tx) => {
      const input = { name: "New", driver: "ssh", [key]: "rocket" };
      const create = service.create(invalid(input), undefined, { db: tx });
      expect((await rejection(create)).message).toBe(message);
      const update = service.update(id, invalid({ [key]: "rocket" }), { db: tx });
      expect((await rejection(update)).message).toBe(message);
      const rows = await tx.execute(`select name from environments where ${key} = 'rocket' order by name`);
      // The original writes the row, and then cannot read it.
      const names = [...(rows as Iterable<{ name: string }>)].map(({ name }) => name);
      expect(names).toEqual(isAddon ? [] : ["Box", "New"]);
    });
  });

  it("leaves the transaction as it was, to be committed", async () => {
    const id = await seed.environment("", { name: "Box" });
    await db.transaction(async (tx) => {
      await rejection(service.update(id, invalid({ name: "New", driver: "rocket" }), { db: tx }));
    });
    expect(await stored(id)).toMatchObject(
      isAddon ? { name: "Box", driver: "ssh" } : { name: "New", driver: "rocket" },
    );
  });

  it("gives null in the original for an environment that is not there; the addon rejects", async () => {
    const update = () =>
      db.transaction((tx) => service.update(unknownId(), invalid({ driver: "rocket" }), { db: tx }));
    if (isAddon) expect((await rejection(update())).message).toMatch(/^Unexpected environment driver/);
    else expect(await update()).toBeNull();
  });
});

describe("an error of the database", () => {
  const failure = (call: Promise<unknown>) =>
    call.then(
      () => expect.fail("it was to reject"),
      (error: unknown) => error as Error & Record<string, unknown>,
    );

  it.each<[string, (tx: Transaction) => Promise<unknown>, string, object]>([
    [
      "a name that is null",
      (tx) => service.create(invalid({ name: null, driver: "ssh" }), undefined, { db: tx }),
      "23502",
      { column_name: "name", table_name: "environments" },
    ],
    ["an id that is none", (tx) => service.update("none", { name: "n" }, { db: tx }), "22P02", {}],
    [
      "a mark that is no boolean",
      (tx) =>
        service.create(
          { name: "n", driver: "sandbox", metadata: { managedByPaperclip: "maybe" } },
          undefined,
          { db: tx },
        ),
      "22P02",
      {},
    ],
  ])("is told as such for %s, where the original tells the statement", async (_, call, code, fields) => {
    let thrown: (Error & Record<string, unknown>) | undefined;
    await rejection(
      db.transaction(async (tx) => {
        thrown = await failure(call(tx));
        throw thrown;
      }),
    );
    if (isAddon) {
      expect(thrown).toMatchObject({ name: "PostgresError", code, severity: "ERROR", ...fields });
      expect(thrown?.message).not.toMatch(/Failed query|params|insert into/);
      expect(thrown).not.toHaveProperty("query");
      expect(thrown?.stack).toContain("transactions.test.ts");
    } else {
      expect(thrown?.message).toMatch(/^Failed query: /);
      expect(thrown?.cause).toMatchObject({ name: "PostgresError", code, severity: "ERROR", ...fields });
    }
    expect(await service.list()).toEqual([]);
  });
});

if (isAddon)
  describe("db that is no database", () => {
    it.each([
      ["an object", {}],
      ["text", "postgres://localhost"],
      ["a number", 1],
      ["false", false],
      ["a client of the driver", db.$client],
      ["an object that executes but makes no transactions", { execute: () => Promise.resolve([]) }],
    ])("is refused by name, and nothing is written: %s", async (_, value) => {
      const id = await seed.environment("");
      const before = await snapshot();
      const options = { db: invalid<Db>(value) };
      for (const call of [
        () => service.create({ name: "Box", driver: "ssh" }, undefined, options),
        () => service.update(id, { name: "New" }, options),
      ]) {
        const error = await rejection(call());
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toMatch(/^options\.db /);
      }
      expect(await snapshot()).toEqual(before);
    });
  });
