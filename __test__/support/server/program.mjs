// Programs beside this process: servers, and what prepares them. They end with this process at the latest.

import { spawn } from "node:child_process";
import { chownSync } from "node:fs";

import { isRoot } from "../postgres.mjs";

/** PostgreSQL and PgBouncer refuse to run as root. This user is on every machine and owns nothing. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const user = isRoot() ? NOBODY : {};

const LOG_LINES_KEPT = 60;

/** @type {Set<Program>} */
const running = new Set();

process.once("exit", () => {
  for (const program of running) program.signal("SIGKILL");
});

/** Lets the user that programs run as have a file or folder. @param {string} path */
export function handOver(path) {
  if (isRoot()) chownSync(path, NOBODY.uid, NOBODY.gid);
}

/** A program that is running, and what it has said last. */
export class Program {
  #child;
  /** @type {string[]} */
  #log = [];
  /** @type {Promise<number | null>} */
  ended;

  /**
   * @param {string} command
   * @param {string[]} args
   * @param {string} folder where it runs: one that its user may enter
   */
  constructor(command, args, folder) {
    const env = { ...process.env, LC_ALL: "C", HOME: folder };
    this.#child = spawn(command, args, { ...user, cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    running.add(this);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (/** @type {string} */ text) => this.#remember(text));
    }
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#remember(String(error));
        running.delete(this);
        resolve(null);
      });
      // Not "close": a server's children hold on to its output a little longer.
      this.#child.once("exit", (status) => {
        running.delete(this);
        resolve(status);
      });
    });
  }

  get pid() {
    return this.#child.pid;
  }

  get isRunning() {
    return running.has(this);
  }

  /** What it has said, as far as it is remembered. */
  get lastWords() {
    return this.#log.join("");
  }

  /** @param {NodeJS.Signals} name */
  signal(name) {
    this.#child.kill(name);
  }

  /** @param {string} text */
  #remember(text) {
    this.#log.push(text);
    this.#log.splice(0, this.#log.length - LOG_LINES_KEPT);
  }
}

/**
 * Runs a program to its end; an error that holds its last words if that is not a good one.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {string} folder
 */
export async function run(command, args, folder) {
  const program = new Program(command, args, folder);
  const status = await program.ended;
  if (status !== 0) throw new Error(`${command} ended with ${status}:\n${program.lastWords}`);
}
