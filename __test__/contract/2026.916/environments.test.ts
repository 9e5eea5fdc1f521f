// Environments of the instance: list, create, update, the local one, and finding managed ones.

import { afterEach, describe, expect, it, vi } from "vitest";

import { rejection } from "../../support/errors.js";
import { server } from "../../support/provider.js";
import { invalid, startSuite, unknownId } from "../../support/suite.js";
import type { EnvironmentService } from "../../../2026.916.js";

const { service, seed, sql, snapshot } = await startSuite<EnvironmentService>();

const KEYS = [
  ...["id", "name", "description", "driver", "status", "config", "envVars", "metadata"],
  ...["createdAt", "updatedAt"],
];

let number = 0;
const anyName = () => `name ${(number += 1)}`;
const made = (columns: Record<string, unknown> = {}) =>
  service.create(invalid({ name: anyName(), driver: "ssh", ...columns }));

afterEach(async () => {
  vi.unstubAllEnvs();
  await sql.unsafe("delete from environments");
});

/** The call rejects as the server answers a conflict. */
async function expectConflict(call: Promise<unknown>, message: string): Promise<void> {
  const error = await rejection(call);
  expect(error).toBeInstanceOf(server?.HttpError);
  expect(error).toMatchObject({ status: 409, message });
  expect(error.cause).toBeUndefined();
}

describe("an environment", () => {
  it("has these keys and no other, with defaults", async () => {
    const environment = await service.create({ name: "one", driver: "ssh" });
    expect(Object.keys(environment)).toEqual(KEYS);
    expect(environment).toMatchObject({
      description: null,
      status: "active",
      config: {},
      envVars: {},
      metadata: null,
    });
    expect(environment.createdAt).toEqual(environment.updatedAt);
    expect(await service.getById(environment.id)).toEqual(environment);
  });

  it("is made with or without a company before the input", async () => {
    const { id } = await service.create(unknownId(), { name: "with", driver: "ssh", envVars: {} });
    expect(await service.getById(id)).toMatchObject({ name: "with" });
    for (const nothing of [undefined, null, 0, ""]) {
      const error = await rejection(service.create(unknownId(), invalid(nothing)));
      expect(error.message).toBe("Create environment input is required");
    }
  });

  it.each(["[1]", "5", '"text"', "null"])("reads variables that are %s as none", async (envVars) => {
    const id = await seed.environment("", { name: anyName(), env_vars: envVars });
    expect(await service.getById(id)).toMatchObject({ envVars: {} });
  });

  it("keeps its variables unless a patch has others, and loses them by null", async () => {
    const { id } = await made({ envVars: { A: "1" } });
    expect((await service.update(id, { name: anyName() }))?.envVars).toEqual({ A: "1" });
    expect((await service.update(id, { envVars: undefined }))?.envVars).toEqual({ A: "1" });
    expect(
      (await service.update(id, invalid({ envVars: { B: { type: "plain", value: "2" } } })))?.envVars,
    ).toEqual({
      B: { type: "plain", value: "2" },
    });
    expect((await service.update(id, invalid({ envVars: null })))?.envVars).toEqual({});
  });
});

describe("list", () => {
  it("gives all of the instance, the last changed first, whatever company is asked for", async () => {
    const first = await made();
    const second = await made({ driver: "plugin" });
    // In another millisecond: what ties is in any order.
    await new Promise((resolve) => setTimeout(resolve, 5));
    await service.update(first.id, { status: "archived" });
    const ids = async (...args: unknown[]) =>
      (await service.list(...(args as Parameters<EnvironmentService["list"]>))).map(({ id }) => id);
    const all = [first.id, second.id];
    expect(await ids()).toEqual(all);
    expect(await ids(undefined)).toEqual(all);
    expect(await ids(null)).toEqual(all);
    expect(await ids(unknownId())).toEqual(all);
    expect(await ids("no id", undefined)).toEqual(all);
    expect(await ids({ status: "archived" })).toEqual([first.id]);
    expect(await ids(unknownId(), { driver: "plugin" })).toEqual([second.id]);
    expect(await ids({ status: "active", driver: "ssh" })).toEqual([]);
    expect(await ids({ status: "", driver: undefined })).toEqual(all);
    // The filters are the first argument, so the second one is not looked at.
    expect(await ids({}, { driver: "plugin" })).toEqual(all);
  });
});

describe("a name that is taken", () => {
  it("is a conflict of the server's own class, at create and at update", async () => {
    const { id } = await made();
    await service.create({ name: "taken", driver: "ssh" });
    const before = await snapshot();
    const message = 'An environment named "taken" already exists for this instance.';
    await expectConflict(service.create({ name: "taken", driver: "plugin" }), message);
    await expectConflict(
      service.create(unknownId(), { name: "taken", driver: "plugin", envVars: {} }),
      message,
    );
    await expectConflict(service.update(id, { name: "taken" }), message);
    expect(await snapshot()).toEqual(before);
  });

  it("concerns the call alone that has it", async () => {
    await service.create({ name: "taken", driver: "ssh" });
    const calls = ["a", "taken", "b", "a", "c"].map((name) => service.create({ name, driver: "ssh" }));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...["fulfilled", "rejected", "fulfilled"],
      ...["rejected", "fulfilled"],
    ]);
    expect((await service.list()).map(({ name }) => name).sort()).toEqual(["a", "b", "c", "taken"]);
  });

  it("is one too where there is a local environment already", async () => {
    await made({ driver: "local" });
    const { id } = await made();
    const message = "A local environment already exists for this instance.";
    await expectConflict(made({ driver: "local" }), message);
    await expectConflict(service.update(id, { driver: "local" }), message);
  });

  it("is none for a second managed row: that is the database's own error", async () => {
    const metadata = { managedByPaperclip: true };
    await made({ driver: "sandbox", metadata });
    const error = await rejection(made({ driver: "sandbox", metadata }));
    expect(error).toMatchObject({
      name: "PostgresError",
      code: "23505",
      constraint_name: "environments_managed_sandbox_idx",
    });
  });
});

describe("metadata of a patch", () => {
  const TOKEN = "_paperclipManagedArchiveToken";

  it.each<[unknown, unknown]>([
    [{ a: 1, [TOKEN]: "t" }, { a: 1 }],
    [[1, 2], { 0: 1, 1: 2 }],
    ["ab", { 0: "a", 1: "b" }],
    [7, {}],
    [true, {}],
    [new Date(0), {}],
    [null, null],
    [0, null],
    ["", null],
    [false, null],
  ])("%j is stored as %j", async (given, stored) => {
    const { id } = await made({ metadata: { old: 1 } });
    expect((await service.update(id, invalid({ metadata: given })))?.metadata).toEqual(stored);
    expect(await service.getById(id)).toMatchObject({ metadata: stored });
  });

  it.each<[string | null, unknown]>([
    [`{"a": 1, "${TOKEN}": "t"}`, { a: 1 }],
    ["{}", {}],
    [null, null],
    ['[1, "x"]', { 0: 1, 1: "x" }],
    ["[]", {}],
    ['"ab"', { 0: "a", 1: "b" }],
    ["5", {}],
    ["true", {}],
    ["0", null],
    ['""', null],
    ["false", null],
    ["null", null],
  ])("that leaves it out: %s becomes %j with a status", async (stored, result) => {
    const id = await seed.environment("", { name: anyName(), metadata: stored });
    expect((await service.update(id, { status: "archived" }))?.metadata).toEqual(result);
  });

  it("is left alone where neither it nor a status is given", async () => {
    const id = await seed.environment("", { name: anyName(), metadata: `{"a": 1, "${TOKEN}": "t"}` });
    expect((await service.update(id, { description: "d" }))?.metadata).toEqual({ a: 1, [TOKEN]: "t" });
  });
});

describe("ensureLocalEnvironment", () => {
  const made1 = {
    name: "Local",
    description: "Default execution environment for Paperclip runs on this machine.",
    driver: "local",
    status: "active",
    config: {},
    envVars: {},
    metadata: { managedByPaperclip: true, defaultForInstance: true },
  };

  it("makes one, and gives the same to all, whatever company they name", async () => {
    const all = await Promise.all(
      [undefined, unknownId(), "no id", 5].map((id) => service.ensureLocalEnvironment(invalid(id))),
    );
    expect(all[0]).toMatchObject(made1);
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(await service.list()).toHaveLength(1);
  });

  it("gives one that is there untouched, also an archived one", async () => {
    const id = await seed.environment("", { name: "Mine", driver: "local", status: "archived" });
    const before = await snapshot();
    expect(await service.ensureLocalEnvironment()).toMatchObject({ id, name: "Mine", status: "archived" });
    expect(await snapshot()).toEqual(before);
  });

  it("fails where another driver's environment is called Local", async () => {
    await seed.environment("", { name: "Local", driver: "ssh" });
    expect((await rejection(service.ensureLocalEnvironment())).message).toBe(
      "Failed to ensure local environment",
    );
  });

  it.each<[string, string, boolean]>([
    ["PAPERCLIP_CLOUD_TENANT_SERVER_TOKEN", "token", true],
    ["PAPERCLIP_CLOUD_TENANT_SERVER_TOKEN", " ", false],
    ["PAPERCLIP_MANAGED_CONFIG", "", true],
    ["PAPERCLIP_MANAGED_CONFIG", "{}", true],
  ])("in the cloud (%s=%j) takes over one that is there: %j", async (name, value, adopts) => {
    const id = await seed.environment("", { name: "Mine", driver: "local", metadata: '{"a": 1}' });
    vi.stubEnv(name, value);
    const local = await service.ensureLocalEnvironment();
    expect(local).toMatchObject({ id, name: "Mine" });
    expect(local.metadata).toEqual(adopts ? { a: 1, managedByPaperclip: true } : { a: 1 });
    const before = await snapshot();
    expect(await service.ensureLocalEnvironment()).toEqual(local);
    expect(await snapshot()).toEqual(before);
  });

  it.each([null, "[7]", '"ab"', "5"])("takes over metadata that is %s", async (metadata) => {
    await seed.environment("", { name: "Mine", driver: "local", metadata });
    vi.stubEnv("PAPERCLIP_MANAGED_CONFIG", "");
    const others = { "[7]": { 0: 7 }, '"ab"': { 0: "a", 1: "b" } }[metadata ?? ""] ?? {};
    expect((await service.ensureLocalEnvironment()).metadata).toEqual({
      ...others,
      managedByPaperclip: true,
    });
  });
});
