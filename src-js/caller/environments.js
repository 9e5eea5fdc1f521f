"use strict";

/** Creates and changes environments in a caller's own transaction, with the statements of the native side. */

const { randomUUID } = require("node:crypto");
const { rowsOf } = require("./database");
const { checkWord, readRow } = require("./rows");

/** @typedef {import("./database").Database} Database */
/** @typedef {import("./rows").Column} Column */
/** @typedef {{ columns: Column[], insert: Statement, update: Statement }} Statements */
/** @typedef {{ name: string, text: string }} Statement */
/** The fields of a call, as JSON. @typedef {Map<string, string>} Fields */

/** The default of a column if nothing, or null, is given: the first word of a set, or an empty document.
 * @param {Column} column */
const defaultOf = ({ kind, set }) => (kind === "objectOrEmpty" ? "{}" : (set?.words[0] ?? null));

/** The value to send for a field: text as it is, and a document, which is in an array of one, as its JSON. */
const valueOf = (/** @type {string | undefined} */ json) => {
  if (json === undefined || json === "null") return null;
  return json.startsWith("[") ? json.slice(1, -1) : JSON.parse(json);
};

/** The columns whose values an insert takes, in their order. @param {Column[]} columns */
const given = (columns) => columns.filter(({ kind }) => kind !== "timestamp");

/** @param {Column[]} columns @param {Fields} fields */
function checkWords(columns, fields) {
  for (const { key, set } of columns) checkWord(set, valueOf(fields.get(key)));
}

/** Creates an environment. The statement's values are fixed at once.
 * @param {Statements} statements @param {Database} database @param {Fields} fields */
function create({ columns, insert }, database, fields) {
  checkWords(columns, fields);
  const values = given(columns).map((column) => {
    const { key } = column;
    if (key === "id") return randomUUID();
    // The database refuses a driver that is null.
    const isNull = key === "driver" && fields.has(key);
    return valueOf(fields.get(key)) ?? (isNull ? null : defaultOf(column));
  });
  const params = [insert.name, ...values, now()];
  return async () => {
    const [row] = await rowsOf(database, insert.text, params);
    if (row === undefined) throw new Error("Failed to create environment");
    return readRow(columns, row);
  };
}

/** Changes an environment. The statement's values are fixed at once.
 * @param {Statements} statements @param {Database} database @param {Fields} fields */
function update({ columns, update: { name, text } }, database, fields) {
  checkWords(columns, fields);
  const isRepeated = false;
  const patched = given(columns).filter(({ key }) => key !== "id");
  const values = patched.flatMap(({ key }) => [fields.has(key), valueOf(fields.get(key))]);
  const params = [name, isRepeated, valueOf(fields.get("id")), ...values, now()];
  return async () => {
    const [row] = await rowsOf(database, text, params);
    return row === undefined ? null : readRow(columns, row);
  };
}

/** Read through `Date`, so that fake timers work. */
const now = () => new Date(Date.now()).toISOString();

module.exports = { create, update, now };
