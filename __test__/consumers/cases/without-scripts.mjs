/** Install scripts are off: the one command that the error names builds the addon. Takes minutes. */

import assert from "node:assert/strict";

import { finish, succeed } from "../../../scripts/command.mjs";
import { install, makeCall, startProject } from "../support/npm.mjs";

/** @type {import("../case.mjs").Case} */
export async function withoutScripts({ folder, tarballs, env }) {
  await startProject(folder);
  await install(folder, [tarballs.main], { env, flags: ["--ignore-scripts"] });

  const { output } = await finish(process.execPath, ["call.mjs"], { cwd: folder, env });
  const [, command] = /^ {2}(npx .*)$/m.exec(output) ?? [];
  assert.ok(command, `The error names no command:\n${output}`);

  const [program = "", ...args] = command.split(" ");
  await succeed(program, args, { cwd: folder, env });
  await makeCall(folder, env);
}
