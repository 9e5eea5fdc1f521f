import fc from "fast-check";

import { isByCompany } from "../../support/generation.js";
import type { History, Step } from "../step.js";
import { call, callsOfOneMethod } from "./call.js";
import { tampering } from "./tampering.js";

/** Milliseconds that pass before a step. A server's clock can stand still, jump, and go back. */
const tick = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(1, 7, 1000) },
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(-1, -5000, 86_400_000) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: fc.tuple(call, tick).map(([one, ticks]) => ({ calls: [one], tick: ticks })) },
  {
    weight: 6,
    arbitrary: fc.tuple(callsOfOneMethod, tick).map(([calls, ticks]) => ({ calls, tick: ticks })),
  },
  { weight: 4, arbitrary: fc.tuple(tampering, tick).map(([change, ticks]) => ({ ...change, tick: ticks })) },
);

const start = fc.oneof(
  { weight: 6, arbitrary: fc.constant("2031-05-06T07:08:09.987Z") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "1969-12-31T23:59:59.990Z",
      "1999-12-31T23:59:59.999Z",
      "0099-12-31T23:59:59.999Z",
      // Beyond what PostgreSQL reads of ISO 8601: in each call of 2026.916 that sends several statements it would be
      // a second fault, of which the original names the one that it meets first.
      ...(isByCompany
        ? ["9999-12-31T23:59:59.999Z", "0000-06-01T00:00:00.000Z", "-000001-06-01T00:00:00.000Z"]
        : []),
    ),
  },
);

/** Also an empty one: an array that may not be empty does not shrink to its first step alone. */
export function history(most: number): fc.Arbitrary<History> {
  return fc.record(
    { start, steps: fc.array(step, { maxLength: most, size: "max" }) },
    { noNullPrototype: true },
  );
}
