/** The run in words and tables. */

import { COMPARED, TITLES } from "../providers/index.mjs";
import { CONNECTIONS } from "../providers/provider.mjs";
import { table } from "./markdown.mjs";
import { mark, rate, ratio, size, time, times } from "./numbers.mjs";

/** @typedef {import("./results.mjs").Results} Results */
/** @typedef {import("../measure/rounds.mjs").Measured} Measured */
/** @typedef {import("../measure/statistics.mjs").Spread} Spread */
/** @typedef {import("../targets.mjs").Judgement} Judgement */
/** @typedef {import("../start-up/index.mjs").StartUp} StartUp */

const titles = COMPARED.map((provider) => TITLES[provider]);

/**
 * @param {Results} results
 * @returns {string}
 */
export function inText(results) {
  const { rows, startUp } = results;
  return [
    "## Side by side",
    caption(results),
    figures(rows),
    "## Latency (p50 / p99) and processor time a call",
    latencies(rows),
    ...(rows.some(({ byDefault }) => !byDefault) ? ["## Held during the run", holdings(rows)] : []),
    ...(startUp ? ["## Start-up and size", startUps(startUp)] : []),
    conclusion(results),
  ].join("\n\n");
}

/** @param {Results} results */
function caption({ machine, pace, postgres, versions, rows }) {
  const settings = Object.entries(postgres).map(([name, value]) => `${name} ${value}`);
  const withLimit = rows.some(({ pgbench }) => pgbench);
  return [
    `Calls a second · event-loop time a call. Medians of ${pace.rounds} rounds of ${pace.slice} ms each, in which ` +
      "the providers take turns, each in a process of its own on its own copy of the same data; before, all are " +
      "warmed up and their answers compared.",
    `Everybody has ${CONNECTIONS} connections, if the row does not say otherwise. The ratios are ours to the ` +
      "original's, taken round by round: their median, and their least and greatest in brackets. ✓ and ✗: " +
      "targets reached and missed.",
    ...(withLimit
      ? [
          `pgbench: what PostgreSQL's own measuring program reaches with the same statement, prepared, one a call, ` +
            `on as many connections as there are callers and ${CONNECTIONS} at most.`,
        ]
      : []),
    `${machine.cpu}, ${machine.cores} cores, ${size(machine.memoryBytes)} of memory, ${machine.system}, Node ` +
      `${versions["node"]}; PostgreSQL on the same machine: ${settings.join(", ")}.`,
    `The original is ${versions["original"]}, with drizzle-orm ${versions["drizzle-orm"]} over postgres.js ` +
      `${versions["postgres"]}; node-postgres is ${versions["pg"]}.`,
  ].join("\n");
}

/** @param {Measured[]} rows */
function figures(rows) {
  return table(
    ["work", "callers", ...titles, "calls/s", "event loop", "pgbench", "targets"],
    rows.map(({ name, work, callers, providers, ratios, pgbench, targets }) => [
      name.replace(/, \d+ callers?/, ""),
      String(callers),
      ...COMPARED.map((provider) => {
        const { callsPerSecond, loopMicros } = providers[provider];
        return `${rate(callsPerSecond)} · ${time(loopMicros)}`;
      }),
      spreadOf(ratios.speed, times),
      spreadOf(ratios.loop, (value) => `1/${ratio(value)}`),
      pgbench ? `${rate(pgbench.callsPerSecond)}; ours ${times(pgbench.ratio.median)}` : "",
      targets.map(inWords).join(", "),
    ]),
  );
}

/** @param {Judgement} judgement */
function inWords({ of, wanted, reached }) {
  const goal = {
    "calls/s": times(wanted),
    "event loop": `1/${wanted}`,
    pgbench: `${times(wanted)} pgbench`,
    p99: "p99",
  };
  return `${goal[of]} ${mark(reached)}`;
}

/** @param {Spread} spread @param {(value: number) => string} write */
function spreadOf({ median, min, max }, write) {
  return `${write(median)} (${ratio(min)}–${ratio(max)})`;
}

/** @param {Measured[]} rows */
function latencies(rows) {
  return table(
    ["work", ...titles],
    rows.map(({ name, providers }) => [
      name,
      ...COMPARED.map((provider) => {
        const { p50Millis, p99Millis, cpuMicros } = providers[provider];
        return `${time(p50Millis * 1_000)} / ${time(p99Millis * 1_000)} · ${time(cpuMicros)}`;
      }),
    ]),
  );
}

/** @param {Measured[]} rows */
function holdings(rows) {
  const alike = rows.filter(({ byDefault }) => !byDefault);
  /** @param {typeof COMPARED[number]} provider @param {"connections" | "residentBytes"} key */
  const most = (provider, key) => Math.max(...alike.map(({ providers }) => providers[provider][key]));
  return table(
    ["the most of any row", ...titles],
    [
      ["connections", ...COMPARED.map((provider) => String(most(provider, "connections")))],
      [
        "resident memory of the process",
        ...COMPARED.map((provider) => size(most(provider, "residentBytes"))),
      ],
    ],
  );
}

/** @param {StartUp} startUp */
function startUps({ providers, addonBytes, processes, targets }) {
  const calls = providers.ours.calls.toLocaleString("en");
  /** @type {[what: string, of: (provider: typeof COMPARED[number]) => string][]} */
  const lines = [
    ["loading", (provider) => time(providers[provider].loadMillis * 1_000)],
    ["connecting and the first call", (provider) => time(providers[provider].firstCallMillis * 1_000)],
    ["memory over plain Node, after the first call", (provider) => size(providers[provider].firstCallBytes)],
    [
      `the same, after ${calls} mixed calls by 64 callers`,
      (provider) => size(providers[provider].manyCallsBytes),
    ],
  ];
  return [
    `Medians of ${processes} fresh processes; the many calls in one. The addon's file has ` +
      `${addonBytes.toLocaleString("en")} bytes. Targets: ` +
      `${targets.map(({ of, wanted, reached }) => `${of} at most ${wanted.toLocaleString("en")} ${mark(reached)}`).join(", ")}.`,
    table(
      ["what", ...titles],
      lines.map(([what, of]) => [what, ...COMPARED.map(of)]),
    ),
  ].join("\n\n");
}

/** @param {Results} results */
function conclusion({ rows, startUp, seconds }) {
  const judgements = [...rows.flatMap(({ targets }) => targets), ...(startUp?.targets ?? [])];
  const missed = [
    ...rows.flatMap(({ name, targets }) =>
      targets
        .filter(({ reached }) => !reached)
        .map(({ of, wanted, found }) => `${name}: ${of} ${ratio(found)}, not ${wanted}`),
    ),
    ...(startUp?.targets ?? [])
      .filter(({ reached }) => !reached)
      .map(({ of, wanted, found }) => `${of}: ${ratio(found)}, not ${wanted}`),
  ];
  return [
    `${judgements.length - missed.length} of ${judgements.length} targets reached, in ${Math.round(seconds)} s.`,
    ...missed.map((each) => `- missed: ${each}`),
  ].join("\n");
}
