/** What a run has found, in tables and sentences of Markdown. */

import { COMPARED } from "../providers/index.mjs";
import { table } from "./markdown.mjs";
import { mark, rate, ratio, size, time, times } from "./numbers.mjs";

/** @typedef {import("../measure/rounds.mjs").Measured} Measured */
/** @typedef {import("../measure/statistics.mjs").Spread} Spread */
/** @typedef {import("../start-up/index.mjs").StartUp} StartUp */

/** Of one figure; the two by hand share a column, so that a table is as wide as a terminal. */
const TITLES = ["original", "by hand: postgres.js, node-postgres", "this package"];

/** @param {(provider: typeof COMPARED[number]) => string} of */
const cells = (of) => [of("original"), `${of("postgresJs")}, ${of("nodePostgres")}`, of("ours")];

/** @param {Spread} spread @param {(value: number) => string} write */
const spreadOf = ({ median, min, max }, write) => `${write(median)} (${ratio(min)}–${ratio(max)})`;

const part = (/** @type {number} */ value) => `1/${ratio(value)}`;

/** The ratios. @param {Measured[]} rows @param {typeof spreadOf} [write] */
export function ratios(rows, write = ({ median }, inWords) => inWords(median)) {
  return table(
    ["work", "calls a second", "event loop", "beside postgres.js by hand"],
    rows.map(({ name, ratios: { speed, loop, byHand } }) => [
      name,
      write(speed, times),
      part(loop.median),
      write(byHand, times),
    ]),
  );
}

/** The ratios with the least and the greatest, and what they are made of. @param {Measured[]} rows */
export function figures(rows) {
  /** @typedef {(figures: import("../measure/slice.mjs").Figures) => string} Write */
  /** @type {[title: string, write: Write][]} */
  const tables = [
    ["Calls a second", ({ callsPerSecond }) => rate(callsPerSecond)],
    ["Event-loop time a call", ({ loopMicros }) => time(loopMicros)],
    ["Processor time a call", ({ cpuMicros }) => time(cpuMicros)],
  ];
  return [
    ratios(rows, spreadOf),
    ...tables.flatMap(([title, write]) => [`### ${title}`, ofEach("work", rows, write)]),
  ].join("\n\n");
}

/** The median latency, and that of the slowest hundredth. @param {Measured[]} rows */
export function latencies(rows) {
  return ofEach("work", rows, ({ p50Millis, p99Millis }) =>
    [p50Millis, p99Millis].map((millis) => time(millis * 1_000)).join(" / "),
  );
}

/**
 * @param {string} title
 * @param {Measured[]} rows
 * @param {(figures: import("../measure/slice.mjs").Figures) => string} write
 */
function ofEach(title, rows, write) {
  return table(
    [title, ...TITLES],
    rows.map(({ name, providers }) => [name, ...cells((provider) => write(providers[provider]))]),
  );
}

/** Of lone calls, how much of the time is the database's own. @param {Measured[]} rows */
export function loneCalls(rows) {
  return rows
    .flatMap(({ work, providers, databaseMicros }) => {
      if (databaseMicros === null) return [];
      const micros = providers.ours.p50Millis * 1_000;
      return `- ${work}: ${time(micros)}, of which the database's own is ${time(databaseMicros)}`;
    })
    .join("\n");
}

/** @param {Measured[]} rows */
export function holdings(rows) {
  /** @param {typeof COMPARED[number]} provider @param {"connections" | "residentBytes"} key */
  const most = (provider, key) => Math.max(...rows.map(({ providers }) => providers[provider][key]));
  return table(
    ["the most of any row", ...TITLES],
    [
      ["connections", ...cells((provider) => String(most(provider, "connections")))],
      ["resident memory", ...cells((provider) => size(most(provider, "residentBytes")))],
    ],
  );
}

/** @param {StartUp} startUp */
export function startUps({ providers, addonBytes, processes }) {
  const calls = providers.ours.calls.toLocaleString("en");
  /** @type {[what: string, of: (provider: typeof COMPARED[number]) => string][]} */
  const lines = [
    ["loading", (provider) => time(providers[provider].loadMillis * 1_000)],
    ["connecting and the first call", (provider) => time(providers[provider].firstCallMillis * 1_000)],
    ["memory over plain Node, after the first call", (provider) => size(providers[provider].firstCallBytes)],
    [`the same, after ${calls} calls`, (provider) => size(providers[provider].manyCallsBytes)],
  ];
  return [
    `Medians of ${processes} fresh processes; the mixed calls by 64 callers in one. The addon's file has ` +
      `${addonBytes.toLocaleString("en")} bytes.`,
    table(
      ["what", ...TITLES],
      lines.map(([what, of]) => [what, ...cells(of)]),
    ),
  ].join("\n\n");
}

/** @param {Measured[]} rows */
export function targets(rows) {
  return table(
    ["work", "against the original", "its event loop", "against postgres.js by hand"],
    rows.map(({ name, targets }) => [
      name,
      ...targets.map(({ of, wanted, found, reached }) => {
        const write = of === "loop" ? part : times;
        return `${write(found)} of ${write(wanted)} ${mark(reached)}`;
      }),
    ]),
  );
}
