/**
 * `npm run release:dry [-- --tag v1.2.3]`: does all steps of a release for this platform except publishing. It installs
 * the package in every supported way, including from source. A tag has to be the version, and the changelog has to have
 * an entry for it.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { setUp, startProgram } from "../setup.mjs";
import { checkContents } from "./contents.mjs";
import { lintTarball } from "./lint.mjs";
import { packTarballs } from "./pack.mjs";
import { checkVersion } from "./version.mjs";

const { values } = parseArgs({ options: { tag: { type: "string" } } });

const output = await mkdtemp(path.join(tmpdir(), "environment-service-release-"));
try {
  step("Is the version the same everywhere?");
  console.log(await checkVersion(values.tag ?? null));

  await setUp();

  step("What do the packages hold?");
  const tarballs = await packTarballs({ output });
  await checkContents(tarballs);

  step("Is the package well-formed?");
  await lintTarball(tarballs.main);

  step("Can it be installed, imported and used?");
  const consumers = ["__test__/consumers/run.mjs", "all"];
  // Reuses the crates that are compiled already.
  const env = { CARGO_TARGET_DIR: fileURLToPath(new URL("../../target", import.meta.url)), ...process.env };
  if ((await startProgram(process.execPath, consumers, env)) !== 0) throw new Error("It cannot.");
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await rm(output, { recursive: true, force: true });
}

/** @param {string} question */
function step(question) {
  console.log(`\n— ${question}`);
}
