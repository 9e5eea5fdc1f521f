/**
 * Writes the generated files from the description of a new build of the addon: how JavaScript reads its rows, which of
 * its methods keep the order of calls, and every statement that it sends.
 *
 *     node scripts/generate.mjs [FOLDER OF THE ADDON]
 */

import { createRequire } from "node:module";
import { existsSync, realpathSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import prettier from "prettier";

const require = createRequire(import.meta.url);
const { localFile } = require("../src-js/addon/places");

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {string} key
 * @property {string} kind
 * @property {{ name: string, words: string[] } | null} set
 * @property {boolean} nullable
 *
 * @typedef {object} Generation
 * @property {string} name
 * @property {string} fits
 * @property {{ row: string, columns: Column[] }[]} tables
 * @property {[name: string, isOrdered: boolean][]} methods
 * @property {[name: string, text: string][]} statements
 * @property {[name: string, text: string][]} forCallers
 *
 * @typedef {{ generations: Generation[], shared: [name: string, text: string][] }} Description
 */

/**
 * The generated files and their contents.
 *
 * @param {string} addon the file of a build
 * @returns {Promise<Map<string, string>>} by the file's path in the repository
 */
export async function generate(addon) {
  const { describe } = require(addon);
  /** @type {Description} */
  const { generations, shared } = JSON.parse(describe());
  /** @type {Map<string, string>} */
  const files = new Map();
  for (const generation of generations) {
    files.set(`src-js/generated/${generation.name}.js`, await formatted(readers(generation)));
  }
  files.set("src/paperclip/statements.sql", statements(generations, shared));
  return files;
}

/** A generation has the number of its first release. @param {string} name */
const titleOf = (name) => (name === "maintenance" ? "Maintenance" : `Paperclip ${name}`);

/** @param {Generation} generation */
function readers({ name, fits, tables, methods, forCallers }) {
  const ordered = methods.filter(([, isOrdered]) => isOrdered).map(([method]) => method);
  return `
    // Written by the build from src/paperclip/, never by hand.
    "use strict";

    /** ${titleOf(name)}: from the columns of a reply to what callers get. One object literal a row, so that all
     * have one shape, with the keys in their order. */

    const { at, dateOrNull } = require("../reply");

    /** @typedef {import("../reply").Columns} Columns */

    module.exports = {
      /** The tables that the generation fits, as \`src/paperclip/found.rs\` names them${fits ? "" : ": any"}. */
      fits: ${JSON.stringify(fits)},

      /** The methods whose calls about the same row, which their first argument names, take effect in order. */
      ordered: new Set(${JSON.stringify(ordered)}),
      ${tables.map(reader).join("\n\n")}

      ${forCallers.length > 0 ? callers(tables, forCallers) : ""}
    };`;
}

/**
 * @param {{ row: string, columns: Column[] }[]} tables
 * @param {[name: string, text: string][]} statements
 */
function callers(tables, statements) {
  const [table] = tables;
  const alone = statements.filter(([name]) => name.endsWith(", one"));
  const [insert, update] = alone.map(([name, text]) => ({ name, text }));
  const columns = table?.columns.map(({ name, key, kind, set }) => ({
    name,
    key,
    kind,
    ...(set && { set }),
  }));
  return `
    /** What goes through a caller's own transaction: how its rows are read, and what is sent. */
    caller: ${JSON.stringify({ columns, insert, update })},`;
}

/** @param {{ row: string, columns: Column[] }} table */
function reader({ row, columns }) {
  const cells = columns.map(({ key, kind, nullable }, index) => {
    const cell = `at(columns[${index}], row)`;
    return `${key}: ${kind === "timestamp" ? (nullable ? `dateOrNull(${cell})` : `new Date(${cell})`) : cell},`;
  });
  return `
    /** @param {Columns} columns @param {number} row */
    ${row}(columns, row) {
      return { ${cells.join("\n")} };
    },`;
}

/** @param {Generation[]} generations @param {[name: string, text: string][]} shared */
function statements(generations, shared) {
  /** @param {string} title @param {[string, string][]} list */
  const section = (title, list) => [
    `-- ${title}`,
    ...list.map(([name, text]) => `-- ${name}\n${lines(text)};`),
  ];
  return [
    "-- Every statement that the addon sends, in each of its forms. Written by the build, never by hand.",
    ...section("All generations", shared),
    ...generations.flatMap(({ name, statements }) => section(titleOf(name), statements)),
    "",
  ].join("\n\n");
}

/** Puts each clause of a statement on a line of its own. @param {string} text */
function lines(text) {
  return text.replace(
    / (?=(?:select|from|where|set|order by|on conflict|returning|update|delete|insert) )/g,
    "\n  ",
  );
}

/** @param {string} source */
async function formatted(source) {
  const options = JSON.parse(await readFile(path.join(root, ".prettierrc.json"), "utf8"));
  return prettier.format(source, { ...options, parser: "babel" });
}

const [, program, folder = root] = process.argv;
if (program !== undefined && realpathSync(program) === fileURLToPath(import.meta.url)) {
  const addon = path.resolve(folder, path.basename(localFile()));
  // A build for another platform cannot be loaded here, and would give the same files.
  const files = existsSync(addon) ? await generate(addon) : [];
  for (const [file, content] of files) {
    const place = path.join(root, file);
    // An equal file is not written again, because builds depend on modification times.
    if ((await readFile(place, "utf8").catch(() => null)) !== content) await writeFile(place, content);
  }
}
