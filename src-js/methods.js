"use strict";

/** What a method is, on this side: how its calls are written, sent and answered. */

const { readJson, readRows } = require("./reply");

/** @typedef {import("./reply").Outcome} Outcome */
/** @typedef {import("./reply").ReadRow<unknown>} ReadRow */
/** @typedef {import("./caller/database").Database} Database */
/** @typedef {{ status: number, message: string, details?: unknown }} HttpRefusal */

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
 * @property {(...args: any[]) => unknown} [lane] what a call may have to wait for, if somebody else holds it: calls
 *   that are held up wait apart from those of other lanes
 * @property {string} [waiting] the method's name in Rust for those
 * @property {[when: (...args: any[]) => boolean, native: string]} [apart] calls that are sent one by one, by another
 *   name
 * @property {number} [mostCalls] in a batch
 * @property {(properties: Record<string, unknown>, args: any[]) => HttpRefusal | undefined} [refusal] what the server
 *   of Paperclip makes of an error
 * @property {(database: Database, args: any[]) => Task} [within] does it in a caller's own transaction
 */

/** What is done here, in steps or on the caller's database.
 * @typedef {(place: import("./managed").Place, ...args: any[]) => Task} Work */
/** One of the steps of something.
 * @typedef {(part: Method, given: unknown, signal?: AbortSignal) => Promise<any>} Ask */

/** What takes several steps, and what it may use.
 * @typedef {(tools: Tools) => Promise<unknown>} Task
 * @typedef {{ ask: Ask, signal: AbortSignal | undefined, toError: (reason: unknown) => unknown }} Tools
 */

/** A method that is done here; `endsItself`: at its signal it comes to an end of its own.
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
 * @param {Set<string>} ordered those that keep the order of calls about the same row
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

/** Each call of a batch has its part in the reply.
 * @type {(readRow: ReadRow, answer: (rows: any[]) => unknown) => Answering} */
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

/** What is done here has no text, and one answer. */
const WORK = { toText: () => "", answering: one(() => ({})) };

/** What is asked for by a statement of its own, of which each caller is given what `answer` makes of the rows. @type {(readRow: ReadRow, answer: (rows: any[]) => unknown) => Answering} */
const asked = (readRow, answer) => ({ ...list(readRow), answer: ({ rows }) => answer(rows) });

module.exports = { methodsOf, asked, one, oneOrNull, many, list, json };
