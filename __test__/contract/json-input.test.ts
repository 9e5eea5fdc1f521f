import { describe, expect, it } from "vitest";

import { expectDatabaseError, rejection } from "../support/errors.js";
import type { EnvironmentService } from "../support/provider.js";
import { invalid, startSuite } from "../support/suite.js";

const { service, seed, sql, snapshot } = await startSuite();

const company = await seed.company();
const environmentId = await seed.environment(company);
const existingEnvironment = await seed.environment(company);
const existingLease = await seed.lease(company, environmentId);

type Json = Record<string, unknown>;

/** Every way that JSON takes into the tables; each gives the stored text. */
const ways: [string, (service: EnvironmentService, value: Json) => Promise<string | null>][] = [
  [
    "create, config",
    async (service, config) => {
      const { id } = await service.create(company, { name: "n", driver: "ssh", config });
      return stored("environments", "config", id);
    },
  ],
  [
    "create, metadata",
    async (service, metadata) => {
      const { id } = await service.create(company, { name: "n", driver: "ssh", metadata });
      return stored("environments", "metadata", id);
    },
  ],
  [
    "update, config",
    async (service, config) => {
      await service.update(existingEnvironment, { config });
      return stored("environments", "config", existingEnvironment);
    },
  ],
  [
    "update, metadata",
    async (service, metadata) => {
      await service.update(existingEnvironment, { metadata });
      return stored("environments", "metadata", existingEnvironment);
    },
  ],
  [
    "acquireLease, metadata",
    async (service, metadata) => {
      const { id } = await service.acquireLease({ companyId: company, environmentId, metadata });
      return stored("environment_leases", "metadata", id);
    },
  ],
  [
    "updateLeaseMetadata",
    async (service, metadata) => {
      await service.updateLeaseMetadata(existingLease, metadata);
      return stored("environment_leases", "metadata", existingLease);
    },
  ],
];

async function stored(table: string, column: string, id: string): Promise<string | null> {
  const [row] = await sql.unsafe(`select ${column}::text as value from ${table} where id = $1`, [id]);
  return row?.["value"] as string | null;
}

/** What Postgres itself makes of the JSON text. */
async function asJsonb(text: string): Promise<string> {
  const [row] = await sql.unsafe("select ($1::text)::jsonb::text as value", [text]);
  return row?.["value"] as string;
}

function nested(levels: number): Json {
  let value: Json = { bottom: true };
  for (let level = 0; level < levels; level++) value = level % 2 ? { in: value } : { in: [value] };
  return value;
}

class Point {
  x = 1;
  #hidden = 2;
  get computed() {
    return this.#hidden;
  }
}

const values: [string, unknown][] = [
  ["an empty object", {}],
  ["nested objects and arrays", { a: [1, "two", { three: [true, false, null] }], b: {} }],
  ["a Date", { at: new Date("2026-01-02T03:04:05.678Z") }],
  ["an Invalid Date, which becomes null", { at: new Date(Number.NaN) }],
  ["a member with toJSON", { money: { toJSON: (key: string) => `${key}: 5 EUR` } }],
  ["a toJSON on the whole value", { toJSON: () => ({ replaced: true }) }],
  [
    "undefined members, functions and symbols, which vanish",
    { a: undefined, b: () => 1, c: Symbol("c"), d: 1 },
  ],
  ["symbol keys, which vanish", { [Symbol("key")]: 1, kept: 1 }],
  ["undefined and functions in an array, which become null", { list: [undefined, () => 1, Symbol("x")] }],
  ["a sparse array", { list: [, 1, , 2] }],
  ["NaN and infinities, which become null", { a: Number.NaN, b: Infinity, c: -Infinity }],
  [
    "numbers at the edges",
    { a: 0, b: -0, c: 5e-324, d: 1.7976931348623157e308, e: 2 ** 53 + 2, f: 0.1, g: 1e21, h: 1e-7 },
  ],
  ["boxed primitives", { a: Object("text"), b: Object(5), c: Object(false) }],
  ["a Map and a Set, which are empty objects", { map: new Map([[1, 2]]), set: new Set([1]) }],
  ["a class instance: its own enumerable fields", new Point()],
  ["typed arrays and buffers", { bytes: new Uint8Array([1, 2]), buffer: Buffer.from("ab") }],
  ["keys in no order", { zebra: 1, a: 2, bb: 3, "": 4, "10": 5, "9": 6, Z: 7 }],
  [
    "keys that an object treats specially",
    JSON.parse('{"__proto__": {"x": 1}, "constructor": 2, "toString": 3}'),
  ],
  [
    "quotes, backslashes, control characters",
    { "\"\\'\n\t\u0001\u007f": "\"\\'\n\r\t\b\f\u0001\u001f\u2028\u2029/" },
  ],
  [
    "text that looks like something else",
    { a: "{}", b: "null", c: "$1", d: "\\u0041", e: "NaN", f: "'; drop table x" },
  ],
  ["every plane of Unicode", { "ключ 鍵 🔑": "é e\u0301 漢字 עברית العربية 🏳️‍🌈 \u{10ffff} \ufeff" }],
  ["1,000 levels", nested(1000)],
  ["1 MB", { text: "x".repeat(1024 * 1024), more: Array.from({ length: 1000 }, (_, n) => ({ n })) }],
  ["an array", [1, { a: 2 }]],
  ["an empty array", []],
  ["text", "text"],
  ["empty text", ""],
  ["a number", 5],
  ["zero", 0],
  ["true", true],
  ["false", false],
  ["a Date alone", new Date(0)],
  ["NaN alone, which becomes a JSON null", Number.NaN],
];

describe.each(ways)("%s: stores what JSON.stringify makes of", (_, store) => {
  it.each(values)("%s", async (_, value) => {
    expect(await store(service, invalid(value))).toBe(await asJsonb(JSON.stringify(value)));
  });
});

describe.each(ways)("%s: calls what JSON.stringify calls", (_, store) => {
  it("toJSON once, with the key and the holder as this", async () => {
    const calls: unknown[] = [];
    const member = {
      toJSON(key: string) {
        calls.push([key, this === member]);
        return key;
      },
    };
    await store(service, { member });
    expect(calls).toEqual([["member", true]]);
  });

  it("a getter once", async () => {
    let reads = 0;
    const value = {
      get member() {
        return ++reads;
      },
    };
    expect(await store(service, value)).toBe('{"member": 1}');
    expect(reads).toBe(1);
  });
});

function cycle(): Json {
  const value: Json = { inner: { list: [] as unknown[] } };
  (value["inner"] as { list: unknown[] }).list.push(value);
  return value;
}

function thrownBy(stringify: () => unknown): Error {
  try {
    stringify();
  } catch (error) {
    return error as Error;
  }
  throw new Error("JSON.stringify takes the value");
}

describe.each(ways)("%s: rejects, and writes nothing,", (_, store) => {
  it.each([
    ["for a BigInt", { a: [1n] }],
    ["for a cycle", cycle()],
  ])("%s with the TypeError of JSON.stringify", async (_, value) => {
    const before = await snapshot();
    const error = await rejection(store(service, value));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(thrownBy(() => JSON.stringify(value)).message);
    expect(await snapshot()).toEqual(before);
  });

  it("with the very error that a toJSON or a getter throws", async () => {
    const failure = new RangeError("out of paper");
    const fail = () => {
      throw failure;
    };
    const before = await snapshot();
    expect(await rejection(store(service, { a: { toJSON: fail } }))).toBe(failure);
    expect(
      await rejection(store(service, Object.defineProperty({}, "a", { get: fail, enumerable: true }))),
    ).toBe(failure);
    expect(await snapshot()).toEqual(before);
  });

  it.each([
    ["in a value", { a: "x\0y" }],
    ["in a key", { "x\0y": 1 }],
    ["deep inside", { a: [{ b: "\0" }] }],
  ])("for U+0000 %s as Postgres does", async (_, value) => {
    const before = await snapshot();
    await expectDatabaseError(store(service, value), "22P05", {
      message: "unsupported Unicode escape sequence",
      detail: "\\u0000 cannot be converted to text.",
    });
    expect(await snapshot()).toEqual(before);
  });

  it.each([
    ["high, alone", { a: "\ud800" }],
    ["low, alone", { a: "\udc00" }],
    ["in the wrong order", { a: "\udc00\ud800" }],
    ["in a key", { "\ud83d": 1 }],
    ["in a text on its own", "x\ud800"],
  ])("for a lone surrogate, %s, as Postgres does", async (_, value) => {
    const before = await snapshot();
    await expectDatabaseError(store(service, invalid(value)), "22P02", {
      message: "invalid input syntax for type json",
      detail: expect.stringMatching(
        /^Unicode (low surrogate must follow a|high surrogate must not follow a) high surrogate\.$/,
      ),
    });
    expect(await snapshot()).toEqual(before);
  });
});
