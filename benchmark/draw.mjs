/** Draws the charts from figures that `npm run bench -- --json FILE` wrote. */

import { readFile } from "node:fs/promises";

import { drawCharts } from "./report/charts.mjs";

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("Usage: node benchmark/draw.mjs FILE");
  process.exit(2);
}
await drawCharts(JSON.parse(await readFile(file, "utf8")));
