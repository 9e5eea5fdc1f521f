/**
 * Makes the tarballs for npm: the main package, and one for each platform with a binary.
 *
 *     node scripts/release/pack.mjs --binaries . --output tarballs [--all]
 *
 * `--all` makes a missing binary an error.
 */

import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { succeed } from "../command.mjs";
import { publishedManifest } from "./manifest.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * @typedef {object} Tarballs
 * @property {string} main
 * @property {Map<string, string>} byPlatform
 * @property {Map<string, Record<string, any>>} manifests by the package's name; of every platform
 */

/**
 * @param {object} options
 * @param {string} options.output the folder for the tarballs
 * @param {string} [options.binaries] the folder of the `.node` files
 * @param {boolean} [options.all] whether every platform's binary is required
 * @param {boolean} [options.platformPackages] whether the main package depends on those of the platforms
 * @returns {Promise<Tarballs>}
 */
export async function packTarballs({ output, binaries = root, all = false, platformPackages = true }) {
  await mkdir(output, { recursive: true });
  const stage = await mkdtemp(path.join(tmpdir(), "environment-service-pack-"));
  try {
    const main = path.join(stage, "package");
    await unpackRepository(stage);
    const manifest = await readJson(path.join(main, "package.json"));

    await writeJson(path.join(stage, "package.json"), publishedManifest(manifest, []));
    await succeed("npx", ["napi", "create-npm-dirs", "--cwd", stage], { cwd: root });
    const platforms = await readdir(path.join(stage, "npm"));

    /** @type {Tarballs["byPlatform"]} */
    const byPlatform = new Map();
    /** @type {Tarballs["manifests"]} */
    const manifests = new Map();
    for (const platform of platforms) {
      const folder = path.join(stage, "npm", platform);
      const ofPlatform = await readJson(path.join(folder, "package.json"));
      manifests.set(ofPlatform["name"], ofPlatform);
      const binary = `${manifest["napi"].binaryName}.${platform}.node`;
      if (existsSync(path.join(binaries, binary))) {
        await copyFile(path.join(binaries, binary), path.join(folder, binary));
        await copyFile(path.join(root, "LICENSE"), path.join(folder, "LICENSE"));
        byPlatform.set(platform, await pack(folder, output));
      } else if (all) {
        throw new Error(`${binary} is not in ${binaries}`);
      }
    }

    const published = publishedManifest(manifest, platformPackages ? platforms : []);
    manifests.set(published["name"], published);
    await writeJson(path.join(main, "package.json"), published);
    return { main: await pack(main, output), byPlatform, manifests };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** Unpacks what npm would pack, so that `files` alone decides what that is. @param {string} stage */
async function unpackRepository(stage) {
  const tarball = await pack(root, stage);
  // Not its full path: some versions of tar read the part before a colon as a host name.
  await succeed("tar", ["-xzf", path.basename(tarball)], { cwd: stage });
}

/** @param {string} folder @param {string} output @returns {Promise<string>} */
async function pack(folder, output) {
  const args = ["pack", "--json", "--pack-destination", path.resolve(output)];
  const packed = Object.values(JSON.parse(await succeed("npm", args, { cwd: folder })));
  return path.resolve(output, packed[0].filename);
}

/** @param {string} file @returns {Promise<Record<string, any>>} */
async function readJson(file) {
  return JSON.parse(await readFile(file, "utf8"));
}

/** @param {string} file @param {unknown} value */
async function writeJson(file, value) {
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values } = parseArgs({
    options: {
      binaries: { type: "string", default: root },
      output: { type: "string", default: "tarballs" },
      all: { type: "boolean", default: false },
    },
  });
  const { main, byPlatform } = await packTarballs(values);
  console.log([...byPlatform.values(), main].join("\n"));
}
