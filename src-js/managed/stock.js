"use strict";

/**
 * What the platform installs as the managed sandbox environment, and the hash that tells whether a row still is
 * that. Paperclip compares hashes that other servers have stored, so they have to be the same to the bit.
 */

const { createHash } = require("node:crypto");
const { ARCHIVE_TOKEN, KUBERNETES, MANAGED, PROVIDER } = require("./marks");

/** @typedef {Record<string, any>} Values */
/** @typedef {{ name: string, description: string | null, config: any, metadata: any, status: string }} Described */

/**
 * JSON with the keys in the order of the process's own language, and undefined as the text `undefined`.
 *
 * @param {any} value
 * @returns {string}
 */
function stableJson(value) {
  if (Array.isArray(value)) return `[${value.map(stableJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const keys = Object.keys(value).sort((one, other) => one.localeCompare(other));
  return `{${keys.map((key) => `${JSON.stringify(key)}:${stableJson(value[key])}`).join(",")}}`;
}

/** @param {unknown} value */
function stockHash(value) {
  return `sha256:${createHash("sha256").update(stableJson(value)).digest("hex")}`;
}

/** @param {any} value @param {string} key */
const ownOrNull = (value, key) => (Object.hasOwn(value ?? {}, key) ? value[key] : null);

/** What is stock of an environment: of its metadata, the keys that the platform manages. @param {Described} from @param {string[]} keys */
function stockOf({ name, description, config, metadata, status }, keys) {
  const managed = Object.fromEntries(keys.map((key) => [key, ownOrNull(metadata, key)]));
  return { name, description: description ?? null, config, metadata: managed, status };
}

/** The keys of metadata that the platform manages. @param {Values} desired @param {Values[]} bindings */
function managedKeys(desired, bindings) {
  const installed = bindings.map(({ defaults_json: { metadata } }) =>
    Array.isArray(metadata) ? null : metadata,
  );
  const others = installed.flatMap((metadata) =>
    typeof metadata === "object" ? Object.keys(metadata ?? {}) : [],
  );
  return [...new Set([MANAGED, PROVIDER, KUBERNETES, ...Object.keys(desired), ...others])];
}

/** Metadata with what is desired of the managed keys. @param {Values | null} old @param {Values} desired @param {string[]} keys */
function mergeMetadata(old, desired, keys) {
  const merged = { ...old };
  for (const key of keys) {
    const value = ownOrNull(desired, key) ?? null;
    if (value === null) delete merged[key];
    else merged[key] = value;
  }
  return merged;
}

/** What was installed, without the note about its archiving. @param {Values} defaults */
function installedStock(defaults) {
  const stock = { ...defaults };
  delete stock[ARCHIVE_TOKEN];
  return stock;
}

/** How a row stands to what was installed and to what is to be. @param {string} current @param {string | undefined} installed @param {string} latest */
function statusOf(current, installed, latest) {
  if (current === latest) return "stock_current";
  return installed && current === installed ? "stock_update_available" : "operator_modified";
}

module.exports = { stockHash, stockOf, managedKeys, mergeMetadata, installedStock, statusOf };
