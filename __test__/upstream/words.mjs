// The value sets of a release, from @paperclipai/shared.

import path from "node:path";
import { pathToFileURL } from "node:url";

const CONSTANTS = "dist/constants.js";

const SETS = [
  "ENVIRONMENT_DRIVERS",
  "ENVIRONMENT_STATUSES",
  "ENVIRONMENT_LEASE_STATUSES",
  "ENVIRONMENT_LEASE_POLICIES",
  "ENVIRONMENT_LEASE_CLEANUP_STATUSES",
];

/** Which files matter: the manifest says that the constants are an ES module. */
export const wordFiles = () => ["package.json", CONSTANTS];

/**
 * @param {string} folder where they are
 * @returns {Promise<Record<string, string[]>>} the words of each set that is there
 */
export async function readWords(folder) {
  const constants = await import(pathToFileURL(path.join(folder, CONSTANTS)).href);
  const there = SETS.filter((name) => Array.isArray(constants[name]));
  return Object.fromEntries(there.map((name) => [name, constants[name].map(String)]));
}
