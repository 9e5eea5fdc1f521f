"use strict";

/**
 * What the platform installs as the managed sandbox environment, and the hash that tells whether a row still is
 * that. Paperclip compares hashes that other servers have stored, so they have to be the same to the bit.
 */

const { createHash } = require("node:crypto");
const { isObject } = require("../caller/rows");
const { KUBERNETES, MANAGED, PROVIDER } = require("./marks");

/** @typedef {import("./tables").Row} Row */

/**
 * JSON with the keys in the order of the process's own language, and undefined as the text `undefined`.
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

/** What is stock of an environment: of its metadata, these keys. @param {Row} row @param {string[]} keys */
function stockOf({ name, description, config, metadata, status }, keys) {
  const managed = Object.fromEntries(keys.map((key) => [key, ownOrNull(metadata, key)]));
  return { name, description: description ?? null, config, metadata: managed, status };
}

/** The keys of metadata that the platform manages. @param {Row} desired @param {Row[]} bindings */
function managedKeys(desired, bindings) {
  const installed = bindings.map(({ defaults_json: { metadata } }) => (isObject(metadata) ? metadata : {}));
  return [...new Set([MANAGED, PROVIDER, KUBERNETES, ...[desired, ...installed].flatMap(Object.keys)])];
}

/** With what is desired of the keys. @param {Row | null} old @param {Row} desired @param {string[]} keys */
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
