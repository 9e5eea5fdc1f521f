"use strict";

/** Reads the rows of a caller's database as the native side reads its own. */

/** @typedef {{ name: string, key: string, kind: string, set?: { name: string, words: string[] } }} Column */

/** @param {unknown} value */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** A document that may have been stored as text, as drizzle reads it. @param {unknown} value @returns {any} */
function readDocument(value) {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** @param {unknown} value */
const objectIn = (value) => {
  const document = readDocument(value);
  return isObject(document) ? document : null;
};

/** @type {Record<string, (value: any) => unknown>} */
const READERS = {
  object: objectIn,
  objectOrEmpty: (value) => objectIn(value) ?? {},
  timestamp: (value) => new Date(value),
};

/** The object that a caller gets for a row.
 * @param {Column[]} columns @param {Record<string, any>} row @returns {any} */
function readRow(columns, row) {
  const cells = columns.map(({ name, key, kind, set }) => {
    checkWord(set, row[name]);
    return [key, (READERS[kind] ?? ((value) => value))(row[name])];
  });
  return Object.fromEntries(cells);
}

/** @param {Column["set"]} set @param {unknown} word */
function checkWord(set, word) {
  if (set === undefined || typeof word !== "string" || set.words.includes(word)) return;
  throw new Error(`Unexpected ${set.name} value: ${word}`);
}

module.exports = { isObject, readDocument, readRow, checkWord };
