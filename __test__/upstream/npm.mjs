// Paperclip's packages on npm: their versions, and files from their tarballs, which are kept in `.cache/`.

import { randomBytes } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { finish } from "../../scripts/command.mjs";
import { filesOfTarball } from "../support/tarball.mjs";

const CACHE = fileURLToPath(new URL("../../.cache/", import.meta.url));

/** npm did not do what it was asked for. */
export class NpmError extends Error {}

/**
 * @param {string} name
 * @returns {Promise<string[]>}
 */
export async function versionsOf(name) {
  return [JSON.parse(await npm(["view", name, "versions"]))].flat();
}

/**
 * Puts files of a published package where they can be read, and compared by a person.
 *
 * @param {string} name
 * @param {string} version
 * @param {(files: Map<string, Buffer>) => string[]} choose
 * @returns {Promise<{ folder: string, files: Map<string, Buffer> }>}
 */
export async function fetchPackage(name, version, choose) {
  const all = filesOfTarball(await fetchTarball(name, version));
  const chosen = choose(all);
  const files = new Map([...all].filter(([file]) => chosen.includes(file)));
  const folder = path.join(CACHE, "upstream", version, path.posix.basename(name));
  await rm(folder, { recursive: true, force: true });
  for (const [file, content] of files) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), content);
  }
  return { folder, files };
}

/**
 * Fetched once; the contract's tests keep the tarballs that they need under the same names.
 *
 * @param {string} name
 * @param {string} version
 * @returns {Promise<Buffer>}
 */
async function fetchTarball(name, version) {
  const kept = path.join(CACHE, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`);
  const content = await readFile(kept).catch(() => null);
  if (content) return content;

  const folder = path.join(CACHE, `download-${randomBytes(6).toString("hex")}`);
  await mkdir(folder, { recursive: true });
  try {
    await npm(["pack", `${name}@${version}`, "--ignore-scripts"], folder);
    const [file] = await readdir(folder);
    if (file === undefined) throw new NpmError(`npm pack left no file for ${name}@${version}`);
    await rename(path.join(folder, file), kept);
    return await readFile(kept);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// Otherwise npm waits for minutes for a registry that does not answer.
const SETTINGS = ["--json", "--fetch-retries=1", "--fetch-timeout=30000"];

/**
 * @param {string[]} args
 * @param {string} [cwd]
 * @returns {Promise<string>} the JSON that it printed
 */
async function npm(args, cwd = CACHE) {
  await mkdir(cwd, { recursive: true });
  const { status, stdout, output } = await finish("npm", [...args, ...SETTINGS], { cwd });
  if (status === 0) return stdout;
  const [, summary] = /^ *"summary": "(.*)",?$/m.exec(stdout) ?? [];
  throw new NpmError(`npm ${args.slice(0, 2).join(" ")}: ${summary ?? output.trim()}`);
}
