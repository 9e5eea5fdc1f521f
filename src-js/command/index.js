#!/usr/bin/env node
"use strict";

/** `npx paperclip-environment-service`: runs a subcommand, prints its answer, and sets the exit status. */

const { build } = require("./build");
const { program, version } = require("./command");
const { findDatabase, nameOf } = require("./database");
const { doctor } = require("./doctor");
const { helpOf, helpOfAll } = require("./help");
const { inventory } = require("./inventory");
const { leases } = require("./leases");
const { Given, UsageError } = require("./options");
const { showProgress } = require("./progress");
const { prune } = require("./prune");
const { reap } = require("./reap");
const { jsonOf, oneLine, pageOf } = require("./text");

/** @typedef {import("./command").Command} Command */

const COMMANDS = [doctor, leases, reap, prune, inventory, build];
const FAILED = 2;
/** The exit statuses that a shell reports for a process ended by a signal.
 * @type {Partial<Record<NodeJS.Signals, number>>} */
const INTERRUPTED = { SIGINT: 130, SIGTERM: 143 };

/** @param {string[]} args @returns {Promise<number>} the exit status */
async function main([first, ...args]) {
  if (first === "--version") return print([version]);
  if (first === "--help" || first === "-h") return print(helpOfAll(COMMANDS));
  const command = COMMANDS.find(({ name }) => name === first);
  if (command === undefined) {
    // Other text is not repeated, because it may be a URL with a password.
    const what = /^[\w-]+$/.test(first ?? "") ? `there is no command ${first}` : "a command is needed";
    return complain(`${what}\nSee: npx ${program} --help`);
  }
  try {
    const given = new Given(command.options, args);
    if (given.flag("help")) return print(helpOf(command));
    return await run(command, given);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return complain(`${oneLine(error.message)}\nSee: npx ${program} ${command.name} --help`);
  }
}

/** @param {Command} command @param {InstanceType<typeof import("./options").Given>} given */
async function run(command, given) {
  const { signal, status } = interruption();
  /** @type {import("./database").Database | undefined} */
  let database;
  /** @type {import("../../maintenance").LeaseMaintenance | undefined} */
  let maintenance;
  let endProgress = () => {};
  /** @type {import("./command").Context} */
  const context = {
    open: () => {
      database = findDatabase(given.text("database-url"));
      // Loaded only now, because the subcommand that builds the addon runs without it.
      const { leaseMaintenance } = require("../../maintenance");
      maintenance = leaseMaintenance(database.url, { maxConnections: 2, applicationName: program });
      endProgress = showProgress(() => context.progress() || "Looking …");
      return maintenance;
    },
    signal,
    progress: () => "",
  };
  try {
    const { isClean, document, lines } = await command.run(given, context);
    endProgress();
    print(given.flag("json") ? [jsonOf(document)] : lines(pageOf(process.stdout)));
    return isClean ? 0 : 1;
  } catch (error) {
    endProgress();
    if (error instanceof UsageError) throw error;
    const sofar = context.progress() && `; so far: ${context.progress()}`;
    if (signal.aborted) return complain(`interrupted${sofar}`, status());
    const writes = given.flag("yes");
    const where = database ? ` (${oneLine(nameOf(database))})` : "";
    return complain(
      `could not ${writes ? command.name : (command.verb ?? "look")}: ${reasonOf(error, writes)}${where}${sofar}`,
    );
  } finally {
    await maintenance?.close();
  }
}

/** A second signal ends the process at once. */
function interruption() {
  const controller = new AbortController();
  let status = FAILED;
  for (const [name, number] of Object.entries(INTERRUPTED)) {
    process.once(name, () => {
      status = number;
      controller.abort();
    });
  }
  return { signal: controller.signal, status: () => status };
}

/** @param {any} error @param {boolean} writes */
function reasonOf(error, writes) {
  const words = error instanceof Error ? error.message : String(error);
  const message = oneLine(error?.code === "42P01" && error.hint ? `${words}. ${error.hint}` : words);
  if (error?.code === "42501") return `the role may not ${writes ? "write" : "look"}: ${message}`;
  return message;
}

/** @param {string[]} lines */
function print(lines) {
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

/** @param {string} why */
function complain(why, status = FAILED) {
  process.stderr.write(`${program}: ${why}\n`);
  return status;
}

// The reader may close the pipe early, as `head` does. The work continues.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (/** @type {NodeJS.ErrnoException} */ error) => {
    if (error.code !== "EPIPE") throw error;
  });
}

main(process.argv.slice(2)).then((status) => {
  // Exits once all output is written: the module in `--release` may have left handles open.
  process.stdout.write("", () => process.exit(status));
});
