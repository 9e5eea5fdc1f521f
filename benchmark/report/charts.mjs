/** The chart that the manual shows, once for light pages and once for dark ones. */

import { median } from "../measure/statistics.mjs";
import { TITLES } from "../providers/index.mjs";
import { shown } from "../rows.mjs";
import { times } from "./numbers.mjs";

/** @typedef {import("./results.mjs").Results} Results */
/** @typedef {import("../measure/rounds.mjs").Measured} Measured */

/** GitHub's own colours for text and lines, on its own backgrounds. */
const COLOURS = {
  light: {
    text: "#1f2328",
    faint: "#59636e",
    bars: { postgresJs: "#8250df", nodePostgres: "#54aeff", ours: "#e16f24" },
  },
  dark: {
    text: "#f0f6fc",
    faint: "#9198a1",
    bars: { postgresJs: "#a371f7", nodePostgres: "#388bfd", ours: "#f0883e" },
  },
};

/** @typedef {typeof COLOURS.light} Colours */

const DRAWN = /** @type {(keyof Colours["bars"])[]} */ (Object.keys(COLOURS.light.bars));
const FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";

/** In pixels: names stand left of the bars, and the longest bar leaves room for its value. */
const WIDTH = 860;
const NAMES = 190;
const VALUE = 60;
const TOP = 88;
const BAR = 14;
const GROUP = DRAWN.length * BAR + 16;

/**
 * @param {Results} results
 * @returns {Record<keyof typeof COLOURS, string>}
 */
export function charts({ rows, machine }) {
  const below = `Dashed: the original. ${machine.cpu}, ${machine.cores} cores, PostgreSQL on the same machine.`;
  return { light: draw(shown(rows), below, COLOURS.light), dark: draw(shown(rows), below, COLOURS.dark) };
}

/** @param {Measured[]} rows @param {string} below @param {Colours} colours */
function draw(rows, below, colours) {
  const bottom = TOP + rows.length * GROUP;
  const most = Math.max(1, ...rows.flatMap((row) => DRAWN.map((provider) => multiple(row, provider))));
  const x = (/** @type {number} */ value) => NAMES + (value / most) * (WIDTH - NAMES - VALUE);
  const { text, faint } = colours;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${bottom + 34}" viewBox="0 0 ${WIDTH} ${bottom + 34}" font-family="${FONT}">`,
    label(NAMES, 18, "Calls a second, as multiples of the original’s", { fill: text, size: 15, weight: 600 }),
    ...DRAWN.flatMap((provider, index) => [
      rectangle(NAMES + index * 190, 33, 12, 12, colours.bars[provider]),
      label(NAMES + index * 190 + 18, 44, TITLES[provider], { fill: text }),
    ]),
    ...ticks(most).flatMap((tick) => [
      label(x(tick), TOP - 18, `${tick}×`, { fill: faint, size: 11, anchor: "middle" }),
      vertical(x(tick), TOP - 12, TOP - 6, faint),
    ]),
    ...rows.flatMap((row, index) => group(row, TOP + index * GROUP, x, colours)),
    vertical(x(1), TOP - 6, bottom - 8, text, "3 3"),
    label(NAMES, bottom + 20, below, { fill: faint, size: 11 }),
    "</svg>\n",
  ].join("\n");
}

/** @param {Measured} row @param {number} top @param {(value: number) => number} x @param {Colours} colours */
function group(row, top, x, { text, faint, bars }) {
  const [, work = row.name, callers = ""] = /^(.*), (\d+ callers?)$/.exec(row.name) ?? [];
  return [
    label(NAMES - 12, top + 18, work, { fill: text, anchor: "end" }),
    label(NAMES - 12, top + 34, callers, { fill: faint, size: 11, anchor: "end" }),
    ...DRAWN.flatMap((provider, index) => {
      const value = multiple(row, provider);
      const y = top + index * BAR;
      const style = provider === "ours" ? { fill: text, weight: 600 } : { fill: faint };
      return [
        rectangle(NAMES, y, x(value) - NAMES, BAR - 2, bars[provider]),
        // Right of the dashed line, even where the bar ends before it.
        label(x(Math.max(1, value)) + 5, y + 10, times(value), { ...style, size: 11 }),
      ];
    }),
  ];
}

/** As in the tables: the median of each round's. @param {Measured} row @param {typeof DRAWN[number]} provider */
function multiple({ providers: { original, ...others } }, provider) {
  return median(
    others[provider].rounds.map(
      ({ callsPerSecond }, round) => callsPerSecond / (original.rounds[round]?.callsPerSecond ?? Number.NaN),
    ),
  );
}

/** Round numbers, eight at most. @param {number} most */
function ticks(most) {
  const step = [1, 2, 5, 10, 20, 50, 100].find((each) => most / each <= 8) ?? most;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
}

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {string} fill */
function rectangle(x, y, width, height, fill) {
  return `<rect x="${x}" y="${y}" width="${width.toFixed(1)}" height="${height}" fill="${fill}"/>`;
}

/** @param {number} x @param {number} from @param {number} to @param {string} stroke @param {string} [dashes] */
function vertical(x, from, to, stroke, dashes = "none") {
  return `<path d="M${x.toFixed(1)} ${from}V${to}" stroke="${stroke}" stroke-dasharray="${dashes}"/>`;
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} text
 * @param {{ fill: string, size?: number, weight?: number, anchor?: string }} style
 */
function label(x, y, text, { fill, size = 13, weight = 400, anchor = "start" }) {
  const safe = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return (
    `<text x="${x.toFixed(1)}" y="${y}" fill="${fill}" font-size="${size}" font-weight="${weight}" ` +
    `text-anchor="${anchor}">${safe}</text>`
  );
}
