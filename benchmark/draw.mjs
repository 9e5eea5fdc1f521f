/** Writes the charts and the tables of the manual from figures that `npm run bench -- --json FILE` wrote. */

import { readFile } from "node:fs/promises";

import { publish } from "./report/publish.mjs";

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("Usage: node benchmark/draw.mjs FILE");
  process.exit(2);
}
await publish(JSON.parse(await readFile(file, "utf8")));
