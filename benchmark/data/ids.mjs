/**
 * Ids that both sides can work out: JavaScript to ask for them, PostgreSQL to fill its tables. They are
 * hashes, so that they lie scattered in the indexes as random ones do.
 */

import { createHash } from "node:crypto";

/**
 * @param {string} kind
 * @param {number} number
 * @returns {string} as PostgreSQL writes it
 */
export function idOf(kind, number = 0) {
  const digits = createHash("md5").update(`${kind} ${number}`).digest("hex");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * @param {string} kind
 * @param {string} number an SQL expression
 * @returns {string} the SQL expression of the same id
 */
export function idInSql(kind, number = "0") {
  return `md5('${kind} ' || ${number})::uuid`;
}

/** Steps through a table in an order that no index has; being a prime, it meets every row once. */
const STRIDE = 7919;

/**
 * Different ids, one after the other; the same ones for every provider.
 *
 * @param {string} kind
 * @param {number} count
 * @returns {(index: number) => string}
 */
export function idsOf(kind, count) {
  /** @type {string[] | undefined} */
  let ids;
  return (index) => {
    ids ??= Array.from({ length: count }, (_, number) => idOf(kind, number));
    return /** @type {string} */ (ids[(index * STRIDE) % count]);
  };
}
