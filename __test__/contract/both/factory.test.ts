import { afterEach, expect, it, vi } from "vitest";

import { methodNames } from "../../support/methods.js";
import { createService } from "../../support/provider.js";
import { invalid } from "../../support/suite.js";

// Building routes creates services, in Paperclip's tests on mocks that are never called. Only calls may fail.

afterEach(() => vi.unstubAllEnvs());

const unreadable = (): never => {
  throw new Error("this cannot be read");
};

const sources: [string, () => unknown][] = [
  ["an object that selects", () => ({ select() {} })],
  ["an object with a mocked select", () => ({ select: vi.fn() })],
  ["an object with transactions", () => ({ transaction() {} })],
  ["an object with an unknown key", () => ({ databas: "clips" })],
  ["an empty object", () => ({})],
  ["an empty object without a prototype", () => Object.create(null) as unknown],
  [
    "an object whose getters throw",
    () =>
      Object.defineProperties(
        {},
        Object.fromEntries(
          ["$client", "host", "options", "query", "select", "session", "transaction", "unsafe"].map((key) => [
            key,
            { enumerable: true, get: unreadable },
          ]),
        ),
      ),
  ],
  [
    "an object of which nothing can be read",
    () =>
      new Proxy({}, { get: unreadable, has: unreadable, ownKeys: unreadable, getPrototypeOf: unreadable }),
  ],
  ["a function", () => () => {}],
  ["an array", () => []],
  ["a text", () => "no connection string"],
  ["a number", () => 5],
  ["null", () => null],
  ["undefined, without DATABASE_URL", () => void vi.stubEnv("DATABASE_URL", undefined)],
  ["undefined, with a wrong DATABASE_URL", () => void vi.stubEnv("DATABASE_URL", "nonsense")],
];

it.each(sources)("the factory takes anything, and has every method: %s", (_, source) => {
  const service = createService(invalid(source()));
  for (const name of methodNames) expect(service[name]).toBeTypeOf("function");
});

it("and says nothing, also when it is never used", async () => {
  const said = ["log", "warn", "error", "info", "debug"].map((name) =>
    vi.spyOn(console, name as "log").mockImplementation(() => {}),
  );
  const written = vi.spyOn(process.stderr, "write");
  const warnings = vi.spyOn(process, "emitWarning");
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  try {
    for (const [, source] of sources) createService(invalid(source()));
    await new Promise(setImmediate);
    for (const spy of [...said, written, warnings, unhandled]) expect(spy).not.toHaveBeenCalled();
  } finally {
    process.off("unhandledRejection", unhandled);
    vi.restoreAllMocks();
  }
});
