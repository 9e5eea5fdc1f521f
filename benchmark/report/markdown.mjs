/** A table in Markdown, aligned so that it can be read as it is. */

/**
 * @param {string[]} heading
 * @param {string[][]} rows
 * @returns {string}
 */
export function table(heading, rows) {
  const lines = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const [first, ...rest] = lines.map(
    (line) => `| ${line.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(" | ")} |`,
  );
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [first, `| ${rule.join(" | ")} |`, ...rest].join("\n");
}

/** @param {string} cell @param {number} width @param {number} column the first holds names, the others figures */
function pad(cell, width, column) {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
