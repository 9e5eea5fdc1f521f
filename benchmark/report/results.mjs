/** All that a run has found, as it is written by `--json`. */

import { readFileSync } from "node:fs";
import os from "node:os";

/**
 * @typedef {object} Results
 * @property {string} date
 * @property {number} seconds that the run took, without the set-up
 * @property {Machine} machine
 * @property {Record<string, string>} versions
 * @property {Record<string, string>} postgres its settings
 * @property {import("../measure/rounds.mjs").Pace} pace
 * @property {number} connections of each provider, if the row does not say otherwise
 * @property {import("../measure/rounds.mjs").Measured[]} rows
 * @property {import("../start-up/index.mjs").StartUp | null} startUp
 */

/** @typedef {{ cpu: string, cores: number, memoryBytes: number, system: string }} Machine */

/** @returns {Machine} */
export function describeMachine() {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() || "unknown processor",
    cores: cpus.length,
    memoryBytes: os.totalmem(),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
  };
}

/** See __test__/support/original.mjs. */
const ORIGINAL = "@paperclipai/server 2026.427.0";

const PACKAGE = new URL("../../", import.meta.url);

/** @returns {Record<string, string>} */
export function describeVersions() {
  return {
    node: process.versions.node,
    ours: versionIn("package.json"),
    original: ORIGINAL,
    "drizzle-orm": versionIn("node_modules/drizzle-orm/package.json"),
    postgres: versionIn("node_modules/postgres/package.json"),
    pg: versionIn("node_modules/pg/package.json"),
  };
}

/** @param {string} file read rather than required, since a package may not export it */
function versionIn(file) {
  return JSON.parse(readFileSync(new URL(file, PACKAGE), "utf8")).version;
}
