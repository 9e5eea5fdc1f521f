/** All that a run has found, as it is written by `--json`. */

import { readFileSync } from "node:fs";
import os from "node:os";

import { wrapped } from "./markdown.mjs";
import { size } from "./numbers.mjs";

/**
 * @typedef {object} Results
 * @property {string} date
 * @property {number} seconds that the run took, without the set-up
 * @property {Machine} machine
 * @property {Record<string, string>} versions
 * @property {Record<string, string>} postgres its settings
 * @property {import("../measure/stage.mjs").Pace} pace
 * @property {number} connections of each provider
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
const ORIGINAL = "@paperclipai/server 2026.427.0 and 2026.916.1";

const PACKAGE = new URL("../../", import.meta.url);

/** @returns {Record<string, string>} */
export function describeVersions() {
  return {
    node: process.versions.node,
    ours: versionIn("package.json"),
    original: ORIGINAL,
    "drizzle-orm": versionIn("node_modules/drizzle-orm/package.json"),
    "drizzle-orm-0.45": versionIn("node_modules/drizzle-orm-0.45/package.json"),
    postgres: versionIn("node_modules/postgres/package.json"),
    pg: versionIn("node_modules/pg/package.json"),
  };
}

/** @param {string} file read rather than required, since a package may not export it */
function versionIn(file) {
  return JSON.parse(readFileSync(new URL(file, PACKAGE), "utf8")).version;
}

/** How it was measured. @param {Results} results */
export function method({ pace, connections, rows }) {
  return wrapped(
    "The first table compares this package with the original: how many times its calls a second, what part of its " +
      "event-loop time; and how many times the calls a second of postgres.js by hand. An agent run counts as one " +
      "call. Processor time is user and system time of the whole process. " +
      `All are medians of ${pace.rounds} rounds of ${pace.slice} ms, with the least and the greatest ratio in ` +
      `brackets, and at most ${connections} connections.` +
      (rows.some(({ databaseMicros }) => databaseMicros !== null)
        ? " The database's own time is what pgbench takes for the same statement, prepared, on one connection."
        : ""),
  );
}

/** On what it was measured. @param {Results} results */
export function circumstances({ date, machine, postgres, versions }) {
  const settings = Object.entries(postgres).map(([name, value]) => `${name} ${value}`);
  return wrapped(
    `Measured on ${date.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${size(machine.memoryBytes)} of ` +
      `memory, ${machine.system}, Node ${versions["node"]}. PostgreSQL is on the same machine (${settings.join(", ")}). ` +
      `The originals are ${versions["original"]}, with drizzle-orm ${versions["drizzle-orm"]} and ` +
      `${versions["drizzle-orm-0.45"]} over postgres.js ${versions["postgres"]}; node-postgres is ${versions["pg"]}.`,
  );
}
