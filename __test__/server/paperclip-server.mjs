// A Paperclip server with a home folder of its own and its own PostgreSQL. It can be stopped, killed and started again on
// the same data. It ends with this process.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { freePort } from "../support/postgres.mjs";
import { handOver } from "../support/server/program.mjs";
import { nodeOf } from "./release.mjs";
import { isThere, signal, until } from "./wait.mjs";

const START_LIMIT = 120_000;
const STOP_LIMIT = 60_000;
const LOG_KEPT = 8_000;

/** @type {Set<PaperclipServer>} */
const servers = new Set();
process.once("exit", () => servers.forEach((server) => server.endAtOnce()));
// Each of them would otherwise end this process without the line above.
for (const name of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.once(name, () => process.exit(130));
}

export class PaperclipServer {
  /** @type {import("node:child_process").ChildProcess | null} */
  #child = null;
  #log = "";
  #port = 0;

  /** @param {string} release the folder whose `node_modules` hold the server @param {string} home does not exist yet */
  constructor(release, home) {
    this.release = release;
    this.home = home;
    this.data = path.join(home, "postgres");
    mkdirSync(home, { mode: 0o755 });
    handOver(home);
    servers.add(this);
  }

  /** What routes begin with. */
  get url() {
    return `http://127.0.0.1:${this.#port}/api`;
  }

  /** Its PostgreSQL, which may be there without the server. */
  get databaseUrl() {
    return `postgres://paperclip:paperclip@127.0.0.1:${this.#postmaster()?.port}/paperclip`;
  }

  /** What it has said last. */
  get lastWords() {
    return this.#log;
  }

  get pid() {
    return this.#child?.pid;
  }

  /** Starts it and waits until it is ready. @param {Record<string, string>} [settings] beside the usual ones */
  async start(settings = {}) {
    this.#port = await freePort();
    const config = path.join(this.home, "config.json");
    writeFileSync(config, JSON.stringify(configuration(this.data, await freePort())), { mode: 0o644 });
    handOver(config);

    // Whoever owns its home.
    const { uid, gid } = statSync(this.home);
    const user = process.getuid?.() === uid ? {} : { uid, gid };
    const program = path.join(this.release, "node_modules/@paperclipai/server/dist/index.js");
    const child = spawn(nodeOf(this.release), [program], {
      ...user,
      cwd: this.home,
      env: {
        PATH: process.env["PATH"],
        HOME: this.home,
        TMPDIR: this.home,
        LC_ALL: "C",
        PAPERCLIP_HOME: path.join(this.home, "paperclip"),
        PAPERCLIP_CONFIG: config,
        PORT: String(this.#port),
        HOST: "127.0.0.1",
        SERVE_UI: "false",
        PAPERCLIP_MIGRATION_AUTO_APPLY: "true",
        PAPERCLIP_DB_BACKUP_ENABLED: "false",
        PAPERCLIP_ANNOUNCEMENTS_ENABLED: "false",
        PAPERCLIP_TELEMETRY_DISABLED: "1",
        HEARTBEAT_SCHEDULER_ENABLED: "false",
        ...settings,
      },
      // A group of its own: an interrupt from the keyboard is this process's to deal with.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    child.once("error", (error) => this.#remember(String(error)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (/** @type {string} */ text) => this.#remember(text));
    }
    await this.#isReady(child);
  }

  /** Stops it as an operator does, with its PostgreSQL. */
  async stop() {
    await this.#end("SIGTERM");
    const postmaster = this.#postmaster();
    if (postmaster && isThere(postmaster.pid)) await this.#endPostgres(postmaster.pid);
  }

  /** Kills it. Its PostgreSQL goes on. */
  async kill() {
    await this.#end("SIGKILL");
  }

  /** Ends whatever is left of it. */
  async remove() {
    await this.stop();
    servers.delete(this);
  }

  /** The same without waiting, for the end of this process. */
  endAtOnce() {
    if (this.pid && this.#runs()) signal(-this.pid, "SIGKILL");
    const postmaster = this.#postmaster();
    if (postmaster) signal(postmaster.pid, "SIGQUIT");
  }

  /** @param {import("node:child_process").ChildProcess} child */
  async #isReady(child) {
    try {
      await until("the server is ready", START_LIMIT, async () => {
        if (!this.#runs()) throw new Error(`The server ended with ${child.signalCode ?? child.exitCode}`);
        return (await healthOf(this.url)) === "ok";
      });
    } catch (cause) {
      throw new Error(`The server did not start. Its last words:\n${this.#log}`, { cause });
    }
  }

  #runs() {
    const child = this.#child;
    return Boolean(child?.pid && child.exitCode === null && child.signalCode === null);
  }

  /** @param {NodeJS.Signals} name */
  async #end(name) {
    const child = this.#child;
    if (!child || !this.#runs()) return;
    const ended = once(child, "exit", { signal: AbortSignal.timeout(STOP_LIMIT) });
    child.kill(name);
    await ended.catch(async () => {
      child.kill("SIGKILL");
      throw new Error(`The server did not end. Its last words:\n${this.#log}`);
    });
  }

  /** @param {number} pid */
  async #endPostgres(pid) {
    signal(pid, "SIGINT");
    await until("PostgreSQL ends", STOP_LIMIT, () => !isThere(pid)).catch(() => signal(pid, "SIGQUIT"));
  }

  /** PostgreSQL writes down which process it is and where it listens, as long as it runs. */
  #postmaster() {
    try {
      const lines = readFileSync(path.join(this.data, "postmaster.pid"), "utf8").split("\n");
      return { pid: Number(lines[0]), port: Number(lines[3]) };
    } catch {
      return null;
    }
  }

  /** @param {string} text */
  #remember(text) {
    this.#log = (this.#log + text).slice(-LOG_KEPT);
  }
}

/** "starting" as long as it repairs and ensures what it finds. @param {string} url @returns {Promise<string | null>} */
async function healthOf(url) {
  try {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) });
    return /** @type {{ status: string }} */ (await answer.json()).status;
  } catch {
    return null;
  }
}

/** Only a file can say where the server's PostgreSQL listens. @param {string} data @param {number} port */
function configuration(data, port) {
  return {
    $meta: { version: 1, updatedAt: new Date().toISOString(), source: "onboard" },
    database: { mode: "embedded-postgres", embeddedPostgresDataDir: data, embeddedPostgresPort: port },
    logging: { mode: "file", logDir: path.join(path.dirname(data), "logs") },
    server: {},
    telemetry: { enabled: false },
    updates: { checkEnabled: false },
  };
}
