import fc from "fast-check";

import { Lazy } from "../step.js";

const HOSTILE = [
  "",
  " ",
  "null",
  "NULL",
  "undefined",
  "$1",
  "''",
  "\"'`\\",
  "\\u0000",
  "\\x00",
  "'; drop table environments; --",
  '{a,"b",NULL}',
  '(a,"b",)',
  '{"a": 1}',
  "a\r\nb\tc",
  "\u0001\u001f\u007f\u0080",
  "e\u0301 é \u{1f3f3}\ufe0f\u200d\u{1f308}",
  "\ufeffmark",
  "\ufffe\uffff\ufffd\u{1ffff}\u{10ffff}",
  "\u2028\u2029\u202e",
  "__proto__",
  "constructor",
  "äöü€😀 ".repeat(500),
];

const NUL = ["\0", "a\0b", "end\0"];
const LONE_SURROGATES = ["\ud800", "a\udc00b", "\udc00\ud800", "\ud83d\ud83d\ude00"];

const everyPlane = fc.string({ unit: "binary", maxLength: 12 });
const anyCodeUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 4 })
  .map((units) => String.fromCharCode(...units));

export const MEGABYTE = 1024 * 1024;

/** Bytes that no compression makes small, so that what has a limit of size meets it. */
function noise(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48271) % 0x7fffffff;
    return String.fromCharCode(33 + (state % 90));
  }).join("");
}

const longTexts = fc.constantFrom(
  new Lazy('"x".repeat(MEGABYTE)', () => "x".repeat(MEGABYTE)),
  new Lazy('"😀é".repeat(MEGABYTE / 3)', () => "😀é".repeat(MEGABYTE / 3)),
  new Lazy("noise(5000)", () => noise(5000)),
);

/** Text as users write it, mostly. */
export const text: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom("Local", "build box", "GPU 2", "lease-7") },
  { weight: 5, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 3, arbitrary: everyPlane },
  { weight: 1, arbitrary: fc.constantFrom(...LONE_SURROGATES) },
  { weight: 1, arbitrary: fc.constantFrom(...NUL) },
  { weight: 1, arbitrary: anyCodeUnits },
);

export const textOrLong: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 120, arbitrary: text },
  { weight: 1, arbitrary: longTexts },
);

/** What is no text at all. */
export const noText: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  0,
  5,
  Number.NaN,
  true,
  false,
  1n,
  {},
  { a: 1 },
  [],
  ["active"],
  Object("boxed"),
  Symbol("s"),
  new Date(0),
  () => "x",
);
