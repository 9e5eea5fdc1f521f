"use strict";

/**
 * The database, or the transaction, of a caller: a drizzle database, through which statements of ours are sent.
 *
 * Values are text, numbers, booleans or null, since drizzle switches off the driver's own writing of dates and
 * documents. Times come back as text or as dates, documents as values.
 */

/** @typedef {{ execute(query: unknown): Promise<any>, transaction<T>(work: (tx: Database) => Promise<T>): Promise<T> }} Database */
/** @typedef {string | number | boolean | null} Value */
/** @typedef {Record<string, any>} Row */

/** @param {unknown} value @returns {value is Database} */
function isDatabase(value) {
  const { execute, transaction } = /** @type {Record<string, unknown>} */ (value ?? {});
  return typeof execute === "function" && typeof transaction === "function";
}

/** @param {Database} database @param {string} sql @param {Value[]} params @returns {Promise<Row[]>} */
async function rowsOf(database, sql, params) {
  // Drizzle asks of what it executes no more than this.
  const query = { sql, params, typings: [] };
  const result = await database.execute({ getSQL: () => ({ toQuery: () => query }) });
  /** @type {Row[]} */
  const rows = Array.isArray(result) ? result : result.rows;
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [inSql(name), value])),
  );
}

/** A column's name, which the caller's driver may have put in camel case. @param {string} name */
const inSql = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The fields of an error of PostgreSQL's, and the names that node-postgres gives some of them. */
const FIELDS = {
  ...{ message: [], severity: [], code: [], detail: [], hint: [], where: [], position: [] },
  ...{ internal_position: ["internalPosition"], internal_query: ["internalQuery"] },
  ...{ schema_name: ["schema"], table_name: ["table"], column_name: ["column"] },
  ...{ data_type_name: ["dataType", "data type_name"], constraint_name: ["constraint"] },
  ...{ file: [], line: [], routine: [] },
};

/**
 * What a caller's database rejected with, as a call fails: an error of PostgreSQL's by its fields, any other as it
 * is. Drizzle's own error, whose message holds the statement and its values, gives way to its cause.
 *
 * @param {any} reason
 */
function failureOf(reason) {
  let error = reason;
  while (error?.name !== "PostgresError" && "query" in Object(error) && error.cause !== undefined)
    error = error.cause;
  if (typeof error?.severity !== "string" || typeof error.code !== "string") return { error };
  /** @type {Record<string, unknown>} */
  const properties = { name: "PostgresError" };
  for (const [name, others] of Object.entries(FIELDS)) {
    const given = [name, ...others].find((each) => error[each] !== undefined);
    if (given !== undefined) properties[name] = error[given];
  }
  return { properties };
}

module.exports = { isDatabase, rowsOf, failureOf };
