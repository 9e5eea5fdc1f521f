"use strict";

/** What tells one build of the addon from another: `linux-x64-gnu`, `darwin-arm64`, `win32-x64-msvc`. */

/**
 * @typedef {object} Report
 * @property {boolean} [excludeNetwork] since Node 20.13
 * @property {() => { header: { glibcVersionRuntime?: string } }} getReport
 */

/** @type {string | undefined} */
let known;

/** The platform that this process runs on, named as napi-rs names it. */
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
 * Whether this very process runs on glibc. Files on the disk would only say what else is installed: a
 * machine may hold both libraries.
 */
function usesGlibc() {
  const report = /** @type {Report} */ (/** @type {unknown} */ (process.report));
  const { excludeNetwork } = report;
  // The names of network interfaces are looked up otherwise, which can take seconds.
  report.excludeNetwork = true;
  try {
    return Boolean(report.getReport().header.glibcVersionRuntime);
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}

module.exports = { platformName };
