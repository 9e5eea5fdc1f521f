/** The files that may be in the tarballs, and limits on their sizes, beyond which somebody should look. */

import path from "node:path";

import { succeed } from "../command.mjs";

const MAIN = {
  limit: 250_000,
  files: [
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
    /^(index|2026\.427|2026\.916|maintenance)\.(js|d\.ts)$/,
    /^docs\/.+\.md$/,
    /^src-js\/.+\.js$/,
    /^install\/.+\.mjs$/,
    /^(Cargo\.toml|Cargo\.lock|build\.rs|rust-toolchain\.toml)$/,
    /^src\/.+\.rs$/,
  ],
};

const PLATFORM = {
  limit: 4_000_000,
  files: [/^(package\.json|README\.md|LICENSE)$/, /^paperclip-environment-service\.[a-z0-9-]+\.node$/],
};

/** @typedef {{ path: string, size: number }} File */

/**
 * Prints what the tarballs hold, and fails if something is missing, is not expected, or is too large.
 *
 * @param {import("./pack.mjs").Tarballs} tarballs
 */
export async function checkContents({ main, byPlatform }) {
  await check(main, MAIN);
  for (const tarball of byPlatform.values()) await check(tarball, PLATFORM);
}

/** @param {string} tarball @param {{ limit: number, files: RegExp[] }} expected */
async function check(tarball, { limit, files: patterns }) {
  const args = ["pack", "--dry-run", "--json", tarball];
  const { files, size, unpackedSize } = Object.values(JSON.parse(await succeed("npm", args)))[0];
  const title = path.basename(tarball);
  console.log(`${title}: ${kilobytes(size)}, unpacked ${kilobytes(unpackedSize)}`);
  for (const [folder, sizes] of byFolder(files)) console.log(`  ${folder}  ${kilobytes(sum(sizes))}`);

  const paths = files.map((/** @type {File} */ file) => file.path);
  const stray = paths.filter((/** @type {string} */ file) => !patterns.some((pattern) => pattern.test(file)));
  const missing = patterns.filter(
    (pattern) => !paths.some((/** @type {string} */ file) => pattern.test(file)),
  );
  if (stray.length > 0) throw new Error(`${title} holds what it should not: ${stray.join(", ")}`);
  if (missing.length > 0) throw new Error(`${title} lacks ${missing.join(", ")}`);
  if (size > limit)
    throw new Error(`${title} has ${kilobytes(size)}; expected are ${kilobytes(limit)} at most`);
}

/**
 * The sizes of the files at the top, and of folders with their contents.
 *
 * @param {File[]} files
 */
function byFolder(files) {
  /** @type {Map<string, number[]>} */
  const groups = new Map();
  for (const { path: file, size } of files) {
    const [top = "", ...rest] = file.split("/");
    const key = rest.length > 0 ? `${top}/` : top;
    groups.set(key, [...(groups.get(key) ?? []), size]);
  }
  return groups;
}

/** @param {number[]} sizes */
const sum = (sizes) => sizes.reduce((total, size) => total + size, 0);

/** @param {number} bytes */
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
