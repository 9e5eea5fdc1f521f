/** The charts that the README shows, one for light pages and one for dark ones. */

import { writeFile } from "node:fs/promises";

import { init } from "echarts";

import { COMPARED, TITLES } from "../providers/index.mjs";
import { rate, time } from "./numbers.mjs";

/** @typedef {import("./results.mjs").Results} Results */
/** @typedef {import("../measure/rounds.mjs").Measured} Measured */
/** @typedef {import("../providers/index.mjs").ComparedName} ComparedName */
/** @typedef {{ text: string, faint: string, line: string, bars: Record<ComparedName, string> }} Colours */

/** GitHub's own colours for text and lines, on its own backgrounds. @type {Record<"light" | "dark", Colours>} */
const COLOURS = {
  light: {
    text: "#1f2328",
    faint: "#59636e",
    line: "#d1d9e0",
    bars: { original: "#8c959f", postgresJs: "#8250df", nodePostgres: "#54aeff", ours: "#e16f24" },
  },
  dark: {
    text: "#f0f6fc",
    faint: "#9198a1",
    line: "#3d444d",
    bars: { original: "#7d8590", postgresJs: "#a371f7", nodePostgres: "#388bfd", ours: "#f0883e" },
  },
};

const FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";

/** In pixels. */
const WIDTH = 1000;
const GROUP = 54;
const TOP = 92;
const BOTTOM = 44;
const LABELS = 215;
const GAP = 50;

/** A busy server, in which few ask for long lists. */
const SHOWN = [
  { callers: 64, but: /^list of|Json/ },
  { callers: 8, but: /never/ },
];

/**
 * @param {Results} results
 * @returns {Promise<void>}
 */
export async function drawCharts(results) {
  for (const [name, colours] of Object.entries(COLOURS)) {
    await writeFile(new URL(`../chart-${name}.svg`, import.meta.url), draw(results, colours));
  }
}

/**
 * @param {Results} results
 * @param {Colours} colours
 * @returns {string}
 */
function draw({ rows, machine }, colours) {
  const shown = rows.filter(isShown);
  const height = TOP + shown.length * GROUP + BOTTOM;
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  const panel = (WIDTH - LABELS - 2 * GAP) / 2;
  chart.setOption({
    animation: false,
    backgroundColor: "transparent",
    textStyle: { fontFamily: FONT, color: colours.text },
    color: COMPARED.map((provider) => colours.bars[provider]),
    title: [
      title("Calls a second — longer is better", LABELS, colours),
      title("Event-loop time a call — shorter is better", LABELS + panel + GAP, colours),
      {
        text: `Logarithmic scales. ${machine.cpu}, ${machine.cores} cores, PostgreSQL on the same machine.`,
        left: LABELS,
        bottom: 0,
        textStyle: { fontSize: 11, fontWeight: "normal", color: colours.faint },
      },
    ],
    legend: {
      top: 8,
      left: LABELS - 5,
      itemWidth: 14,
      itemHeight: 10,
      itemGap: 22,
      textStyle: { fontSize: 13, color: colours.text },
    },
    grid: [LABELS, LABELS + panel + GAP].map((left) => ({ left, width: panel, top: TOP, bottom: BOTTOM })),
    yAxis: [0, 1].map((gridIndex) => works(shown, gridIndex, colours)),
    xAxis: [
      scale(0, (value) => (value >= 1_000 ? `${value / 1_000}k` : String(value)), colours),
      scale(1, (value) => (value >= 1_000 ? `${value / 1_000} ms` : `${value} µs`), colours),
    ],
    series: [
      ...COMPARED.map((provider) => bars(shown, provider, 0, colours)),
      ...COMPARED.map((provider) => bars(shown, provider, 1, colours)),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

/** @param {Measured} row */
function isShown({ work, callers, byDefault }) {
  return !byDefault && SHOWN.some((each) => each.callers === callers && !each.but.test(work));
}

/** @param {string} text @param {number} left @param {Colours} colours */
function title(text, left, { text: color }) {
  return { text, left: left - 5, top: 44, textStyle: { fontSize: 14, fontWeight: 600, color } };
}

/** @param {Measured[]} rows @param {number} gridIndex @param {Colours} colours */
function works(rows, gridIndex, colours) {
  return {
    gridIndex,
    type: "category",
    inverse: true,
    data: rows.map(({ name }) => name.replace(/^(\w+(?: of [\d,]+)?), (.*)$/, "{work|$1}\n{detail|$2}")),
    axisLabel: {
      show: gridIndex === 0,
      interval: 0,
      align: "right",
      rich: {
        work: { fontSize: 12.5, color: colours.text, align: "right", lineHeight: 17 },
        detail: { fontSize: 11, color: colours.faint, align: "right", lineHeight: 14 },
      },
    },
    axisLine: { lineStyle: { color: colours.line } },
    axisTick: { show: false },
  };
}

/** @param {number} gridIndex @param {(value: number) => string} formatter @param {Colours} colours */
function scale(gridIndex, formatter, colours) {
  return {
    gridIndex,
    type: "log",
    // The power of ten below all values: on such a scale there is no zero.
    min: (/** @type {{ min: number }} */ { min }) => 10 ** Math.floor(Math.log10(min)),
    position: "top",
    axisLabel: { formatter, fontSize: 11, color: colours.faint },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: colours.line } },
  };
}

/** @param {Measured[]} rows @param {ComparedName} provider @param {number} index of the panel @param {Colours} colours */
function bars(rows, provider, index, colours) {
  const write = index === 0 ? rate : time;
  return {
    name: TITLES[provider],
    type: "bar",
    xAxisIndex: index,
    yAxisIndex: index,
    data: rows.map(({ providers }) =>
      index === 0 ? providers[provider].callsPerSecond : providers[provider].loopMicros,
    ),
    barCategoryGap: "22%",
    barGap: "0%",
    label: {
      show: provider === "original" || provider === "ours",
      position: "right",
      distance: 4,
      fontSize: 10,
      color: provider === "ours" ? colours.text : colours.faint,
      formatter: (/** @type {{ value: number }} */ { value }) => write(value),
    },
  };
}
