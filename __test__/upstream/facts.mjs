// The facts about a release that are compared.

import { fetchPackage, versionsOf } from "./npm.mjs";
import { readService, serviceFiles } from "./service.mjs";
import { readTables, tableFiles } from "./tables.mjs";
import { readWords, wordFiles } from "./words.mjs";

export const SERVER = "@paperclipai/server";
const DB = "@paperclipai/db";
const SHARED = "@paperclipai/shared";

/**
 * Null is what has not been published.
 *
 * @typedef {object} Facts
 * @property {Record<string, string>} files
 * @property {string[]} methods
 * @property {Record<string, string[]>} imports
 * @property {Record<string, string[]> | null} words
 * @property {Record<string, import("./tables.mjs").TableFacts> | null} tables
 * @property {string[]} [unreadable] what could not be found out, and why
 */

/** The versions of each package. */
export async function published() {
  const names = [SERVER, DB, SHARED];
  return new Map(
    await Promise.all(names.map(async (name) => /** @type {const} */ ([name, await versionsOf(name)]))),
  );
}

/**
 * @param {string} version
 * @param {Map<string, string[]>} versions what is published
 * @param {() => Promise<string>} startServer gives the URL of a PostgreSQL server
 * @returns {Promise<Facts & { unreadable: string[] }>}
 */
export async function factsOf(version, versions, startServer) {
  const has = (/** @type {string} */ name) => versions.get(name)?.includes(version);
  const server = await fetchPackage(SERVER, version, serviceFiles);
  const shared = has(SHARED) ? await fetchPackage(SHARED, version, wordFiles) : null;
  const db = has(DB) ? await fetchPackage(DB, version, tableFiles) : null;

  /** @type {string[]} */
  const unreadable = [];
  /** @template T @param {string} what @param {() => Promise<T>} read */
  const attempt = async (what, read) => {
    try {
      return await read();
    } catch (error) {
      unreadable.push(`${what}: ${error instanceof Error ? error.message : error}`);
      return null;
    }
  };
  const words = shared && (await attempt("the words", () => readWords(shared.folder)));
  const tables = db && (await attempt("the tables", async () => readTables(db.files, await startServer())));
  return { ...readService(server.files), words, tables, unreadable };
}
