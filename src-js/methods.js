"use strict";

/** A method in JavaScript: how its calls are written, sent and answered. */

const { readJson, readRows } = require("./reply");

/** @typedef {import("./reply").Outcome} Outcome */
/** @typedef {import("./reply").ReadRow<unknown>} ReadRow */
/** @typedef {import("./caller/database").Database} Database */
/** @typedef {{ status: number, message: string, details?: unknown }} HttpRefusal */

/**
 * How a method is answered.
 *
 * @typedef {object} Answering
 * @property {(reply: any, calls: number) => Outcome[]} read the outcomes of this number of calls that were sent together
 * @property {(outcome: any) => unknown} answer the caller's result for rows or JSON
 * @property {boolean} isShared whether calls of the same text are sent as one. Each list has a statement of its own,
 *   which answers all callers that ask for the same list at the same time
 * @property {boolean} asJson
 */

/**
 * A method as a generation declares it.
 *
 * @typedef {object} Declaration
 * @property {(...args: any[]) => string} toText writes the text of a call, or throws for a wrong argument
 * @property {number} arity how many arguments come before the options of the call
 * @property {Answering} answering
 * @property {string} [native] the method's name in Rust, if it differs
 * @property {(id: string) => [method: string, ...args: unknown[]]} [undo] the method and arguments of the call that
 *   undoes a call whose caller has given up
 * @property {(...args: any[]) => unknown} [lane] the row whose lock a call may have to wait for: calls that are held
 *   up wait apart from those of other lanes
 * @property {string} [waiting] the method's name in Rust for calls that wait for their lock
 * @property {[when: (...args: any[]) => boolean, native: string]} [apart] which calls are sent one by one, and the
 *   method's name in Rust for them
 * @property {number} [mostCalls] the maximum number of calls in a batch
 * @property {(properties: Record<string, unknown>, args: any[]) => HttpRefusal | undefined} [refusal] the HTTP
 *   answer of Paperclip's server to an error
 * @property {(database: Database, args: any[]) => Task} [within] does it in a caller's own transaction
 */

/** Work of a method that JavaScript does itself, in steps or on the caller's database.
 * @typedef {(place: import("./managed").Place, ...args: any[]) => Task} Work */
/** Makes a call that is one step of a task.
 * @typedef {(part: Method, given: unknown, signal?: AbortSignal) => Promise<any>} Ask */

/** A task of several steps, and its tools.
 * @typedef {(tools: Tools) => Promise<unknown>} Task
 * @typedef {{ ask: Ask, signal: AbortSignal | undefined, toError: (reason: unknown) => unknown }} Tools
 */

/** A method that JavaScript does itself. With `endsItself`, it heeds its signal itself.
 * @typedef {{ arity: number, work: Work, endsItself?: boolean }} Steps */

/**
 * @typedef {Answering & Omit<Declaration, "undo" | "answering" | "waiting" | "apart"> & {
 *   name: string, native: string, generation: string, isOrdered: boolean,
 *   undo: undefined | ((id: string) => { method: Method, text: string }), waiting?: Method,
 *   apart?: { when: (...args: any[]) => boolean, method: Method }, work?: Work, endsItself?: boolean
 * }} Method
 */

/**
 * The methods of a generation, by their names.
 *
 * @param {string} generation
 * @param {Set<string>} ordered the methods that keep the order of calls about the same row
 * @param {Record<string, Declaration | Steps>} declarations
 * @returns {Method[]}
 */
function methodsOf(generation, ordered, declarations) {
  const methods = Object.entries(declarations).map(([name, declaration]) =>
    methodOf(name, "work" in declaration ? { ...WORK, ...declaration } : declaration),
  );
  /** @type {(name: string, ...args: unknown[]) => { method: Method, text: string }} */
  const callOf = (name, ...args) => {
    const method = /** @type {Method} */ (methods.find((each) => each.name === name));
    return { method, text: method.toText(...args) };
  };

  /** @param {string} name @param {Declaration} declaration @returns {Method} */
  function methodOf(name, { answering, native = name, undo, waiting, apart, ...rest }) {
    /** @type {Method} */
    const method = {
      ...{ ...answering, ...rest, name, native, generation, isOrdered: ordered.has(native) },
      undo: undo && ((id) => callOf(...undo(id))),
    };
    if (waiting !== undefined) method.waiting = { ...method, native: waiting };
    if (apart !== undefined) {
      const [when, other] = apart;
      method.apart = { when, method: { ...method, native: other, mostCalls: 1 } };
    }
    return method;
  }

  return methods;
}

/** Rows, of which each call of a batch has its own.
 * @type {(readRow: ReadRow, answer: (rows: any[]) => unknown) => Answering} */
const rowsOf = (readRow, answer) => ({
  read: (reply) => readRows(reply, readRow),
  answer: ({ rows }) => answer(rows),
  isShared: false,
  asJson: false,
});

/** One row. @type {(readRow: ReadRow) => Answering} */
const one = (readRow) => rowsOf(readRow, (rows) => rows[0]);

/** A row, or null. @type {(readRow: ReadRow) => Answering} */
const oneOrNull = (readRow) => rowsOf(readRow, (rows) => rows[0] ?? null);

/** Rows. @type {(readRow: ReadRow) => Answering} */
const many = (readRow) => rowsOf(readRow, (rows) => rows);

/** A list. Each caller gets objects of its own. @type {(readRow: ReadRow) => Answering} */
const list = (readRow) => ({
  ...many(readRow),
  read: (reply, calls) => Array.from({ length: calls }, () => readRows(reply, readRow)).flat(),
  isShared: true,
});

/** A list as JSON. Each caller gets a Buffer of its own. @type {(readRow: ReadRow) => Answering} */
const json = (readRow) => ({
  read: (reply, calls) =>
    Array.from({ length: calls }, (_, number) =>
      readJson(number > 0 && !Array.isArray(reply) ? Buffer.from(reply) : reply, readRow),
    ),
  answer: ({ json }) => json,
  isShared: true,
  asJson: true,
});

/** A method that JavaScript does itself has no text, and one answer. */
const WORK = { toText: () => "", answering: one(() => ({})) };

/** Rows of a statement for one call. Each caller gets the result of `answer`.
 * @type {(readRow: ReadRow, answer: (rows: any[]) => unknown) => Answering} */
const asked = (readRow, answer) => ({ ...list(readRow), answer: ({ rows }) => answer(rows) });

module.exports = { methodsOf, asked, one, oneOrNull, many, list, json };
