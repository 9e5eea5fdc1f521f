"use strict";

/**
 * A caller's own database or transaction: a drizzle database, through which this package sends statements.
 *
 * Values are text, numbers, booleans or null, since drizzle turns off the driver's own serialization of dates and
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
  // This is all that drizzle needs of a query.
  const query = { sql, params, typings: [] };
  const result = await database.execute({ getSQL: () => ({ toQuery: () => query }) });
  /** @type {Row[]} */
  const rows = Array.isArray(result) ? result : result.rows;
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [inSql(name), value])),
  );
}

/** A column's name in SQL. The caller's driver may have changed it to camel case. @param {string} name */
const inSql = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The fields of an error of PostgreSQL, and the other names that node-postgres gives some of them. */
const FIELDS = {
  ...{ message: [], severity: [], code: [], detail: [], hint: [], where: [], position: [] },
  ...{ internal_position: ["internalPosition"], internal_query: ["internalQuery"] },
  ...{ schema_name: ["schema"], table_name: ["table"], column_name: ["column"] },
  ...{ data_type_name: ["dataType", "data type_name"], constraint_name: ["constraint"] },
  ...{ file: [], line: [], routine: [] },
};

/**
 * Converts what a caller's database rejected with into the failure of a call: an error of PostgreSQL field by field,
 * any other as it is. Drizzle's own error is replaced by its cause, since its message holds the statement's values.
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
