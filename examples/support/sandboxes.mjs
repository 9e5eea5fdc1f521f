/**
 * A file stands for a provider of sandboxes: an id a line for each that runs. The default export gives a sandbox back,
 * as `reap --release` wants it.
 */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** The variable with the file's name. */
export const FILE = "SANDBOXES";

/** @param {string[]} ids of what runs */
export async function startProvider(ids) {
  const folder = await mkdtemp(path.join(tmpdir(), "environment-service-sandboxes-"));
  const file = path.join(folder, "ids");
  await writeFile(file, ids.join("\n"));
  return {
    file,
    running: async () => (await readFile(file, "utf8")).split("\n").filter((id) => id !== ""),
    close: () => rm(folder, { recursive: true }),
  };
}

/** @param {{ providerLeaseId: string | null }} lease */
export default async function release({ providerLeaseId }) {
  const file = process.env[FILE] ?? "";
  const ids = (await readFile(file, "utf8")).split("\n");
  await writeFile(file, ids.filter((id) => id !== providerLeaseId).join("\n"));
}
