/** Whether all providers give the same answers to the same calls. If not, the figures are worth nothing. */

import { isDeepStrictEqual } from "node:util";

/** @typedef {import("../work/work.mjs").Work} Work */

/** Rows in the answers that are compared; long lists are compared by fewer calls. */
const MOST_ROWS = 2_000;

/** How long ago a time of the clock may be. */
const RECENT = 60_000;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @param {Work} work @param {number} callers */
export function callsToCompare(work, callers) {
  return Math.max(1, Math.min(callers, Math.floor(MOST_ROWS / (work.rows ?? 1))));
}

/**
 * @param {Work} work
 * @param {Map<string, unknown[]>} answers each provider's, in the order of the calls
 */
export function assertEqual(work, answers) {
  const [[reference, expected] = ["", []], ...others] = [...answers].map(
    ([provider, list]) =>
      /** @type {const} */ ([provider, list.map((answer) => comparable(answer, work.generated ?? []))]),
  );
  for (const [provider, found] of others) {
    for (const [number, answer] of expected.entries()) {
      if (isSame(answer, found[number])) continue;
      throw new Error(
        `${work.name}: ${provider} and ${reference} answer call ${number} differently.\n` +
          `${reference}: ${excerpt(answer)}\n${provider}: ${excerpt(found[number])}`,
      );
    }
  }
}

/** @param {unknown} one @param {unknown} other */
function isSame(one, other) {
  // The second also compares the order of the keys.
  return isDeepStrictEqual(one, other) && JSON.stringify(one) === JSON.stringify(other);
}

/**
 * @param {any} answer
 * @param {string[]} generated
 * @returns {unknown}
 */
function comparable(answer, generated) {
  // Between processes, a Buffer becomes a plain array of bytes.
  if (answer instanceof Uint8Array) return Buffer.from(answer).toString();
  if (Array.isArray(answer)) return answer.map((row) => comparable(row, generated));
  if (answer === null) return null;
  const result = { ...answer };
  for (const key of generated) {
    const value = result[key];
    if (value instanceof Date && Math.abs(Date.now() - value.getTime()) < RECENT) result[key] = "a new time";
    if (typeof value === "string" && UUID.test(value)) result[key] = "a new id";
  }
  return result;
}

/** @param {unknown} answer */
function excerpt(answer) {
  return (JSON.stringify(answer) ?? "nothing").slice(0, 1_000);
}
