/** How a statement is run, and what is made of its rows. */

/** @typedef {{ name: string, text: string }} Statement */
/** @typedef {Record<string, any>} Row */
/** @typedef {(statement: Statement, values: unknown[]) => Promise<readonly Row[]>} Query */

/**
 * @template T
 * @param {readonly Row[]} rows
 * @param {(row: Row) => T} read
 * @returns {T | null}
 */
export function firstOrNull([row], read) {
  return row ? read(row) : null;
}

/**
 * @template T
 * @param {readonly Row[]} rows
 * @param {(row: Row) => T} read
 * @returns {T}
 */
export function first([row], read) {
  if (!row) throw new Error("The statement returned no row.");
  return read(row);
}

/**
 * The fields that are given.
 *
 * @param {Record<string, unknown>} fields by column
 * @returns {[columns: string[], values: unknown[]]}
 */
export function given(fields) {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return [entries.map(([column]) => column), entries.map(([, value]) => value)];
}

/** @param {string[]} columns whose values follow the id */
export function assignments(columns) {
  return columns.map((column, index) => `${column} = $${index + 2}`).join(", ");
}
