/** Neither a prebuilt addon nor Rust: installing succeeds, and the import's error says what to do. */

import assert from "node:assert/strict";

import { finish } from "../../../scripts/command.mjs";
import { environmentWithoutRust } from "../support/environment.mjs";
import { install, startProject } from "../support/npm.mjs";

/** @type {import("../case.mjs").Case} */
export async function withoutRust({ folder, tarballs }) {
  const env = environmentWithoutRust();
  await startProject(folder);
  await install(folder, [tarballs.main], { env });

  const imported = await finish(process.execPath, ["call.mjs"], { cwd: folder, env });
  assert.equal(imported.status, 1);
  assert.match(imported.output, /ADDON_NOT_LOADED/);
  assert.match(imported.output, /^ {2}npx paperclip-environment-service build$/m);

  const built = await finish("npx", ["paperclip-environment-service", "build"], { cwd: folder, env });
  assert.equal(built.status, 2);
  assert.match(built.output, /Rust is needed to build the addon: https:\/\/rustup\.rs/);
}
