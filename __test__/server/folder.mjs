// The temporary folder for all files. The server's user has access to it, but not to the repository.

import {
  chmodSync,
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { isRoot } from "../support/postgres.mjs";

/** @returns {{ folder: string, remove: () => void }} */
export function makeFolder() {
  // Root may have a temporary folder that nobody else can enter.
  const folder = mkdtempSync(path.join(isRoot() ? "/tmp" : tmpdir(), "environment-service-server-"));
  chmodSync(folder, 0o755);
  // With retries, for a server that has just been told to end may still be writing there.
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  process.once("exit", remove);
  return { folder, remove };
}

/**
 * Copies a folder, by hard links where that can be done: the files are not to be changed, only replaced.
 *
 * @param {string} from
 * @param {string} to
 */
export function copyByLinks(from, to) {
  mkdirSync(to, { mode: 0o755 });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) copyByLinks(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else linkOrCopy(source, target);
  }
}

/** @param {string} source @param {string} target */
function linkOrCopy(source, target) {
  try {
    linkSync(source, target);
  } catch {
    // The folders are on two devices, or the system forbids links.
    copyFileSync(source, target, constants.COPYFILE_FICLONE);
  }
}
