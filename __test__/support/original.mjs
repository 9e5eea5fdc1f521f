// The original environment services, fetched from npm as the oracles of the contract tests. None of their code is in
// this repository: it is in `.cache/`, which git ignores.
//
// A few files of each release are used: the service itself, its types, what it imports from the server, the constants of
// the `@paperclipai/shared` that was published with it (they differ in the words), and since 2026.824 the tables:
// drizzle's definitions and the migrations. The tables of 2026.427 are from schema.mjs and schema.sql in this repository,
// since its `@paperclipai/db` is not on npm.

import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { filesOfTarball } from "./tarball.mjs";

/**
 * A package of a release. Files are given by full names or patterns.
 *
 * @typedef {{ name: string, integrity: string, files: (string | RegExp)[] }} Source
 */

/**
 * @typedef {object} Release
 * @property {string} version
 * @property {Source[]} sources
 * @property {string} [drizzle] the package in `node_modules` that is its drizzle-orm, if it differs from this repository's
 */

const SERVER = "@paperclipai/server";
const SHARED = "@paperclipai/shared";
const DB = "@paperclipai/db";
const SERVICE = "dist/services/environments.js";
const TYPES = "dist/services/environments.d.ts";
const CONSTANTS = "dist/constants.js";
const DECLARATIONS = /^dist\/.+\.d\.ts$/;

/**
 * A release since 2026.824.
 *
 * @param {string} version
 * @param {{ server: string, shared: string, db: string }} integrity
 * @returns {Release}
 */
const later = (version, { server, shared, db }) => ({
  version,
  sources: [
    {
      name: SERVER,
      integrity: `sha512-${server}`,
      files: [
        SERVICE,
        TYPES,
        "dist/services/activity-log.d.ts",
        /^dist\/(errors|services\/(managed-resource-drift|cloud-instance))\.(js|d\.ts)$/,
      ],
    },
    { name: SHARED, integrity: `sha512-${shared}`, files: [CONSTANTS, DECLARATIONS] },
    {
      name: DB,
      integrity: `sha512-${db}`,
      files: [
        /^dist\/(schema\/[^/]+|run-event-payload)\.js$/,
        /^dist\/migrations\/([^/]+\.sql|meta\/_journal\.json)$/,
      ],
    },
  ],
  drizzle: "drizzle-orm-0.45",
});

/** @typedef {"2026.427" | "2026.824" | "2026.831" | "2026.916"} Generation */

/** @type {Record<Generation, Release>} */
const RELEASES = {
  2026.427: {
    version: "2026.427.0",
    sources: [
      {
        name: SERVER,
        integrity:
          "sha512-p6cqXvarRIcI+wovmd1rlXZ7a74XowT53G0Xx7sJ6QLoYZ1G5NfHMsr5FHECT/tnNR6E/C4iWhCSpNsL6PbC+w==",
        files: [SERVICE, TYPES],
      },
      {
        name: SHARED,
        integrity:
          "sha512-NX3/xd5isVfrRIGaPWZNVSYhPAka9Xo96Vb54wwzdrAIGl3vQf9QMAREv0CiXnPbCXSBCjwjNn0ldFb6j/byhA==",
        files: [CONSTANTS, DECLARATIONS],
      },
    ],
  },
  2026.824: later("2026.824.1", {
    server: "GvzIxq6+Om0dE0xs++BiAA0+r1PEpwqwXXYtVPsPxo9SUXzHRIZXAgC6Jc02WocP4Owp8ouR5i4ajpPaPkCv0A==",
    shared: "PKgePWGXWhQYRoILtKG7S2QppFkBKmCpzVEySoo6BXO4aO1vmgYDi5f9x3wC7zzukugWkEqMOjBspTMCuYtvTQ==",
    db: "8iLAsKHOtwKgWMM9lm/n2adQyhnEsTMZ2bpI5aXre6NDl9LU/xJ1hZx0lLcLfcZMs8Et/buLM+UsEX9zrhhcAw==",
  }),
  2026.831: later("2026.831.1", {
    server: "bE2XhlFVHOSJdI2vshJsMtUPRvqc0b1NI916aaY5oLnOzccF1baczxVAXlupGocHO/F5cclTvxpNkO4c2fASjA==",
    shared: "rkpful4jL71GIl8+SRBD4oUm1Kcrz4V4RXz75kQYq8DX2xmLA0gKzcDWeenouYrAmFvzeOshDCQpc1u8FrN4xQ==",
    db: "eIAdBUh8U/Qp73hBqW/VMQRyLX+UhM8wsMTzRvh1txDalzdBmH3I443LigvtFb83oACt2iad2RTZ0JCxzohOaw==",
  }),
  2026.916: later("2026.916.1", {
    server: "zRNWVpfhZUnV2nncNamp6lP5Y0W//y6iUA8eTYTL2QurIvBBuy178u7XTKkcjN5Z4hd6KNMVeFKyGh40jG4fVQ==",
    shared: "SrAuGkqt0hpuTJ82J0Hk6tYao/7I7djp3wzYaYT7rej3se9PnZ5cKT8HI5/du9TM0RLO7+fElhdVG7IDyGuIZg==",
    db: "QCrMXXfUHjqkp6ploB2UTCTWrc2pR0o1jQdhSOkpo7ct4Vw3j+o9iaJU4zI+oC0rk3QT+IdO9rhuHibonJBmTw==",
  }),
};

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CACHE = path.join(ROOT, ".cache");
const SCHEMA = fileURLToPath(new URL("./schema.mjs", import.meta.url));

/** @param {Generation} generation */
const homeOf = (generation) => path.join(CACHE, `original-${RELEASES[generation].version}-v2`);

/** @param {Generation} generation @param {string} name @param {string} file */
const importOf = (generation, name, file) =>
  import(/* @vite-ignore */ pathToFileURL(path.join(homeOf(generation), "node_modules", name, file)).href);

/**
 * Fetches the original, unless it is in the cache. Any number of processes may call it at once: each builds a folder of
 * its own, and the first to rename it wins.
 *
 * @param {Generation} generation
 * @returns {Promise<void>}
 */
export async function prepareOriginal(generation) {
  const home = homeOf(generation);
  if (existsSync(home)) return;

  const { version, sources, drizzle } = RELEASES[generation];
  const draft = path.join(CACHE, `draft-${randomBytes(6).toString("hex")}`);
  try {
    for (const source of sources) {
      await writePackage(draft, source.name, {
        ...OWN_FILES[source.name],
        ...(await fetchFiles(source, version)),
      });
    }
    if (drizzle === undefined) {
      // Relative to the module's final place, which is as deep as the draft's.
      const schema = path
        .relative(path.join(home, "node_modules", DB), SCHEMA)
        .split(path.sep)
        .join("/");
      await writePackage(draft, DB, { "index.js": `export * from "${schema}";\n`, "index.d.ts": DB_TYPES });
    } else {
      await writePackage(draft, "zod", { "index.js": ZOD, "index.d.ts": ZOD });
      const link = path.join(draft, "node_modules/drizzle-orm");
      await symlink(path.join(ROOT, "node_modules", drizzle), link, "junction");
    }
    await rename(draft, home);
  } catch (error) {
    if (!existsSync(home)) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** The type of a database that the service's declarations import. */
const DB_TYPES = `import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import type { Sql } from "postgres";
export type Db = PostgresJsDatabase<Record<string, unknown>> & { $client: Sql };
`;

/** The declarations of the words use zod 4, which is in a folder of version 3.25. */
const ZOD = 'export * from "../../../../node_modules/zod/v4/index.js";\n';

/**
 * Replacements for files that are not fetched.
 *
 * @type {Record<string, Record<string, string>>}
 */
const OWN_FILES = {
  [SERVER]: {
    // Keeps its entries for tests to read.
    "dist/services/activity-log.js":
      "export const entries = [];\nexport async function logActivity(db, entry) {\n  entries.push({ db, entry });\n}\n",
  },
  [SHARED]: {
    "index.js": 'export * from "./dist/constants.js";\n',
    "index.d.ts": 'export * from "./dist/index.js";\n',
  },
  [DB]: { "index.js": 'export * from "./dist/schema/index.js";\n', "index.d.ts": DB_TYPES },
};

/**
 * The original's factory. Its results have the types of the contract; see provider.ts.
 *
 * @param {Generation} generation
 * @returns {Promise<(db: unknown) => unknown>}
 */
export async function loadOriginal(generation) {
  await prepareOriginal(generation);
  return (await importOf(generation, SERVER, SERVICE)).environmentService;
}

/**
 * The drizzle definitions of the generation's tables, and drizzle's factory.
 *
 * @param {Generation} generation
 * @returns {Promise<{ schema: Record<string, unknown>, drizzle: (client: import("postgres").Sql, config: object) => unknown }>}
 */
export async function loadSchema(generation) {
  const { drizzle } = RELEASES[generation];
  if (drizzle === undefined) {
    const schema = await import("./schema.mjs");
    return { schema, drizzle: (await import("drizzle-orm/postgres-js")).drizzle };
  }
  await prepareOriginal(generation);
  const schema = await importOf(generation, DB, "index.js");
  return { schema, drizzle: (await import("drizzle-orm-0.45/postgres-js")).drizzle };
}

/**
 * The functions that a server since 2026.824 passes to the service, and the entries of `logActivity`.
 *
 * @param {Generation} generation
 */
export async function loadServer(generation) {
  await prepareOriginal(generation);
  const { conflict, forbidden, HttpError } = await importOf(generation, SERVER, "dist/errors.js");
  const { entries, logActivity } = await importOf(generation, SERVER, "dist/services/activity-log.js");
  return { conflict, forbidden, HttpError, entries, logActivity };
}

/**
 * The statements that create the generation's tables in an empty database, in order.
 *
 * @param {Generation} generation
 * @returns {Promise<string[]>}
 */
export async function tablesOf(generation) {
  if (RELEASES[generation].drizzle === undefined) {
    return [await readFile(new URL("./schema.sql", import.meta.url), "utf8")];
  }
  await prepareOriginal(generation);
  const folder = path.join(homeOf(generation), "node_modules", DB, "dist/migrations");
  const { entries } = JSON.parse(await readFile(path.join(folder, "meta/_journal.json"), "utf8"));
  const files = entries.map((/** @type {{ tag: string }} */ { tag }) =>
    readFile(path.join(folder, `${tag}.sql`), "utf8"),
  );
  return (await Promise.all(files)).flatMap((text) => text.split("--> statement-breakpoint"));
}

/** @param {string} home @param {string} name @param {Record<string, string | Buffer>} files */
async function writePackage(home, name, files) {
  const folder = path.join(home, "node_modules", name);
  const manifest = JSON.stringify({ name, type: "module", exports: { ".": "./index.js" } });
  for (const [file, content] of Object.entries({ "package.json": manifest, ...files })) {
    const target = path.join(folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, content);
  }
}

/** @param {Source} source @param {string} version @returns {Promise<Record<string, Buffer>>} */
async function fetchFiles(source, version) {
  const archive = filesOfTarball(await fetchTarball(source, version));
  /** @type {Record<string, Buffer>} */
  const contents = {};
  for (const wanted of source.files) {
    const isWanted = (/** @type {string} */ file) =>
      typeof wanted === "string" ? file === wanted : wanted.test(file);
    const found = [...archive].filter(([file]) => isWanted(file));
    if (found.length === 0) throw new Error(`${source.name}@${version} holds no ${wanted}`);
    for (const [file, content] of found) contents[file] = content;
  }
  return contents;
}

/** @param {Source} source @param {string} version @returns {Promise<Buffer>} */
async function fetchTarball(source, version) {
  const target = path.join(CACHE, `${source.name.replace("@", "").replace("/", "-")}-${version}.tgz`);
  const cached = await readFile(target).catch(() => null);
  if (cached && integrityOf(cached) === source.integrity) return cached;

  const folder = path.join(CACHE, `download-${randomBytes(6).toString("hex")}`);
  await mkdir(folder, { recursive: true });
  try {
    await npmPack(source, version, folder);
    const [name] = await readdir(folder);
    if (!name) throw new Error(`npm pack left no file for ${source.name}@${version}`);
    const content = await readFile(path.join(folder, name));
    const integrity = integrityOf(content);
    if (integrity !== source.integrity) {
      throw new Error(
        `${source.name}@${version} is not what it was: expected ${source.integrity}, got ${integrity}`,
      );
    }
    await rename(path.join(folder, name), target);
    return content;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {Source} source @param {string} version @param {string} folder */
async function npmPack(source, version, folder) {
  const windows = process.platform === "win32";
  const options = { cwd: folder, shell: windows, timeout: 300_000 };
  const pack = ["pack", `${source.name}@${version}`, "--ignore-scripts", "--silent"];
  try {
    await promisify(execFile)(windows ? "npm.cmd" : "npm", pack, options);
  } catch (cause) {
    throw new Error(
      `What is compared with the original needs ${source.name}@${version}: it is not in ${CACHE}, ` +
        "and npm could not fetch it from the registry. Run it once while the registry can be reached.",
      { cause },
    );
  }
}

/** @param {Buffer} content */
function integrityOf(content) {
  return `sha512-${createHash("sha512").update(content).digest("base64")}`;
}
