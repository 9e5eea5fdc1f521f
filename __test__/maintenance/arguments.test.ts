// A wrong argument is reported by name, before anything is sent.

import { afterEach, describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { invalid } from "../support/suite.js";
import { leaseMaintenance, type LeaseMaintenance } from "./support/library.js";
import { DAY, startStand } from "./support/stand.js";

const stand = await startStand();
const own = stand.open();
const ID = "00000000-0000-4000-8000-000000000000";

type Method = "find" | "summarize" | "reap" | "compareWithProvider" | "prune" | "diagnose";
type Call = (...given: unknown[]) => Promise<unknown>;
const methodOf = (maintenance: LeaseMaintenance, name: Method) => maintenance[name] as unknown as Call;

/** Arguments that are good, to which a wrong one is added. */
const GOOD: Record<Exclude<Method, "diagnose">, Record<string, unknown>> = {
  find: {},
  summarize: {},
  reap: {},
  compareWithProvider: { provider: "p", sandboxes: [] },
  prune: { olderThan: 30 * DAY },
};

const NO_TEXT = [5, true, null, {}, ["a"], Symbol("s")];
const NO_NUMBER = ["5", true, null, {}, [5], 5n, new Date()];
const NO_FLAG = ["true", 1, 0, null, {}];
const NO_DATE = ["2026-01-01", 1_767_225_600_000, null, {}];
const NO_ARRAY = ["a", 5, null, {}, new Set(["run_finished"])];
const NO_HOOK = ["release", 5, null, {}, Promise.resolve()];

type Wrong = [argument: string, wrong: unknown[]];
/** Of the wrong type. */
const TYPES: Record<Exclude<Method, "diagnose">, Wrong[]> = {
  find: [
    ...["companyId", "environmentId", "provider", "heartbeatRunId", "executionWorkspaceId"].map(
      (name): Wrong => [name, NO_TEXT],
    ),
    ...["providerLeaseId", "cleanupStatus", "after"].map((name): Wrong => [name, NO_TEXT]),
    ["status", [5, true, null, {}, [5], ["active", null], [["active"]]]],
    ["usedBefore", NO_DATE],
    ["limit", NO_NUMBER],
  ],
  summarize: [
    ["companyId", NO_TEXT],
    ["history", NO_FLAG],
  ],
  reap: [
    ["dryRun", NO_FLAG],
    ["companyId", NO_TEXT],
    ["environmentId", NO_TEXT],
    ["reasons", [...NO_ARRAY, [5], ["run_finished", null], new Array(1)]],
    ...["grace", "olderThan", "concurrency", "limit"].map((name): Wrong => [name, NO_NUMBER]),
    ["release", NO_HOOK],
  ],
  compareWithProvider: [
    ["provider", [...NO_TEXT, undefined]],
    ["sandboxes", [...NO_ARRAY, undefined, ["box"], [null], [5], [{}], [{ id: 5 }], [{ id: null }]]],
    ["sandboxes", [[{ id: "a" }, { id: "b", startedAt: "2026-01-01" }], [{ id: "a", startedAt: 5 }]]],
    ["complete", NO_FLAG],
    ["grace", NO_NUMBER],
  ],
  prune: [
    ["olderThan", [...NO_NUMBER, undefined]],
    ["companyId", NO_TEXT],
    ...["keepPerEnvironment", "batch", "limit"].map((name): Wrong => [name, NO_NUMBER]),
    ["dryRun", NO_FLAG],
  ],
};

const ALWAYS_WRONG = [NaN, Infinity, -Infinity, -1];
const PARTS = [1.5];
/** Of the right type, and out of range. */
const RANGES: Record<Exclude<Method, "diagnose">, Wrong[]> = {
  find: [
    ["limit", [...ALWAYS_WRONG, ...PARTS, 0, 1001]],
    ["usedBefore", [new Date(NaN), new Date(8.64e15), new Date(-8.64e15), new Date("0000-12-31T00:00:00Z")]],
  ],
  summarize: [],
  reap: [
    ["grace", [...ALWAYS_WRONG, 0, 59_999, 1e300]],
    ["olderThan", [...ALWAYS_WRONG, 1e300]],
    ["concurrency", [...ALWAYS_WRONG, ...PARTS, 0, 101]],
    ["limit", [...ALWAYS_WRONG, ...PARTS, 0, 1001]],
    ["reasons", [["finished"], ["run_finished", ""], ["RUN_FINISHED"], ["toString"]]],
  ],
  compareWithProvider: [
    ["grace", ALWAYS_WRONG],
    ["sandboxes", [[{ id: "a", startedAt: new Date(NaN) }]]],
  ],
  prune: [
    ["olderThan", [...ALWAYS_WRONG, 0, 7 * DAY - 1, 1e300]],
    ["keepPerEnvironment", [...ALWAYS_WRONG, ...PARTS]],
    ["batch", [...ALWAYS_WRONG, ...PARTS, 0, 10_001]],
    ["limit", [...ALWAYS_WRONG, ...PARTS, 0]],
  ],
};

/** At the ends of what is allowed. */
const ALLOWED: Record<Exclude<Method, "diagnose">, Record<string, unknown>[]> = {
  find: [
    { usedBefore: new Date("0001-01-01T00:00:00Z") },
    { usedBefore: new Date("9999-12-31T23:59:59.999Z") },
    { limit: 1 },
    { limit: 1000 },
    { status: "nothing known" },
    { provider: "" },
  ],
  summarize: [{ history: false }, { companyId: ID }],
  reap: [
    { companyId: ID, grace: 60_000, concurrency: 1, limit: 1 },
    { companyId: ID, grace: 365 * DAY, concurrency: 100, limit: 1000, olderThan: 1.5 },
    { companyId: ID, reasons: ["retained"], olderThan: 0 },
  ],
  compareWithProvider: [{ provider: "", sandboxes: [{ id: "" }], grace: 0 }],
  prune: [
    { olderThan: 7 * DAY, keepPerEnvironment: 0, batch: 1, limit: 1, dryRun: true },
    { olderThan: 10_000 * DAY, batch: 10_000, dryRun: true },
  ],
};

const METHODS = Object.keys(GOOD) as Exclude<Method, "diagnose">[];

const shown = (value: unknown) =>
  typeof value === "symbol" || typeof value === "bigint" ? String(value) : JSON.stringify(value);

const sent = () => own.stats().batches.sent;

describe.each(METHODS)("%s", (method) => {
  const call = methodOf(own, method);

  it.each(
    TYPES[method].flatMap(([name, values]) => values.map((value) => ({ name, value, text: shown(value) }))),
  )("rejects with a TypeError, if $name is $text", async ({ name, value }) => {
    const before = sent();
    const error = await rejection(call({ ...GOOD[method], [name]: value }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(name);
    expect(sent()).toBe(before);
  });

  if (RANGES[method].length > 0) {
    it.each(RANGES[method].flatMap(([name, values]) => values.map((value) => ({ name, value }))))(
      "rejects with a RangeError, if $name is $value",
      async ({ name, value }) => {
        const before = sent();
        const error = await rejection(call({ ...GOOD[method], [name]: value }));
        expect(error).toBeInstanceOf(RangeError);
        expect(error.message).toContain(name);
        expect(sent()).toBe(before);
      },
    );
  }

  it.each(ALLOWED[method])("resolves with %o", async (given) => {
    await expect(call(given)).resolves.toBeTypeOf("object");
  });

  it("rejects with a TypeError, if it is given no object", async () => {
    for (const given of [null, 5, "text", [], () => {}]) {
      expect(await rejection(call(given))).toBeInstanceOf(TypeError);
    }
  });

  it("rejects what is misspelt, which would otherwise be without effect", async () => {
    const error = await rejection(call({ ...GOOD[method], dryrun: true }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain("dryrun");
  });

  it.each([5, "text", {}, { aborted: false }])(
    "rejects with a TypeError, if the signal is %o",
    async (signal) => {
      const error = await rejection(call(GOOD[method], { signal }));
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain("signal");
    },
  );

  it("takes undefined for what is not given", async () => {
    const names = [...TYPES[method], ...RANGES[method]].map(([name]) => name);
    const optional = names.filter((name) => !(name in GOOD[method]));
    const given = Object.fromEntries(optional.map((name) => [name, undefined]));
    const more = method === "reap" || method === "prune" ? { dryRun: true } : {};
    await expect(call({ ...given, ...GOOD[method], ...more }, { signal: undefined })).resolves.toBeTypeOf(
      "object",
    );
  });
});

const IDS = [
  ["find", "companyId"],
  ["find", "environmentId"],
  ["find", "heartbeatRunId"],
  ["find", "executionWorkspaceId"],
  ["summarize", "companyId"],
  ["reap", "companyId"],
  ["reap", "environmentId"],
  ["prune", "companyId"],
] as const;
it.each(IDS)("%s rejects a %s that is no UUID, and names it", async (method, name) => {
  for (const value of ["", "malformed", `${ID}0`, `{${ID}`, "'; --"]) {
    const error = await rejection(methodOf(own, method)({ ...GOOD[method], [name]: value }));
    expect(error.message, value).toContain(name);
    expect(error, value).toBeInstanceOf(RangeError);
  }
});

it("reap asks for olderThan where retained leases are wanted", async () => {
  for (const reasons of [["retained"], ["run_finished", "retained"]] as const) {
    const error = await rejection(own.reap({ reasons }));
    expect(error.message).toContain("olderThan");
    expect([TypeError, RangeError].some((kind) => error instanceof kind)).toBe(true);
  }
});

it("text with a character that PostgreSQL cannot store names the argument, and half a pair harms nobody", async () => {
  for (const name of ["provider", "providerLeaseId", "cleanupStatus", "status"]) {
    const error = await rejection(own.find({ [name]: "a\0b" }));
    expect(error.message).toContain(name);
    expect(await own.find({ [name]: "a\ud800b" })).toEqual({ leases: [], next: null });
  }
});

it("what is read of an argument may throw, and the call rejects with that", async () => {
  const error = new Error("its own");
  const given = {
    get limit(): number {
      throw error;
    },
  };
  expect(await rejection(own.find(given))).toBe(error);
});

describe("every method", () => {
  const ALL: Method[] = [...METHODS, "diagnose"];

  it.each(ALL)("%s throws nothing at once, works detached, and gives a promise", async (name) => {
    const method = methodOf(own, name);
    const good =
      name === "diagnose" ? undefined : { ...GOOD[name], ...(name === "prune" && { dryRun: true }) };
    const promise = good === undefined ? method() : method(good);
    expect(promise).toBeInstanceOf(Promise);
    await promise;
    const wrong = name === "diagnose" ? method({ signal: 5 }) : method(5);
    expect(wrong).toBeInstanceOf(Promise);
    expect(await rejection(wrong)).toBeInstanceOf(TypeError);
  });

  it.each(ALL)("%s rejects if its signal was aborted, and sends nothing", async (name) => {
    const fresh = stand.open();
    const options = { signal: AbortSignal.abort("unwanted") };
    const call = name === "diagnose" ? fresh.diagnose(options) : methodOf(fresh, name)(GOOD[name], options);
    const error = await rejection(call);
    expect(error).toMatchObject({ name: "AbortError", code: "ABORT_ERR", cause: "unwanted" });
    expect(fresh.stats().batches.sent).toBe(0);
  });
});

describe("the factory", () => {
  const made: LeaseMaintenance[] = [];
  afterEach(() => Promise.all(made.splice(0).map((one) => one.close())));

  it.each([
    ["no source at all", null, undefined],
    ["a number", 5, undefined],
    ["an empty object", {}, undefined],
    ["an empty string", "", undefined],
    ["text that is no URL", "not a url", undefined],
    ["options that are none", stand.url, 5],
    ["too many connections", stand.url, { maxConnections: 1_000 }],
    ["an option of the wrong type", stand.url, { applicationName: 5 }],
  ])("never throws, and each call says what is wrong: %s", async (_, source, options) => {
    const maintenance = leaseMaintenance(invalid(source), invalid(options));
    made.push(maintenance);
    for (const name of METHODS) {
      const error = await rejection(methodOf(maintenance, name)(GOOD[name]));
      expect(error, name).toBeInstanceOf(TypeError);
    }
    expect(await rejection(maintenance.diagnose())).toBeInstanceOf(TypeError);
    expect(maintenance.stats()).toMatchObject({
      connections: { open: 0, opened: 0 },
      reaped: { ended: 0, left: 0, failed: 0 },
    });
    await maintenance.close();
  });

  it("makes an object with these methods and no others", () => {
    expect(Object.keys(own).sort()).toEqual(
      ["find", "summarize", "reap", "compareWithProvider", "prune", "diagnose", "stats", "close"].sort(),
    );
    expect(own[Symbol.asyncDispose]).toBeTypeOf("function");
  });
});
