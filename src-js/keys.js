"use strict";

/**
 * Reads documents whose keys `JSON.parse` may misread: since version 12.8, V8 can mistake a key that is written
 * with an escape for another (https://github.com/nodejs/node/issues/63785). Rust sends such documents with keys
 * as values: `{"a":1}` as `["a",1,1]`, the list `[2]` as `[2,0]`. The last item says which of the two it was.
 */

/**
 * Does not recurse: a document may be nested deeper than the stack allows.
 *
 * @param {any[]} lists a document, which is changed
 * @returns {any}
 */
function objectFromLists(lists) {
  /** @type {[from: any[], to: any][]} */
  const open = [];
  /** @param {any} value */
  const valueOf = (value) => {
    if (!Array.isArray(value)) return value;
    const to = value.pop() === 1 ? {} : [];
    open.push([value, to]);
    return to;
  };
  const document = valueOf(lists);
  for (let next = open.pop(); next; next = open.pop()) {
    const [from, to] = next;
    if (Array.isArray(to)) for (const item of from) to.push(valueOf(item));
    else for (let at = 0; at < from.length; at += 2) set(to, from[at], valueOf(from[at + 1]));
  }
  return document;
}

const ORDINARY = { writable: true, enumerable: true, configurable: true };

/**
 * @param {Record<string, any>} object
 * @param {string} key
 * @param {any} value
 */
function set(object, key, value) {
  if (!(key in object)) object[key] = value;
  // An assignment would use what Object.prototype has under this name: a setter, or a read-only property.
  else Object.defineProperty(object, key, Object.assign(Object.create(null), ORDINARY, { value }));
}

module.exports = { objectFromLists };
