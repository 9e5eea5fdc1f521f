/** The database's own time for a lone call: its own measuring program sends the same statement, prepared. */

import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { median } from "./statistics.mjs";

/** @typedef {import("../work/work.mjs").Limit} Limit */

/** @typedef {(limit: Limit, milliseconds: number) => Promise<number>} Pgbench median microseconds */

/** Transactions to find out how many fit into a slice; and never fewer. */
const FEWEST = 5;

const DEBIAN = "/usr/lib/postgresql";

/**
 * @param {string} url of a database of its own
 * @returns {Promise<{ run: Pgbench, close: () => Promise<void> } | null>} null where it is not installed
 */
export async function findPgbench(url) {
  const program = await findProgram();
  if (!program) return null;

  const folder = await mkdtemp(path.join(tmpdir(), "environment-service-pgbench-"));
  /** Transactions that take about a slice, by script. @type {Map<string, number>} */
  const transactions = new Map();

  const file = path.join(folder, "script.sql");
  return {
    run: async (limit, milliseconds) => {
      const script = scriptOf(limit);
      await writeFile(file, script);
      const run = (/** @type {number} */ count) => runOnce(program, url, file, count);
      const count =
        transactions.get(script) ??
        Math.max(FEWEST, Math.round((milliseconds * 1_000) / (await run(FEWEST))));
      transactions.set(script, count);
      return run(count);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * @param {string} program
 * @param {string} url
 * @param {string} file
 * @param {number} transactions
 */
async function runOnce(program, url, file, transactions) {
  const { hostname, port, username, password, pathname } = new URL(url);
  const log = await mkdtemp(path.join(path.dirname(file), "log-"));
  await promisify(execFile)(
    program,
    ["-n", "-M", "prepared", "-f", file, "-c", "1", "-t", String(transactions)].concat(
      ["-l", `--log-prefix=${log}/transactions`],
      ["-h", hostname, "-p", port, "-U", username, pathname.slice(1)],
    ),
    { env: { ...process.env, PGPASSWORD: password } },
  );
  const [name = ""] = await readdir(log);
  // A line is the client, the number of the transaction, and its microseconds, or a word if it failed.
  const lines = (await readFile(path.join(log, name), "utf8")).trimEnd().split("\n");
  const micros = median(lines.map((line) => Number(line.split(" ")[2])));
  if (lines.length !== transactions || Number.isNaN(micros)) throw new Error("pgbench did not do it.");
  return micros;
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
