// A reader of npm's tarballs; it needs no `tar` on the machine.

import { gunzipSync } from "node:zlib";

const BLOCK = 512;

/**
 * @param {Buffer} tarball
 * @returns {Map<string, Buffer>} by the name below the package's folder
 */
export function filesOfTarball(tarball) {
  const archive = gunzipSync(tarball);
  /** @type {Map<string, Buffer>} */
  const files = new Map();
  const text = (/** @type {number} */ from, /** @type {number} */ to) =>
    archive.toString("utf8", from, to).replace(/\0.*$/s, "");
  for (let at = 0; at + BLOCK <= archive.length;) {
    const [name, prefix] = [text(at, at + 100), text(at + 345, at + 500)];
    const size = Number.parseInt(text(at + 124, at + 136), 8) || 0;
    const start = at + BLOCK;
    const whole = prefix === "" ? name : `${prefix}/${name}`;
    files.set(whole.replace(/^package\//, ""), archive.subarray(start, start + size));
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
