/** Tables for a terminal, as wide as their cells and no wider than they may be. */

const GAP = "  ";
const NARROWEST = 6;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** What takes two columns in a terminal. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]/u;

/**
 * A heading, and a line for each row.
 *
 * @param {Record<string, unknown>[]} rows with the same keys each, which are the heading
 * @param {number} width the most columns of the terminal to take; the widest cells are cut to fit,
 *   but no `id`, which is of no use without its end
 * @returns {string[]}
 */
export function tableLines(rows, width) {
  const keys = Object.keys(rows[0] ?? {});
  const cells = [keys, ...rows.map((row) => keys.map((key) => cellText(row[key])))];
  const widths = fitting(
    keys.map((_, column) => Math.max(...cells.map((line) => columnsOf(line[column] ?? "")))),
    width - GAP.length * (keys.length - 1),
    keys.indexOf("id"),
  );
  const numeric = keys.map((key) => rows.every((row) => typeof row[key] === "number"));

  const [heading = "", ...body] = cells.map((line) =>
    line
      .map((cell, column) => padded(cell, widths[column] ?? 0, numeric[column] ?? false))
      .join(GAP)
      .trimEnd(),
  );
  return [heading, ...body];
}

/**
 * @param {number[]} widths
 * @param {number} available
 * @param {number} kept the index of what keeps its width
 * @returns {number[]} with the widest made narrower, until all fit
 */
function fitting(widths, available, kept) {
  const result = [...widths];
  let excess = result.reduce((sum, each) => sum + each, 0) - available;
  for (; excess > 0; excess--) {
    const widest = Math.max(...result.filter((_, index) => index !== kept));
    if (widest <= NARROWEST) break;
    result[result.findIndex((each, index) => each === widest && index !== kept)] = widest - 1;
  }
  return result;
}

/** @param {unknown} value */
function cellText(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return value.toLocaleString("en");
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  // A name from a database must neither move the cursor nor turn the line around.
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, " ");
}

/** @param {string} text */
function columnsOf(text) {
  return [...graphemes.segment(text)].reduce((sum, each) => sum + (WIDE.test(each.segment) ? 2 : 1), 0);
}

/**
 * @param {string} text
 * @param {number} width
 * @param {boolean} right
 */
function padded(text, width, right) {
  const shown = columnsOf(text) > width ? `${cut(text, width - 1)}…` : text;
  const space = " ".repeat(Math.max(0, width - columnsOf(shown)));
  return right ? space + shown : shown + space;
}

/**
 * @param {string} text
 * @param {number} width
 */
function cut(text, width) {
  let shown = "";
  for (const { segment } of graphemes.segment(text)) {
    if (columnsOf(shown + segment) > width) break;
    shown += segment;
  }
  return shown;
}
