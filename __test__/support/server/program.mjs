// Programs that this process starts: servers, and what prepares them. They end with this process at the latest.

import { spawn } from "node:child_process";
import { chownSync } from "node:fs";

import { isRoot } from "../postgres.mjs";

/** PostgreSQL and PgBouncer refuse to run as root. This user exists on every machine and owns nothing. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const user = isRoot() ? NOBODY : {};

const LOG_LINES_KEPT = 60;

/** @type {Set<Program>} */
const running = new Set();

process.once("exit", () => {
  for (const program of running) program.signal("SIGKILL");
});

/** Gives a file or folder to the user that programs run as. @param {string} path */
export function handOver(path) {
  if (isRoot()) chownSync(path, NOBODY.uid, NOBODY.gid);
}

/** A running program, and its latest output. */
export class Program {
  #child;
  /** @type {string[]} */
  #log = [];
  /** @type {Promise<number | null>} */
  ended;

  /**
   * @param {string} command
   * @param {string[]} args
   * @param {string} folder the working directory, which its user may enter
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
      // Not "close": a server's children keep its output open a little longer.
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

  /** The latest output. */
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
 * Runs a program to its end. If it fails, throws an error with its latest output.
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
