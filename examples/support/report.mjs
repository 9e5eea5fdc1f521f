/** What the reader sees, a hundred columns wide at most. */

import { tableLines } from "./table.mjs";

const WIDTH = 98;
const INDENT = "   ";

/** @typedef {ReturnType<typeof report>} Report */
/** @typedef {Record<string, unknown>[]} Rows */

/**
 * @param {NodeJS.WriteStream} stream
 * @param {boolean} [verbose]
 */
export function report(stream, verbose = false) {
  const { bold, dim, green } = styles(stream);

  /** @param {string} [text] */
  const line = (text = "") => void stream.write(`${text}\n`);

  /** @param {string} text */
  const paragraph = (text) => {
    for (const each of wrapped(text, WIDTH)) line(each);
  };

  /** @param {Rows} rows */
  const table = (rows) => {
    const [heading = "", ...body] = tableLines(rows, WIDTH - INDENT.length);
    for (const each of rows.length === 0 ? [dim("none")] : [dim(heading), ...body]) line(INDENT + each);
  };

  return {
    paragraph,
    table,

    /**
     * @param {string} title
     * @param {Rows} rows
     */
    titledTable(title, rows) {
      line();
      line(INDENT + bold(title));
      table(rows);
    },

    /** @param {string} title */
    heading(title) {
      line();
      line(bold(title));
    },

    /** @param {string} text */
    finding(text) {
      for (const each of wrapped(text, WIDTH - INDENT.length)) line(INDENT + green(each));
    },

    /** @param {string[]} items */
    list(items) {
      for (const item of items) {
        const [first = "", ...others] = wrapped(item, WIDTH - 2 * INDENT.length);
        line(INDENT + first);
        for (const each of others) line(INDENT + INDENT + each);
      }
    },

    /**
     * What only --verbose shows.
     *
     * @param {string} title
     * @param {string} text
     */
    detail(title, text) {
      if (!verbose) return;
      line(INDENT + bold(title));
      for (const each of text.trimEnd().split("\n")) line(INDENT + each);
      line();
    },
  };
}

/**
 * @param {string} text
 * @param {number} width
 */
function wrapped(text, width) {
  /** @type {string[]} */
  const lines = [];
  let current = "";
  for (const word of text.split(" ")) {
    if (current !== "" && current.length + word.length >= width) {
      lines.push(current);
      current = word;
    } else {
      current = current === "" ? word : `${current} ${word}`;
    }
  }
  return [...lines, current];
}

/**
 * Nothing but the text, unless a terminal reads it that has not been told otherwise: https://no-color.org
 *
 * @param {NodeJS.WriteStream} stream
 */
function styles(stream) {
  const wanted = stream.isTTY && !process.env.NO_COLOR && process.env.TERM !== "dumb";
  /** @param {number} code @returns {(text: string) => string} */
  const style = (code) => (wanted ? (text) => `\x1b[${code}m${text}\x1b[0m` : (text) => text);
  return { bold: style(1), dim: style(2), green: style(32) };
}
