// PgBouncer in front of a server. https://www.pgbouncer.org/config.html

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { freePort, makeDataFolder } from "../../support/postgres.mjs";
import { Program, handOver } from "../../support/server/program.mjs";
import { until } from "../../addon/support/until.js";
import { PGBOUNCER } from "./packages.mjs";

export interface PgBouncer {
  /** The server's address, by way of PgBouncer. */
  readonly url: string;
  /** PgBouncer's own database, for its commands. */
  readonly adminUrl: string;
  /** Ends it at once, with all connections, and starts it again. */
  restart(): Promise<void>;
  /** Ends it and removes what it has left. */
  stop(): Promise<void>;
}

/** In transaction mode with two connections to the server, unless told otherwise. */
export async function startPgBouncer(
  serverUrl: string,
  settings: Record<string, string | number> = {},
): Promise<PgBouncer> {
  const server = new URL(serverUrl);
  const port = await freePort();
  const folder = path.join(makeDataFolder(), "pgbouncer");
  mkdirSync(folder);
  handOver(path.dirname(folder));

  const lines = Object.entries({
    listen_addr: "127.0.0.1",
    listen_port: port,
    unix_socket_dir: "",
    auth_type: "scram-sha-256",
    auth_file: path.join(folder, "users"),
    admin_users: server.username,
    pool_mode: "transaction",
    default_pool_size: 2,
    max_client_conn: 1000,
    ...settings,
  }).map(([name, value]) => `${name} = ${value}`);
  const config = path.join(folder, "ini");
  write(
    config,
    `[databases]\n* = host=${server.hostname} port=${server.port}\n[pgbouncer]\n${lines.join("\n")}\n`,
  );
  write(path.join(folder, "users"), `"${server.username}" "${server.password}"\n`);
  handOver(folder);

  let program: Program;
  const start = async () => {
    program = new Program(PGBOUNCER, [config], folder);
    // It says so once it listens. A connection to try would count as a client for a moment.
    await until("PgBouncer is up", () => {
      if (!program.isRunning) throw new Error(`PgBouncer did not start:\n${program.lastWords}`);
      return program.lastWords.includes("process up");
    });
  };
  const end = async () => {
    program.signal("SIGTERM");
    await program.ended;
  };
  await start();

  const at = (database: string) => {
    const through = new URL(serverUrl);
    through.host = `127.0.0.1:${port}`;
    through.pathname = database;
    return through.href;
  };
  return {
    url: at(server.pathname),
    adminUrl: at("/pgbouncer"),
    restart: async () => {
      await end();
      await start();
    },
    stop: async () => {
      await end();
      rmSync(path.dirname(folder), { recursive: true, force: true });
    },
  };
}

function write(file: string, content: string): void {
  writeFileSync(file, content, { mode: 0o600 });
  handOver(file);
}
