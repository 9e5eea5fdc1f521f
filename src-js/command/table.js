"use strict";

/** Tables for a terminal. */

const { cut, harmless, pad, widthOf } = require("./text");

/** @typedef {import("./text").Page} Page */

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: Row) => string | number | null} of
 * @property {number} [least] the width to which it can be cut on a terminal; later columns are cut first
 * @property {boolean} [isNumber]
 */

const GAP = "  ";

/**
 * The lines of a table.
 *
 * @template Row
 * @param {Page} page @param {Column<Row>[]} columns @param {readonly Row[]} rows
 */
function table(page, columns, rows) {
  const cells = rows.map((row) => columns.map(({ of }) => harmless(String(of(row) ?? "-"))));
  const widths = columns.map(({ title }, index) =>
    cells.reduce((most, line) => Math.max(most, widthOf(line[index] ?? "")), title.length),
  );
  if (page.isTerminal) shrink(widths, columns, page.columns);

  /** @param {string[]} line */
  const shown = (line) => {
    const padded = line.map((cell, index) => {
      const width = widths[index] ?? 0;
      if (columns[index]?.isNumber) return cell.padStart(width);
      return pad(cut(cell, width), width);
    });
    const text = padded.join(GAP).trimEnd();
    return page.isTerminal ? cut(text, page.columns) : text;
  };
  const titles = shown(columns.map(({ title }) => title));
  return [page.paint("bold", titles), ...cells.map(shown)];
}

/** @param {number[]} widths @param {{ least?: number }[]} columns @param {number} room */
function shrink(widths, columns, room) {
  let excess = widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length) - room;
  for (let index = columns.length - 1; index >= 0 && excess > 0; index -= 1) {
    const width = widths[index] ?? 0;
    const narrow = Math.max(Math.min(width, columns[index]?.least ?? width), width - excess);
    excess -= width - narrow;
    widths[index] = narrow;
  }
}

module.exports = { table };
