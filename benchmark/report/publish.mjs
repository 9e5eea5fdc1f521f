/** Writes what the manual shows of a run: the charts, a short table in the README, and all in docs/benchmark.md. */

import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";

import { shown } from "../rows.mjs";
import { charts } from "./charts.mjs";
import { circumstances, method } from "./results.mjs";
import { figures, loneCalls, ratios, startUps } from "./tables.mjs";

/** @typedef {import("./results.mjs").Results} Results */

const PACKAGE = new URL("../../", import.meta.url);
const [BEGIN, END] = ["<!-- bench:begin -->", "<!-- bench:end -->"];

/** What stands between the marks of each page. @type {Record<string, (results: Results) => string>} */
export const sections = { "README.md": inShort, "docs/benchmark.md": inFull };

/** @param {Results} results */
export async function publish(results) {
  for (const [name, svg] of Object.entries(charts(results))) {
    await writeFile(new URL(`../chart-${name}.svg`, import.meta.url), svg);
  }
  for (const [page, section] of Object.entries(sections)) {
    const file = new URL(page, PACKAGE);
    if (!existsSync(file)) {
      console.error(`${page} is not there, so its table is not written.`);
      continue;
    }
    await writeFile(file, withSection(await readFile(file, "utf8"), section(results)));
  }
}

/**
 * @param {string} text of a page
 * @param {string} section what is to stand between its marks
 */
export function withSection(text, section) {
  const [before, rest] = text.split(`${BEGIN}\n`);
  const [, after] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined) throw new Error(`There is no ${BEGIN} … ${END} to fill.`);
  return `${before}${BEGIN}\n\n${section}\n\n${END}${after}`;
}

/** @param {Results} results */
function inShort({ rows, date, machine, postgres, versions }) {
  const { cpu, cores } = machine;
  return [
    ratios(shown(rows)),
    `\`npm run bench\` on ${date.slice(0, 10)}: ${cpu}, ${cores} cores, Node ${versions["node"]}, PostgreSQL ` +
      `${postgres["server_version"]} on the same machine.`,
  ].join("\n\n");
}

/** @param {Results} results */
function inFull(results) {
  const { rows, startUp } = results;
  const lone = loneCalls(rows);
  return [
    method(results),
    circumstances(results),
    figures(rows),
    ...(lone ? ["A lone call of this package takes (the median):", lone] : []),
    ...(startUp ? [startUps(startUp)] : []),
  ].join("\n\n");
}
