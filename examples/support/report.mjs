/** What the reader sees: steps with their tables, times and findings, a hundred columns wide at most. */

import { performance } from "node:perf_hooks";

import { tableLines } from "./table.mjs";

const WIDTH = 98;
const INDENT = "   ";
/** Where the times end. */
const TIMES_END = 72;

/**
 * @typedef {object} Step
 * @property {<T>(label: string, work: () => Promise<T>) => Promise<T>} timed does the work, and prints how long it took
 * @property {(title: string, rows: Record<string, unknown>[]) => void} table
 * @property {(title: string, items: [heading: string, text: string][]) => void} list for what is too long for a table
 * @property {(finding: string, holds: boolean) => void} expect prints a finding, and ends the job if it does not hold
 */

/** @typedef {ReturnType<typeof report>} Report */

/** @param {NodeJS.WriteStream} stream */
export function report(stream) {
  const { bold, dim, green, red } = colours(stream);
  /** @type {{ step: string, time: number }[]} */
  const taken = [];
  /** What was printed last; an empty line parts what differs. */
  let last = "";

  /** @param {string} [text] */
  const line = (text = "") => void stream.write(`${text}\n`);

  /** @param {string} text */
  const paragraph = (text) => {
    for (const each of wrapped(text, WIDTH)) line(each);
  };

  /** @param {"table" | "list" | "time" | "finding"} kind */
  const begin = (kind) => {
    if (kind !== last || kind === "table") line();
    last = kind;
  };

  /**
   * @param {string} title
   * @param {Record<string, unknown>[]} rows
   */
  const table = (title, rows) => {
    begin("table");
    line(INDENT + bold(title));
    if (rows.length === 0) return line(`${INDENT}${dim("none")}`);
    const [heading = "", rule = "", ...body] = tableLines(rows, WIDTH - INDENT.length);
    for (const each of [dim(heading), dim(rule), ...body]) line(INDENT + each);
  };

  /**
   * @param {string} text
   * @param {number} time
   */
  const timeLine = (text, time) => {
    const shown = milliseconds(time);
    line(`${INDENT}${text.padEnd(TIMES_END - INDENT.length - shown.length)}${shown}`);
  };

  return {
    paragraph,
    table,

    /** @param {string} title */
    heading(title) {
      line();
      line(bold(title));
    },

    /**
     * @template T
     * @param {string} title
     * @param {string} about one sentence on what the step shows
     * @param {(step: Step) => Promise<T>} body
     * @returns {Promise<T>}
     */
    async step(title, about, body) {
      const numbered = `${String(taken.length + 1).padStart(2)}  ${title}`;
      const own = { step: numbered, time: 0 };
      taken.push(own);
      line();
      line(`${bold(numbered)} ${dim("─".repeat(WIDTH - numbered.length - 1))}`);
      paragraph(about);
      last = "";

      return body({
        table,
        list(listTitle, items) {
          begin("list");
          line(INDENT + bold(listTitle));
          for (const [heading, text] of items) {
            line(`${INDENT}${heading}`);
            for (const each of wrapped(text, WIDTH - 2 * INDENT.length)) line(INDENT + INDENT + dim(each));
          }
        },
        async timed(label, work) {
          const start = performance.now();
          const result = await work();
          const time = performance.now() - start;
          own.time += time;
          begin("time");
          timeLine(label, time);
          return result;
        },
        expect(finding, holds) {
          begin("finding");
          line(INDENT + (holds ? green(`✓ ${finding}`) : red(`✗ not so: ${finding}`)));
          if (!holds) throw new Error(`Step ${numbered.trim()} did not go as it should.`);
        },
      });
    },

    /** How long each step took, and all of them. */
    times() {
      line();
      line(bold("How long the service's calls took"));
      for (const { step, time } of taken) timeLine(step, time);
      timeLine(
        "All of them",
        taken.reduce((sum, { time }) => sum + time, 0),
      );
    },
  };
}

/** @param {number} time */
function milliseconds(time) {
  return `${time.toFixed(1)} ms`;
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
function colours(stream) {
  const wanted = stream.isTTY && !process.env.NO_COLOR && process.env.TERM !== "dumb";
  /** @param {number} code @returns {(text: string) => string} */
  const style = (code) => (wanted ? (text) => `\x1b[${code}m${text}\x1b[0m` : (text) => text);
  return { bold: style(1), dim: style(2), red: style(31), green: style(32) };
}
