import fc from "fast-check";

import { Lazy } from "../step.js";
import { MEGABYTE } from "./text.js";

const anyKeys = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("a", "b", "host", "port", "reuseLease") },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "",
      "__proto__",
      "constructor",
      "prototype",
      "toString",
      "hasOwnProperty",
      "length",
      "10",
      "9",
      "-1",
      "01",
      "4294967295",
      "é",
      "e\u0301",
      "A",
      "a ",
      " a",
      "\\",
      '"',
      "\u2028",
      "😀",
      "x".repeat(300),
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 4 }).filter((key) => !key.includes("\0")) },
);

// On such a V8 it is chance what the original makes of a key that is written with an escape: there is nothing to
// compare with. What the addon makes of it is shown by __test__/addon/keys.test.ts.
const keys = misreadsKeys() ? anyKeys.filter((key) => JSON.stringify(key) === `"${key}"`) : anyKeys;

/** Whether JSON.parse takes keys for others: https://github.com/nodejs/node/issues/63785. */
function misreadsKeys(): boolean {
  JSON.parse('{"first":[],"\\\\":0}');
  return !Object.hasOwn(JSON.parse('{"first":1,"\\n":2}') as object, "\n");
}

const numbers = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    0.1,
    1.1,
    1e21,
    1e-7,
    123456789.12345679,
    5e-324,
    2.2250738585072014e-308,
    1.7976931348623157e308,
    -1.7976931348623157e308,
    2 ** 53,
    2 ** 53 + 2,
    -(2 ** 63),
    2 ** 64,
    1e300,
    Number.NaN,
    Infinity,
    -Infinity,
  ),
  fc.double(),
  fc.integer(),
);

const strings = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }).map((text) => text.replaceAll("\0", "")),
  fc.constantFrom(
    "",
    "{}",
    '{"a": 1}',
    "null",
    "\\u0041",
    "\"\\'\n\t\u0001",
    "\u2028\u2029/",
    "2026-01-01T00:00:00.000Z",
    "\ufeff",
  ),
);

class Point {
  x = 1;
  #hidden = 2;
  get computed() {
    return this.#hidden;
  }
}

const withGetter = {
  get computed() {
    return [1];
  },
};

/** JSON.stringify has something of its own to say of each of these. */
const specials = fc.constantFrom<unknown>(
  undefined,
  () => 1,
  Symbol("s"),
  new Date(0),
  new Date(Number.NaN),
  new Date(-62135596800000),
  { toJSON: (key: string) => `from ${key}` },
  { toJSON: () => undefined },
  { toJSON: () => ({ toJSON: 1 }) },
  { toJSON: "not a function" },
  Object("text"),
  Object(5),
  Object(false),
  new Map([[1, 2]]),
  new Set([1]),
  new Uint8Array([1, 2]),
  Buffer.from("ab"),
  new Point(),
  withGetter,
  [, 1, , 2],
  new Array(3),
  Object.assign([1], { more: 2 }),
  Object.assign(Object.create(null) as object, { bare: 1 }),
  Object.assign(Object.create({ inherited: 1 }) as object, { own: 1 }),
  { [Symbol("key")]: 1, kept: 1 },
  /regexp/,
  new Error("message"),
);

function cycle(): object {
  const value: Record<string, unknown> = { inner: { list: [] as unknown[] } };
  (value["inner"] as { list: unknown[] }).list.push(value);
  return value;
}

/** What JSON.stringify or Postgres refuses. */
const refused = fc.constantFrom<unknown>(
  { a: 1n },
  [[2n]],
  cycle(),
  {
    toJSON() {
      throw new RangeError("out of paper");
    },
  },
  { a: "x\0y" },
  { "x\0y": 1 },
  [{ b: "\0" }],
  { a: "\ud800" },
  { a: "\udc00\ud800" },
  { "\ud83d": 1 },
);

function object(members: [string, unknown][]): object {
  const result = {};
  for (const [key, value] of members) {
    // As JSON.parse makes it: `__proto__` is a key like any other.
    Object.defineProperty(result, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return result;
}

const { tree } = fc.letrec<{ tree: unknown; object: object; array: unknown[] }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, false),
    numbers,
    strings,
    { weight: 1, arbitrary: specials },
    tie("object"),
    tie("array"),
  ),
  object: fc.array(fc.tuple(keys, tie("tree")), { maxLength: 5 }).map(object),
  array: fc.array(tie("tree"), { maxLength: 4 }),
}));

const objects = fc.array(fc.tuple(keys, tree), { maxLength: 6 }).map(object);

/** With the object around it and the array at the bottom, two levels more. */
function nested(levels: number): unknown {
  let value: unknown = { bottom: [0.1] };
  for (let level = 0; level < levels; level++) value = level % 3 ? { in: value } : [value];
  return { in: value };
}

const lazyNested = (levels: number) => new Lazy(`nested(${levels})`, () => nested(levels));

const large = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...[10, 126, 127, 128, 129, 255, 500, 997].map(lazyNested)) },
  { weight: 2, arbitrary: fc.constantFrom(new Lazy("manyKeys(2000)", () => manyKeys(2000))) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      new Lazy("{ text: megabyte }", () => ({ text: 'é"\\\n'.repeat(MEGABYTE / 5) })),
    ),
  },
);

function manyKeys(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`key ${(n * 7919) % count}`, n / 7]));
}

const topLevel = fc.oneof(
  numbers,
  strings,
  fc.constantFrom<unknown>(
    true,
    false,
    "",
    "text",
    '"{}"',
    "{",
    "[1]",
    '{"a": {"b": 1}}',
    ' {"a": 1, "a": 2} ',
    "\ud800",
    "\0",
  ),
  fc.array(tree, { maxLength: 3 }),
  // An object without a prototype is too much for the original; it is in deliberate-differences.test.ts.
  specials.filter(
    (value) => !(typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null),
  ),
);

/** Any value given for a JSON column. */
export const json: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 20, arbitrary: objects },
  { weight: 4, arbitrary: topLevel },
  { weight: 2, arbitrary: refused },
  { weight: 1, arbitrary: large },
);

const RAW = [
  "{}",
  "[]",
  "null",
  "5",
  "-0.0",
  '"text"',
  "true",
  '[{"a": 1}]',
  '"{\\"a\\": {\\"b\\": [1]}}"',
  '"[1]"',
  '"null"',
  '"{"',
  '{"n": 1e400}',
  '{"n": -1e400}',
  '{"n": 1e-400}',
  '{"n": -0.0, "m": 1.10, "o": 100000000000000000000000}',
  '{"n": 12345678901234567890, "m": 9007199254740993}',
  '{"n": 0.1000000000000000055511151231257827, "m": 123456789.123456789123456789}',
  '{"n": 2.4703282292062327208e-324, "m": 1.7976931348623158079e308, "o": 1.7976931348623158080e308}',
  '{"n": 8.5, "n": 9.5}',
  '{"__proto__": {"x": 1}, "constructor": 2, "in": {"__proto__": {"y": 1}}}',
  '{"zebra": 1, "a": 2, "bb": 3, "": 4, "10": 5, "9": 6, "B": 7}',
  '{"a": "\\u2028\\ud83d\\ude00\\uffff\\u0001\\u007f\\"\\\\"}',
  `{"n": 1${"0".repeat(5000)}}`,
  `{"n": 0.${"0".repeat(400)}1${"9".repeat(500)}}`,
  `{"d": ${"[".repeat(900)}${"]".repeat(900)}}`,
];

/** The text of a JSON value in the database, as no JavaScript would write it. */
export const rawJson: fc.Arbitrary<unknown> = fc.constantFrom(...RAW);
