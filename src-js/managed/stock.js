"use strict";

/**
 * What the platform installs as the managed sandbox environment, and the hash that shows whether a row still equals
 * it. Paperclip compares hashes that other servers have stored, so they have to be identical.
 */

const { createHash } = require("node:crypto");
const { isObject } = require("../caller/rows");
const { KUBERNETES, MANAGED, PROVIDER } = require("./marks");

/** @typedef {import("./tables").Row} Row */

/**
 * JSON with its keys sorted by the locale of the process, and undefined as the text `undefined`.
 *
 * @type {(value: any) => string}
 */
function stableJson(value) {
  if (Array.isArray(value)) return `[${value.map(stableJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const keys = Object.keys(value).sort((one, other) => one.localeCompare(other));
  return `{${keys.map((key) => `${JSON.stringify(key)}:${stableJson(value[key])}`).join(",")}}`;
}

/** @param {unknown} value */
const hashOf = (value) => `sha256:${createHash("sha256").update(stableJson(value)).digest("hex")}`;

/** @param {any} value @param {string} key */
const ownOrNull = (value, key) => (Object.hasOwn(value ?? {}, key) ? value[key] : null);

/** The managed parts of an environment, with these keys of its metadata. @param {Row} row @param {string[]} keys */
function stockOf({ name, description, config, metadata, status }, keys) {
  const managed = Object.fromEntries(keys.map((key) => [key, ownOrNull(metadata, key)]));
  return { name, description: description ?? null, config, metadata: managed, status };
}

/** The keys of metadata that the platform manages. @param {Row} desired @param {Row[]} bindings */
function managedKeys(desired, bindings) {
  const installed = bindings.map(({ defaults_json: { metadata } }) => (isObject(metadata) ? metadata : {}));
  return [...new Set([MANAGED, PROVIDER, KUBERNETES, ...[desired, ...installed].flatMap(Object.keys)])];
}

/** The old metadata, with the desired values of the keys.
 * @param {Row | null} old @param {Row} desired @param {string[]} keys */
function mergeMetadata(old, desired, keys) {
  const merged = { ...old };
  for (const key of keys) {
    const value = ownOrNull(desired, key) ?? null;
    if (value === null) delete merged[key];
    else merged[key] = value;
  }
  return merged;
}

module.exports = { hashOf, stockOf, managedKeys, mergeMetadata };
