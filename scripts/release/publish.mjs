/**
 * Publishes the packages that are not published yet: `node scripts/release/publish.mjs --tag v1.2.3 --binaries folder`.
 * After a failure it can be run again. `--dry-run` leaves out npm's last step.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { finish } from "../command.mjs";
import { run } from "../setup.mjs";
import { checkContents } from "./contents.mjs";
import { lintTarball } from "./lint.mjs";
import { packTarballs } from "./pack.mjs";
import { checkVersion } from "./version.mjs";

const { values } = parseArgs({
  options: {
    tag: { type: "string" },
    binaries: { type: "string" },
    "dry-run": { type: "boolean", default: false },
  },
});
const { tag, binaries } = values;
if (!tag || !binaries) throw new Error("Needed: --tag v1.2.3 --binaries folder");

const version = await checkVersion(tag);
const output = await mkdtemp(path.join(tmpdir(), "environment-service-publish-"));
const tarballs = await packTarballs({ output, binaries, all: true });
await checkContents(tarballs);
await lintTarball(tarballs.main);

// The main package comes last, because it depends on the others.
for (const tarball of [...tarballs.byPlatform.values(), tarballs.main]) await publish(tarball);
await rm(output, { recursive: true, force: true });

/** @param {string} tarball */
async function publish(tarball) {
  const name = path.basename(tarball, `-${version}.tgz`);
  if (!values["dry-run"] && (await isPublished(name))) {
    console.log(`${name} ${version} is published already`);
    return;
  }
  run("npm", [
    "publish",
    tarball,
    "--access",
    "public",
    "--tag",
    version.includes("-") ? "next" : "latest",
    ...(values["dry-run"] ? ["--dry-run"] : []),
  ]);
}

/** @param {string} name */
async function isPublished(name) {
  const { stdout } = await finish("npm", ["view", `${name}@${version}`, "version"]);
  return stdout.trim() === version;
}
