import fc from "fast-check";

import { Lazy, type Kind } from "../step.js";

const digits = (id: string) => id.replaceAll("-", "");
const grouped = (id: string, size: number) =>
  digits(id)
    .match(new RegExp(`.{1,${size}}`, "g"))
    ?.join("-") ?? id;

/** Other spellings of an id. PostgreSQL accepts some of them. */
const FORMS = {
  upper: (id) => id.toUpperCase(),
  braces: (id) => `{${id}}`,
  bare: digits,
  bareUpperBraces: (id) => `{${digits(id).toUpperCase()}}`,
  inFours: (id) => grouped(id, 4),
  inEights: (id) => grouped(id, 8),
  inTwos: (id) => grouped(id, 2),
  inTwelves: (id) => grouped(id, 12),
  hyphenFirst: (id) => `-${id}`,
  hyphenLast: (id) => `${id}-`,
  hyphenInBraces: (id) => `{${id}-}`,
  twoHyphens: (id) => id.replace("-", "--"),
  openBrace: (id) => `{${id}`,
  closeBrace: (id) => `${id}}`,
  roundBrackets: (id) => `(${id})`,
  urn: (id) => `urn:uuid:${id}`,
  spaceFirst: (id) => ` ${id}`,
  spaceLast: (id) => `${id} `,
  newline: (id) => `${id}\n`,
  cut: (id) => id.slice(0, -1),
  cutBare: (id) => digits(id).slice(1),
  longer: (id) => `${id}0`,
  nul: (id) => `${id}\0`,
  nulFirst: (id) => `\0${id}`,
  surrogate: (id) => `${id}\ud800`,
  fullWidth: (id) => id.replace(/[0-9]/, (digit) => String.fromCharCode(0xff10 + Number(digit))),
  letterG: (id) => id.replace(/[0-9a-f]/, "g"),
  hex: (id) => `0x${digits(id)}`,
} satisfies Record<string, (id: string) => string>;

const NO_IDS = [
  "",
  "nope",
  "null",
  "{}",
  "-",
  "0",
  "00000000-0000-4000-8000-000000000000",
  "00000000-0000-0000-0000-000000000000",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
  "окружение 🚀",
  "'; drop table environments; --",
  "\0",
  "\udc00",
];

const veryLong = new Lazy('"0".repeat(100_000)', () => "0".repeat(100_000));

/** The n-th row of the kind that the history knows, counted around. */
export function reference(kind: Kind, form?: keyof typeof FORMS): fc.Arbitrary<Lazy> {
  return fc.nat({ max: 9 }).map((n) => {
    return new Lazy(`${kind}(${n}${form ? `, ${form}` : ""})`, (known) => {
      const rows = known[kind];
      // The latest rows are the likeliest to be in play.
      const id = rows.at(-1 - (n % rows.length)) ?? "";
      return form ? FORMS[form](id) : id;
    });
  });
}

const formNames = fc.constantFrom(...(Object.keys(FORMS) as (keyof typeof FORMS)[]));

/** An id of the kind: mostly good. */
export function id(kind: Kind): fc.Arbitrary<unknown> {
  const otherKind = fc.constantFrom<Kind>("company", "run", "environment", "lease");
  return fc.oneof(
    { weight: 40, arbitrary: reference(kind) },
    { weight: 3, arbitrary: formNames.chain((form) => reference(kind, form)) },
    { weight: 1, arbitrary: otherKind.chain((other) => reference(other)) },
    { weight: 2, arbitrary: fc.constantFrom<unknown>(...NO_IDS) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, undefined) },
  );
}

export const rareId: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom<unknown>(
      5,
      0,
      true,
      {},
      [],
      ["00000000-0000-4000-8000-000000000000"],
      Symbol("id"),
      1n,
    ),
  },
  { weight: 1, arbitrary: fc.constant(veryLong) },
);
