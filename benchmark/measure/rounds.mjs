/** One row: the answers are compared, then all providers take turns. */

import { COMPARED } from "../providers/index.mjs";
import { judge } from "../targets.mjs";
import { applicationName } from "./crew.mjs";
import { assertEqual, callsToCompare } from "./equality.mjs";
import { median, spread } from "./statistics.mjs";
import { takeTurns } from "./turns.mjs";

/** @typedef {import("../rows.mjs").Row} Row */
/** @typedef {import("../providers/index.mjs").ComparedName} ComparedName */
/** @typedef {import("./slice.mjs").Figures} Figures */
/** @typedef {import("./stage.mjs").Stage} Stage */
/** @typedef {import("./statistics.mjs").Spread} Spread */

/**
 * @typedef {object} Measured
 * @property {string} name
 * @property {string} work
 * @property {string} generation
 * @property {number} callers
 * @property {Record<ComparedName, Figures & { connections: number, rounds: Figures[] }>} providers medians
 * @property {Record<"speed" | "loop" | "cpu" | "byHand", Spread>} ratios round by round, each the larger the better:
 *   ours to the original's, the last to postgres.js with statements written by hand
 * @property {number | null} databaseMicros what a lone call takes by pgbench; its median
 * @property {import("../targets.mjs").Judgement[]} targets
 */

/**
 * @param {Row} row
 * @param {Stage} stage
 * @returns {Promise<Measured>}
 */
export async function measureRow(row, stage) {
  const { name, work, callers, target } = row;
  const { crew, databases, pgbench, pace } = stage;

  /** @type {Map<string, unknown[]>} */
  const answers = new Map();
  for (const provider of COMPARED) {
    if (work.restore) await databases.restore(provider, work.restore());
    const calls = callsToCompare(work, callers);
    answers.set(provider, await crew.check(provider, { work: work.name, calls }));
  }
  assertEqual(work, answers);

  const { limit } = work;
  /** @type {number[]} */
  const limits = [];
  const rounds = await takeTurns(row, COMPARED, stage, async () => {
    if (!pgbench || !limit || callers > 1) return;
    if (work.restore) await databases.restore("pgbench", work.restore());
    limits.push(await pgbench(limit, pace.slice));
  });
  if (work.writes && limits.length > 0) await databases.vacuum("pgbench");

  /** @type {Partial<Measured["providers"]>} */
  const providers = {};
  for (const provider of COMPARED) {
    const connections = await databases.connections(applicationName(provider));
    providers[provider] = { ...medians(rounds[provider]), connections, rounds: rounds[provider] };
  }
  const ratios = ratiosOf(rounds);
  return {
    name,
    work: work.name,
    generation: work.generation,
    callers,
    providers: /** @type {Measured["providers"]} */ (providers),
    ratios,
    databaseMicros: limits.length > 0 ? median(limits) : null,
    targets: judge(target, ratios),
  };
}

/**
 * @param {Figures[]} rounds
 * @returns {Figures}
 */
function medians(rounds) {
  const keys = /** @type {(keyof Figures)[]} */ (Object.keys(rounds[0] ?? {}));
  return /** @type {Figures} */ (
    Object.fromEntries(keys.map((key) => [key, median(rounds.map((figures) => figures[key]))]))
  );
}

/** @param {Record<ComparedName, Figures[]>} rounds @returns {Measured["ratios"]} */
function ratiosOf({ original, postgresJs, ours }) {
  /** @param {Figures[]} theirs @param {(theirs: Figures, ours: Figures) => number} ratio */
  const each = (theirs, ratio) =>
    spread(ours.map((figures, round) => ratio(/** @type {Figures} */ (theirs[round]), figures)));
  const speed = (/** @type {Figures} */ theirs, /** @type {Figures} */ own) =>
    own.callsPerSecond / theirs.callsPerSecond;
  return {
    speed: each(original, speed),
    loop: each(original, (theirs, own) => theirs.loopMicros / own.loopMicros),
    cpu: each(original, (theirs, own) => theirs.cpuMicros / own.cpuMicros),
    byHand: each(postgresJs, speed),
  };
}
