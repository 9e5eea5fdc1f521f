"use strict";

/** The places of the addon, in the order in which they are tried. */

const { existsSync } = require("node:fs");
const path = require("node:path");

const { name, version } = require("../../package.json");
const { platformName } = require("./platform");

/** Names the only file to load: if other places were tried, a wrong setting would go unnoticed. */
const OVERRIDE = "PAPERCLIP_ENVIRONMENT_SERVICE_BINARY";

const packageFolder = path.join(__dirname, "../..");

/**
 * @typedef {object} Place
 * @property {string} what its name in errors
 * @property {() => unknown} load
 */

/** The file that a build on this machine makes. */
function localFile() {
  return path.join(packageFolder, `${name}.${platformName()}.node`);
}

/** @returns {Place[]} */
function places() {
  const override = process.env[OVERRIDE];
  if (override) return [{ what: `${OVERRIDE}=${override}`, load: () => loadFile(path.resolve(override)) }];

  const file = localFile();
  const platformPackage = `${name}-${platformName()}`;
  return [
    { what: file, load: () => loadFile(file) },
    { what: `the package ${platformPackage}`, load: () => loadPackage(platformPackage) },
  ];
}

/** @param {string} file */
function loadFile(file) {
  // Node would load any other file as JavaScript.
  if (path.extname(file) !== ".node") throw new Error("The name of a native addon ends in .node");
  if (!existsSync(file)) throw new Error("There is no such file");
  return require(file);
}

/** @param {string} platformPackage */
function loadPackage(platformPackage) {
  const { version: found } = manifest(platformPackage);
  // Checked before the addon is loaded: the format of calls and replies depends on the version.
  if (found !== version) throw new Error(`It is version ${found}, and ${version} is needed`);
  return require(platformPackage);
}

/** @param {string} platformPackage @returns {{ version: string }} */
function manifest(platformPackage) {
  try {
    return require(`${platformPackage}/package.json`);
  } catch {
    throw new Error("It is not installed");
  }
}

/** Whether this is the repository rather than an installed package: npm never packs a lock file. */
function isCheckout() {
  return existsSync(path.join(packageFolder, "package-lock.json"));
}

module.exports = { OVERRIDE, isCheckout, localFile, packageFolder, places };
