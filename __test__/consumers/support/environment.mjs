/** What a consumer finds in `process.env`. */

import { existsSync } from "node:fs";
import path from "node:path";

/** Ours without what npm and vitest tell those that they start, which would reach a consumer's own npm. */
export function plainEnvironment() {
  const own = /^(npm_|INIT_CWD$|NODE_ENV$|NODE_OPTIONS$|VITEST|PAPERCLIP_ENVIRONMENT_SERVICE_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}

/** An environment as it is on a machine without Rust. @param {NodeJS.ProcessEnv} [env] */
export function environmentWithoutRust(env = plainEnvironment()) {
  const key = Object.keys(env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  const folders = (env[key] ?? "").split(path.delimiter);
  const hasCargo = (/** @type {string} */ folder) =>
    ["cargo", "cargo.exe"].some((name) => existsSync(path.join(folder, name)));
  return { ...env, [key]: folders.filter((folder) => !hasCargo(folder)).join(path.delimiter) };
}
