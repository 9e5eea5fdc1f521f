// Facts about a release's service without running it: the hashes of its files, its methods, its imports.

import { createHash } from "node:crypto";
import path from "node:path/posix";

const SERVICE = "dist/services/environments.js";
const TYPES = "dist/services/environments.d.ts";

/** It imports the activity log only to tell it what was done. */
const LOG = "dist/services/activity-log.js";

/** @typedef {ReadonlyMap<string, Buffer>} Files the content of each by its name in its package */

/**
 * @typedef {object} ServiceFacts
 * @property {Record<string, string>} files the SHA-256 of each
 * @property {string[]} methods
 * @property {Record<string, string[]>} imports the names that it imports of each module of Paperclip's
 */

/**
 * Which files matter: the service, its types, and what it imports of the server.
 *
 * @param {Files} files all of the server's package
 * @returns {string[]}
 */
export function serviceFiles(files) {
  const imported = Object.keys(importsIn(text(files, SERVICE)))
    .filter((module) => module.startsWith("."))
    .map((module) => path.join(path.dirname(SERVICE), module));
  return [SERVICE, TYPES, ...imported.filter((file) => file !== LOG)];
}

/**
 * @param {Files} files those that matter
 * @returns {ServiceFacts}
 */
export function readService(files) {
  const hashes = [...files].map(([file, content]) => [
    file,
    createHash("sha256").update(content).digest("hex"),
  ]);
  return {
    files: Object.fromEntries(hashes),
    methods: methodsIn(text(files, TYPES)),
    imports: importsIn(text(files, SERVICE)),
  };
}

/**
 * The members of what the factory returns.
 *
 * @param {string} types the text of its declarations
 */
function methodsIn(types) {
  const [, members = ""] = /\bfunction environmentService\([^)]*\): \{\n([\s\S]*?)^\}/m.exec(types) ?? [];
  return [...members.matchAll(/^ {4}(\w+)\??[:(<]/gm)].map(([, name = ""]) => name);
}

/** @param {string} code */
function importsIn(code) {
  /** @type {Record<string, string[]>} */
  const imports = {};
  for (const [, clause = "", module = ""] of code.matchAll(
    /^import\s+([^"';]*?)\s+from\s+["']([^"']+)["']/gm,
  )) {
    if (!/^(?:\.|@paperclipai\/)/.test(module)) continue;
    const names = clause.split(/[{},]/).map((name) => name.trim());
    imports[module] = [...(imports[module] ?? []), ...names.filter((name) => name !== "")].toSorted();
  }
  return imports;
}

/** @param {Files} files @param {string} file */
function text(files, file) {
  return String(files.get(file) ?? "");
}
