/** Rust, but no prebuilt addon: installing builds it. Takes minutes, unless CARGO_TARGET_DIR was used before. */

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import path from "node:path";

import { install, makeCall, startProject } from "../support/npm.mjs";

/** @type {import("../case.mjs").Case} */
export async function fromSource({ folder, tarballs, env }) {
  await startProject(folder);
  await install(folder, [tarballs.main], { env });
  await makeCall(folder, env);
  const left = await readdir(path.join(folder, "node_modules/paperclip-environment-service"));
  assert.ok(!left.includes("target"), "What the compiler needs in between is left behind");
}
