/**
 * `npm run bench`: all set-up, then the addon side by side with the original and with what one would
 * write by hand, on one embedded PostgreSQL. See options.mjs for what can be asked for.
 *
 * targets.mjs    what is measured, and what is wanted of it
 * benchmark.mjs  the run, in its order
 * rows.mjs       the rows: a kind of work and a number of callers
 * work/          the kinds of work: what is called, and how it is seen that the answer is right
 * providers/     who does it, each in a process of its own
 * data/          the tables' contents, the same for each
 * measure/       taking turns, the figures, and their medians
 * start-up/      what it costs to be there at all
 * report/        text, JSON, and the tables and charts of the manual
 * compare/       this build beside another one: `npm run bench:compare`
 */

import { fileURLToPath } from "node:url";

import { run, setUp } from "../scripts/setup.mjs";
import { HELP, readOptions } from "./options.mjs";

const args = process.argv.slice(2);
const asked = readOptions(args);
if ("refusal" in asked) {
  console.error(`${asked.refusal}\n\n${HELP}`);
  process.exit(2);
}
if (asked.help) {
  console.log(HELP);
  process.exit(0);
}

await setUp();
// A process of its own, since a server that is being looked after must not be kept waiting.
run(process.execPath, [fileURLToPath(new URL("main.mjs", import.meta.url)), ...args]);
