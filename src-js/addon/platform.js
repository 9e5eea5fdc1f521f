"use strict";

/** The platform in the name of a build: `linux-x64-gnu`, `darwin-arm64`, `win32-x64-msvc`. */

/**
 * @typedef {object} Report
 * @property {boolean} [excludeNetwork] since Node 20.13
 * @property {() => { header: { glibcVersionRuntime?: string } }} getReport
 */

/** @type {string | undefined} */
let known;

/** The platform that this process runs on, by its name in napi-rs. */
function platformName() {
  known ??= findName();
  return known;
}

function findName() {
  const { platform, arch } = process;
  if (platform === "linux") return `${platform}-${arch}-${usesGlibc() ? "gnu" : "musl"}`;
  if (platform === "win32") return `${platform}-${arch}-msvc`;
  return `${platform}-${arch}`;
}

/**
 * Whether this process runs on glibc. Files on the disk only show what is installed, and a machine may have
 * both libraries.
 */
function usesGlibc() {
  const report = /** @type {Report} */ (/** @type {unknown} */ (process.report));
  const { excludeNetwork } = report;
  // Otherwise the report resolves the names of network interfaces, which can take seconds.
  report.excludeNetwork = true;
  try {
    return Boolean(report.getReport().header.glibcVersionRuntime);
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}

module.exports = { platformName };
