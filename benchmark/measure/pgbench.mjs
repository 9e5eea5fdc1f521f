/**
 * What PostgreSQL itself can do with one statement a call, by its own measuring program: the limit for anybody
 * who does not put several calls into one statement.
 */

import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { CONNECTIONS } from "../providers/provider.mjs";

/** @typedef {import("../work/work.mjs").Limit} Limit */

/** @typedef {(limit: Limit, callers: number, milliseconds: number) => Promise<number>} Pgbench calls per second */

/** The first time, when nothing is known of how fast it is. */
const FIRST_TRANSACTIONS = 200;

const DEBIAN = "/usr/lib/postgresql";

/**
 * @param {string} url of a database of its own
 * @returns {Promise<{ run: Pgbench, close: () => Promise<void> } | null>} null where it is not installed
 */
export async function findPgbench(url) {
  const program = await findProgram();
  if (!program) return null;

  const folder = await mkdtemp(path.join(tmpdir(), "environment-service-pgbench-"));
  /** Transactions of each client, by script and clients, that take about a slice. @type {Map<string, number>} */
  const transactions = new Map();

  return {
    run: async (limit, callers, milliseconds) => {
      const clients = Math.min(callers, CONNECTIONS);
      const script = scriptOf(limit);
      const file = path.join(folder, "script.sql");
      await writeFile(file, script);
      const key = `${clients} ${script}`;
      const each = transactions.get(key) ?? FIRST_TRANSACTIONS;
      const speed = await runOnce(program, url, file, clients, each);
      transactions.set(key, Math.max(50, Math.round((speed * milliseconds) / 1_000 / clients)));
      return speed;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * @param {string} program
 * @param {string} url
 * @param {string} file
 * @param {number} clients
 * @param {number} transactions of each
 */
async function runOnce(program, url, file, clients, transactions) {
  const { hostname, port, username, password, pathname } = new URL(url);
  const threads = Math.min(2, clients);
  const args = ["-n", "-M", "prepared", "-f", file].concat(
    ["-c", clients, "-j", threads, "-t", transactions].map(String),
    ["-h", hostname, "-p", port, "-U", username, pathname.slice(1)],
  );
  const env = { ...process.env, PGPASSWORD: password };
  const { stdout } = await promisify(execFile)(program, args, { env });
  const speed = /^tps = ([\d.]+)/m.exec(stdout)?.[1];
  if (!speed || !/failed transactions: 0 /.test(stdout)) throw new Error(`pgbench did not do it:\n${stdout}`);
  return Number(speed);
}

/** @param {Limit} limit */
function scriptOf({ text, values, numbers }) {
  const statement = text.replace(/\$(\d+)/g, (_, number) => values[Number(number) - 1] ?? "");
  return `\\set n random(0, ${numbers - 1})\n${statement.trim().replace(/\s+/g, " ")};\n`;
}

async function findProgram() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const candidates = ["pgbench", ...versions.map((version) => path.join(DEBIAN, version, "bin/pgbench"))];
  for (const candidate of candidates) {
    const found = await promisify(execFile)(candidate, ["--version"]).catch(() => null);
    if (found) return candidate;
  }
  return null;
}
