/** One row: the answers are compared, then all providers take turns, round after round. */

import { COMPARED } from "../providers/index.mjs";
import { judge } from "../targets.mjs";
import { applicationName } from "./crew.mjs";
import { assertEqual, callsToCompare } from "./equality.mjs";
import { median, spread } from "./statistics.mjs";

/** @typedef {import("../rows.mjs").Row} Row */
/** @typedef {import("../providers/index.mjs").ComparedName} ComparedName */
/** @typedef {import("./slice.mjs").Figures} Figures */
/** @typedef {import("./statistics.mjs").Spread} Spread */

/**
 * @typedef {object} Setting
 * @property {import("./crew.mjs").Crew} crew
 * @property {import("../data/databases.mjs").Databases} databases
 * @property {import("./pgbench.mjs").Pgbench | null} pgbench
 * @property {Pace} pace
 */

/** @typedef {{ rounds: number, slice: number, warmUp: number, start: number }} Pace times in milliseconds */

/**
 * @typedef {object} Measured
 * @property {string} name
 * @property {string} work
 * @property {number} callers
 * @property {boolean} byDefault whether ours was used without any option, with fewer connections
 * @property {Record<ComparedName, Figures & { connections: number, rounds: Figures[] }>} providers medians
 * @property {{ speed: Spread, loop: Spread, p99: Spread }} ratios ours to the original's, round by round, each
 *   the larger the better
 * @property {{ callsPerSecond: number, ratio: Spread, rounds: number[] } | null} pgbench the ratio is ours to it
 * @property {import("../targets.mjs").Judgement[]} targets
 */

/** pgbench is asked where a target speaks of it, and beside a lone caller. */
const CALLERS_WITH_LIMIT = new Set([1, 64]);

/**
 * @param {Row} row
 * @param {Setting} setting
 * @returns {Promise<Measured>}
 */
export async function measureRow(row, { crew, databases, pgbench, pace }) {
  const { work, callers } = row;
  const providers = COMPARED.map((column) => ({ column, provider: column === "ours" ? row.ours : column }));
  const restore = async (/** @type {string} */ name) => {
    if (work.restore) await databases.restore(name, work.restore());
  };

  /** @type {Map<string, unknown[]>} */
  const answers = new Map();
  for (const { provider } of providers) {
    await restore(provider);
    const calls = callsToCompare(work, callers);
    answers.set(provider, await crew.check(provider, { work: work.name, calls }));
  }
  assertEqual(work, answers);

  /** @type {Record<ComparedName, Figures[]>} */
  const rounds = { original: [], postgresJs: [], nodePostgres: [], ours: [] };
  /** @type {number[]} */
  const limits = [];
  for (let round = 0; round < pace.rounds; round++) {
    // Each is the first in its turn.
    const first = round % providers.length;
    for (const { column, provider } of [...providers.slice(first), ...providers.slice(0, first)]) {
      await restore(provider);
      // The first time, there is something to be compiled.
      const warmUp = round === 0 ? pace.slice : pace.warmUp;
      const job = { work: work.name, callers, milliseconds: pace.slice, warmUp };
      rounds[column].push(await crew.measure(provider, job));
    }
    if (pgbench && work.limit && CALLERS_WITH_LIMIT.has(callers)) {
      await restore("pgbench");
      limits.push(await pgbench(work.limit, callers, pace.slice));
    }
  }

  /** @type {Partial<Measured["providers"]>} */
  const medians = {};
  for (const { column, provider } of providers) {
    const connections = await databases.connections(applicationName(provider));
    medians[column] = { ...medianFigures(rounds[column]), connections, rounds: rounds[column] };
    await restore(provider);
    if (work.writes) await databases.vacuum(provider);
  }
  if (work.writes && limits.length > 0) {
    await restore("pgbench");
    await databases.vacuum("pgbench");
  }
  const ratios = ratiosOf(rounds);
  const limit = limits.length > 0 ? limitOf(limits, rounds.ours) : null;
  const found = {
    speed: ratios.speed.median,
    loop: ratios.loop.median,
    p99: ratios.p99.median,
    limit: limit?.ratio.median ?? null,
  };
  return {
    name: row.name,
    work: work.name,
    callers,
    byDefault: row.ours === "oursByDefault",
    providers: /** @type {Measured["providers"]} */ (medians),
    ratios,
    pgbench: limit,
    targets: row.ours === "ours" ? judge({ work: work.name, callers }, found) : [],
  };
}

/**
 * @param {Figures[]} rounds
 * @returns {Figures}
 */
function medianFigures(rounds) {
  const keys = /** @type {(keyof Figures)[]} */ (Object.keys(rounds[0] ?? {}));
  return /** @type {Figures} */ (
    Object.fromEntries(keys.map((key) => [key, median(rounds.map((figures) => figures[key]))]))
  );
}

/** @param {Record<ComparedName, Figures[]>} rounds */
function ratiosOf({ original, ours }) {
  /** @param {(theirs: Figures, ours: Figures) => number} ratio */
  const each = (ratio) =>
    spread(ours.map((figures, round) => ratio(/** @type {Figures} */ (original[round]), figures)));
  return {
    speed: each((theirs, ours) => ours.callsPerSecond / theirs.callsPerSecond),
    loop: each((theirs, ours) => theirs.loopMicros / ours.loopMicros),
    p99: each((theirs, ours) => theirs.p99Millis / ours.p99Millis),
  };
}

/** @param {number[]} limits @param {Figures[]} ours */
function limitOf(limits, ours) {
  return {
    callsPerSecond: median(limits),
    ratio: spread(ours.map(({ callsPerSecond }, round) => callsPerSecond / (limits[round] ?? Number.NaN))),
    rounds: limits,
  };
}
