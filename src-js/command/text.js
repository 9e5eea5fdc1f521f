"use strict";

/** Text for a terminal: made harmless, and cut or wrapped to its width. */

const HARMFUL = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const TWO_COLUMNS =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/gu;
const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

/** @typedef {keyof typeof CODES} Style */

/**
 * Where text is shown. Programs read what is not a terminal, so ids are not cut there.
 *
 * @typedef {{ columns: number, isTerminal: boolean, paint: (style: Style, text: string) => string }} Page
 */

/** @param {{ isTTY?: boolean, columns?: number }} stream @returns {Page} */
function pageOf({ isTTY, columns }, env = process.env) {
  const hasColours = isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  return {
    columns: columns || 80,
    isTerminal: isTTY === true,
    paint: (style, text) => (hasColours ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text),
  };
}

/** Escapes characters that move the cursor, colour the screen or reverse the direction of text. @param {string} text */
const harmless = (text) =>
  text.replace(HARMFUL, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);

/** Harmless text on one line. @param {string} text */
const oneLine = (text) => harmless(text.replace(/\s+/g, " ").trim());

/** How many columns the text takes. @param {string} text */
const widthOf = (text) => [...text.replace(/\p{M}/gu, "").replace(TWO_COLUMNS, "  ")].length;

/** @param {string} text @param {number} width */
function cut(text, width) {
  if (widthOf(text) <= width) return text;
  let start = "";
  for (const character of text) {
    if (widthOf(start + character) >= width) break;
    start += character;
  }
  return `${start}…`;
}

/** @param {string} text @param {number} width */
const pad = (text, width) => text + " ".repeat(Math.max(width - widthOf(text), 0));

/** Wraps text between words. Words that are too long are cut only on a terminal.
 * @param {Page} page @param {string} text */
function wrap({ columns, isTerminal }, text, indent = 0) {
  const width = Math.max(columns - indent, 20);
  /** @type {string[]} */
  const lines = [];
  let line = "";
  for (const word of text.split(" ").map((each) => (isTerminal ? cut(each, width) : each))) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && widthOf(longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line].map((each) => " ".repeat(indent) + each);
}

/** @param {number} number */
const figure = (number) => number.toLocaleString("en-US");

/** @param {number} number @param {string} one */
const count = (number, one, many = `${one}s`) => `${figure(number)} ${number === 1 ? one : many}`;

/** The control characters that JSON does not escape and a terminal would obey. */
const OBEYED = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** @param {object} document */
const jsonOf = (document) =>
  JSON.stringify(document, null, 2).replace(OBEYED, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });

/** A page that is not a terminal, and 80 columns wide. @type {Page} */
const PAPER = { columns: 80, isTerminal: false, paint: (_style, text) => text };

module.exports = { PAPER, count, cut, figure, harmless, jsonOf, oneLine, pad, pageOf, widthOf, wrap };
