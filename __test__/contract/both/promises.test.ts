import { describe, expect, it } from "vitest";

import { methodNames } from "../../support/methods.js";
import type { EnvironmentService } from "../../support/provider.js";
import { startSuite, unknownId } from "../../support/suite.js";

const { service, seed, snapshot } = await startSuite();

type AnyCall = (...args: unknown[]) => Promise<unknown>;

const hostile = {
  get name(): string {
    throw new Error("read in vain");
  },
};

describe.each(methodNames)("%s", (name) => {
  const call: AnyCall = (...args) => (service[name] as AnyCall)(...args);

  it.each([
    ["no arguments", []],
    ["null", [null, null, null]],
    ["numbers", [1, 2, 3]],
    ["symbols", [Symbol("a"), Symbol("b")]],
    ["a malformed id", ["nope", {}]],
    ["objects that throw when read", [hostile, hostile, hostile]],
    ["a good id and nothing else", [unknownId()]],
  ])("never throws synchronously, but gives a promise, for %s", async (_, args) => {
    let promise: unknown;
    expect(() => {
      promise = call(...args);
    }).not.toThrow();
    expect(promise).toBeInstanceOf(Promise);
    // Whether it resolves is for other tests to say; here it must only settle.
    await expect(Promise.allSettled([promise])).resolves.toHaveLength(1);
  });
});

describe("a method detached from the service", () => {
  it("works, each of the twelve", async () => {
    const {
      list,
      getById,
      getLeaseById,
      ensureLocalEnvironment,
      create,
      update,
      remove,
      listLeases,
      acquireLease,
      releaseLease,
      updateLeaseMetadata,
      releaseLeasesForRun,
    }: EnvironmentService = service;

    const companyId = await seed.company();
    const heartbeatRunId = await seed.run(companyId);
    const local = await ensureLocalEnvironment(companyId);
    const { id } = await create(companyId, { name: "n", driver: "ssh" });
    expect(await update(id, { name: "m" })).toMatchObject({ id, name: "m" });
    expect(await getById(id)).toMatchObject({ id });
    expect(await list(companyId)).toHaveLength(2);
    const lease = await acquireLease({ companyId, environmentId: id, heartbeatRunId });
    expect(await getLeaseById(lease.id)).toMatchObject({ id: lease.id });
    expect(await listLeases(id)).toHaveLength(1);
    expect(await updateLeaseMetadata(lease.id, { a: 1 })).toMatchObject({ metadata: { a: 1 } });
    expect(await releaseLeasesForRun(heartbeatRunId)).toHaveLength(1);
    expect(await releaseLease(lease.id, "failed")).toMatchObject({ status: "failed" });
    expect(await remove(local.id)).toMatchObject({ id: local.id });
  });

  it("works with any this", async () => {
    const id = await seed.environment(await seed.company());
    for (const self of [undefined, null, {}, 5]) {
      expect(await Reflect.apply(service.getById, self, [id])).toMatchObject({ id });
    }
  });
});

describe("more arguments than a method has", () => {
  it("are ignored", async () => {
    const id = await seed.environment(await seed.company());
    const before = await snapshot();
    expect(await (service.getById as AnyCall)(id, { status: "archived" }, 5)).toMatchObject({ id });
    expect(await snapshot()).toEqual(before);
  });
});
