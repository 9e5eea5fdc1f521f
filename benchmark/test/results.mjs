/** A run's results as if they had been measured. */

import { COMPARED } from "../providers/index.mjs";
import { rows } from "../rows.mjs";
import { judge } from "../targets.mjs";

/**
 * @param {(name: string, provider: string) => number} callsPerSecond
 * @returns {import("../report/results.mjs").Results}
 */
export function resultsOf(callsPerSecond) {
  const figuresOf = (/** @type {number} */ speed) => ({
    ...{
      calls: 100,
      seconds: 1,
      callsPerSecond: speed,
      loopMicros: 500_000 / speed,
      cpuMicros: 800_000 / speed,
    },
    ...{ p50Millis: 900 / speed, p99Millis: 2_000 / speed, residentBytes: 90_000_000 },
  });
  const measured = rows.map(({ name, work, callers, target }) => {
    const providers = /** @type {import("../measure/rounds.mjs").Measured["providers"]} */ (
      Object.fromEntries(
        COMPARED.map((provider) => {
          const figures = figuresOf(callsPerSecond(name, provider));
          return [provider, { ...figures, connections: 10, rounds: [figures] }];
        }),
      )
    );
    const { original, postgresJs, ours } = providers;
    const spread = (/** @type {number} */ median) => ({ median, min: median / 2, max: median * 2 });
    const speed = spread(ours.callsPerSecond / original.callsPerSecond);
    const byHand = spread(ours.callsPerSecond / postgresJs.callsPerSecond);
    const ratios = { speed, loop: speed, cpu: speed, byHand };
    const databaseMicros = callers === 1 && work.limit ? 93 : null;
    const [generation, targets] = [work.generation, judge(target, ratios)];
    return { name, work: work.name, generation, callers, providers, ratios, databaseMicros, targets };
  });
  const startUp = {
    loadMillis: 25,
    firstCallMillis: 18,
    firstCallBytes: 14e6,
    manyCallsBytes: 34e6,
    calls: 1e5,
  };
  return {
    date: "2026-11-25T12:00:00.000Z",
    seconds: 300,
    machine: { cpu: "AMD EPYC", cores: 2, memoryBytes: 16e9, system: "Linux 6 x64" },
    versions: {
      node: "24.0.0",
      original: "the original",
      "drizzle-orm": "0.38.4",
      postgres: "3.4.9",
      pg: "8.23.1",
    },
    postgres: { server_version: "18.4", fsync: "off" },
    pace: { rounds: 9, slice: 200, warmUp: 50, start: 500 },
    connections: 10,
    rows: measured,
    startUp: {
      providers: { original: startUp, postgresJs: startUp, nodePostgres: startUp, ours: startUp },
      ...{ addonBytes: 4_800_000, processes: 7, targets: [] },
    },
  };
}
