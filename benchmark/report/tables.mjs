/** What a run has found, in tables and sentences of Markdown. */

import { COMPARED, TITLES } from "../providers/index.mjs";
import { table } from "./markdown.mjs";
import { mark, rate, ratio, size, time, times } from "./numbers.mjs";

/** @typedef {import("../measure/rounds.mjs").Measured} Measured */
/** @typedef {import("../measure/statistics.mjs").Spread} Spread */
/** @typedef {import("../start-up/index.mjs").StartUp} StartUp */

const titles = COMPARED.map((provider) => TITLES[provider]);

/** @param {Spread} spread @param {(value: number) => string} write */
const spreadOf = ({ median, min, max }, write) => `${write(median)} (${ratio(min)}–${ratio(max)})`;

const part = (/** @type {number} */ value) => `1/${ratio(value)}`;

/** The ratios alone. @param {Measured[]} rows */
export function ratios(rows) {
  return table(
    ["work", "calls a second", "event loop", "beside postgres.js by hand"],
    rows.map(({ name, ratios: { speed, loop, byHand } }) => [
      name,
      times(speed.median),
      part(loop.median),
      times(byHand.median),
    ]),
  );
}

/** @param {Measured[]} rows */
export function figures(rows) {
  return table(
    ["work", ...titles, "calls/s", "event loop", "CPU", "by hand"],
    rows.map(({ name, providers, ratios: { speed, loop, cpu, byHand } }) => [
      name,
      ...COMPARED.map((provider) => {
        const { callsPerSecond, loopMicros, cpuMicros } = providers[provider];
        return `${rate(callsPerSecond)} · ${time(loopMicros)} · ${time(cpuMicros)}`;
      }),
      spreadOf(speed, times),
      part(loop.median),
      part(cpu.median),
      spreadOf(byHand, times),
    ]),
  );
}

/** @param {Measured[]} rows */
export function latencies(rows) {
  return table(
    ["work", ...titles],
    rows.map(({ name, providers }) => [
      name,
      ...COMPARED.map((provider) => {
        const { p50Millis, p99Millis } = providers[provider];
        return `${time(p50Millis * 1_000)} / ${time(p99Millis * 1_000)}`;
      }),
    ]),
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
    ["the most of any row", ...titles],
    [
      ["connections", ...COMPARED.map((provider) => String(most(provider, "connections")))],
      ["resident memory", ...COMPARED.map((provider) => size(most(provider, "residentBytes")))],
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
    [
      `the same, after ${calls} mixed calls, 64 callers`,
      (provider) => size(providers[provider].manyCallsBytes),
    ],
  ];
  return [
    `Medians of ${processes} fresh processes; the many calls in one. The addon's file has ` +
      `${addonBytes.toLocaleString("en")} bytes.`,
    table(
      ["what", ...titles],
      lines.map(([what, of]) => [what, ...COMPARED.map(of)]),
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
