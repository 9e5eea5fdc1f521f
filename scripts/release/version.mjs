/** Checks that the version is the same in all files. */

import { readFile } from "node:fs/promises";

const root = new URL("../../", import.meta.url);

/** @param {string} file */
const read = (file) => readFile(new URL(file, root), "utf8");

/**
 * Fails unless all files agree, and the changelog has an entry for this version. Before a release, the entry may still be
 * under "Unreleased".
 *
 * @param {string | null} tag the tag that is being released
 * @returns {Promise<string>}
 */
export async function checkVersion(tag) {
  const [manifest, lock, cargo, cargoLock, changelog] = await Promise.all([
    read("package.json"),
    read("package-lock.json"),
    read("Cargo.toml"),
    read("Cargo.lock"),
    read("CHANGELOG.md"),
  ]);
  const { name, version } = JSON.parse(manifest);
  const { version: locked, packages } = JSON.parse(lock);
  const found = {
    "package-lock.json": locked,
    'package-lock.json, packages[""]': packages[""].version,
    "Cargo.toml": first(/^version = "(.*)"$/m, cargo),
    "Cargo.lock": first(new RegExp(`^name = "${name}"\\r?\\nversion = "(.*)"$`, "m"), cargoLock),
    ...(tag === null ? {} : { "the tag": tag.replace(/^v/, "") }),
  };
  const wrong = Object.entries(found).filter(([, other]) => other !== version);
  if (wrong.length > 0) {
    const list = wrong.map(([where, other]) => `\n  ${where}: ${other}`).join("");
    throw new Error(`package.json says ${version}, but:${list}`);
  }
  checkChangelog(changelog, version, tag !== null);
  return version;
}

/**
 * @param {string} changelog
 * @param {string} version
 * @param {boolean} released
 */
function checkChangelog(changelog, version, released) {
  const sections = changelog.split(/^## /m).slice(1);
  const wanted = released ? [`[${version}] - `] : [`[${version}] - `, "[Unreleased]"];
  const section = sections.find((text) => wanted.some((title) => text.startsWith(title)));
  if (section === undefined || !/^- /m.test(section)) {
    throw new Error(`CHANGELOG.md has no entry under "## [${version}] - <date>"`);
  }
}

/** @param {RegExp} pattern @param {string} text */
function first(pattern, text) {
  return pattern.exec(text)?.[1] ?? "no version";
}
