import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/**
 * Gives an empty folder outside the repository, so that nothing is found by looking upwards, and removes it.
 *
 * @template T
 * @param {string} name
 * @param {(folder: string) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function inEmptyFolder(name, use) {
  const folder = await mkdtemp(path.join(tmpdir(), `environment-service-${name}-`));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
