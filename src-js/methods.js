"use strict";

/** What a method is, on this side: how its calls are written, sent and answered. */

const { readJson, readRows } = require("./reply");

/** @typedef {import("./reply").Outcome} Outcome */
/** @typedef {import("./reply").ReadRow<unknown>} ReadRow */

/**
 * How a method is answered.
 *
 * @typedef {object} Answering
 * @property {(reply: any, calls: number) => Outcome[]} read the outcomes of so many calls that were sent together
 * @property {(outcome: any) => unknown} answer what a caller is given of rows, or of JSON
 * @property {boolean} isShared whether calls of the same text are sent as one: lists are asked for one by one, but
 *   those who ask for the same one at the same time are answered by the same statement
 * @property {boolean} asJson
 */

/**
 * A method as a generation declares it.
 *
 * @typedef {object} Declaration
 * @property {(...args: any[]) => string} toText makes the text of a call, or throws for a wrong argument
 * @property {number} arity how many arguments come before the options of the call
 * @property {Answering} answering
 * @property {string} [native] the method's name in Rust, where it is another
 * @property {(id: string) => [method: string, ...args: unknown[]]} [undo] the call that takes back what a call has
 *   made whose caller no longer waits: its method and arguments
 */

/**
 * @typedef {Answering & Omit<Declaration, "undo" | "answering"> & {
 *   name: string, native: string, generation: string, isOrdered: boolean,
 *   undo: undefined | ((id: string) => { method: Method, text: string })
 * }} Method
 */

/**
 * The methods of a generation, by their names.
 *
 * @param {string} generation
 * @param {Set<string>} ordered those that keep the order of calls about the same row
 * @param {Record<string, Declaration>} declarations
 * @returns {Method[]}
 */
function methodsOf(generation, ordered, declarations) {
  /** @type {Method[]} */
  const methods = Object.entries(declarations).map(([name, { answering, native = name, undo, ...rest }]) => ({
    ...answering,
    ...rest,
    name,
    native,
    generation,
    isOrdered: ordered.has(native),
    undo: undo && ((id) => callOf(...undo(id))),
  }));
  /** @type {(name: string, ...args: unknown[]) => { method: Method, text: string }} */
  const callOf = (name, ...args) => {
    const method = /** @type {Method} */ (methods.find((each) => each.name === name));
    return { method, text: method.toText(...args) };
  };
  return methods;
}

/**
 * Each call of a batch has its part in the reply.
 *
 * @param {ReadRow} readRow
 * @param {(rows: any[]) => unknown} answer
 * @returns {Answering}
 */
const rowsOf = (readRow, answer) => ({
  read: (reply) => readRows(reply, readRow),
  answer: ({ rows }) => answer(rows),
  isShared: false,
  asJson: false,
});

/** A row that is always there. @type {(readRow: ReadRow) => Answering} */
const one = (readRow) => rowsOf(readRow, (rows) => rows[0]);

/** A row, or null. @type {(readRow: ReadRow) => Answering} */
const oneOrNull = (readRow) => rowsOf(readRow, (rows) => rows[0] ?? null);

/** Rows. @type {(readRow: ReadRow) => Answering} */
const many = (readRow) => rowsOf(readRow, (rows) => rows);

/** A list, of which each caller is given objects of its own. @type {(readRow: ReadRow) => Answering} */
const list = (readRow) => ({
  ...many(readRow),
  read: (reply, calls) => Array.from({ length: calls }, () => readRows(reply, readRow)).flat(),
  isShared: true,
});

/** A list as JSON, of which each caller is given a Buffer of its own. @type {(readRow: ReadRow) => Answering} */
const json = (readRow) => ({
  read: (reply, calls) =>
    Array.from({ length: calls }, (_, number) =>
      readJson(number > 0 && !Array.isArray(reply) ? Buffer.from(reply) : reply, readRow),
    ),
  answer: ({ json }) => json,
  isShared: true,
  asJson: true,
});

module.exports = { methodsOf, one, oneOrNull, many, list, json };
