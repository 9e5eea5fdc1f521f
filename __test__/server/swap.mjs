// Does the swap as a user would: installs the package beside the server, and replaces one file of the server.

import { copyFile, mkdir, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { succeed } from "../../scripts/command.mjs";

const require = createRequire(import.meta.url);
const { OVERRIDE, localFile } = require("../../src-js/addon/places");
const { name } = require("../../package.json");

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const SERVICES = "node_modules/@paperclipai/server/dist/services";

const SWAP_FILE = `\
import { environmentService as native } from "paperclip-environment-service/2026.916";
import { conflict, forbidden } from "../errors.js";
import { logActivity } from "./activity-log.js";

const server = { conflict, forbidden, logActivity };
export const environmentService = (db) => native(db, { server });
`;

/** @param {string} release the folder whose `node_modules` hold the server */
export async function swap(release) {
  await installPackage(path.join(release, "node_modules", name));
  const services = path.join(release, SERVICES);
  await rename(path.join(services, "environments.js"), path.join(services, "environments.original.js"));
  await writeFile(path.join(services, "environments.js"), SWAP_FILE);
}

/** What `npm pack` makes of the repository, with the addon that has been built in it. @param {string} folder */
async function installPackage(folder) {
  await mkdir(folder, { mode: 0o755 });
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const packed = Object.values(JSON.parse(await succeed("npm", pack, { cwd: ROOT })));
  await succeed("tar", ["-xzf", packed[0].filename, "--strip-components=1"], { cwd: folder });
  // Beside the rest, for the server's user may not be able to get to where it lies.
  const chosen = process.env[OVERRIDE];
  if (chosen) await copyFile(path.resolve(chosen), path.join(folder, path.basename(localFile())));
}
