/** The process behind `npm run bench`, when all is set up: a server, the run on it, and what becomes of it. */

import { writeFile } from "node:fs/promises";

import { benchmark } from "./benchmark.mjs";
import { readOptions } from "./options.mjs";
import { publish } from "./report/publish.mjs";
import { inText } from "./report/text.mjs";
import { onServer } from "./server.mjs";

await onServer(async (serverUrl) => {
  const options = readOptions(process.argv.slice(2));
  if ("refusal" in options) throw new Error(options.refusal);

  const results = await benchmark(options, serverUrl);
  console.log(inText(results));
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, null, 2)}\n`);
  if (options.charts) await publish(results);
  return 0;
});
