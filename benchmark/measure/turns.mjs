/** Providers take turns at one row, round after round. */

/** @typedef {import("../rows.mjs").Row} Row */
/** @typedef {import("./slice.mjs").Figures} Figures */

/**
 * @template {string} N
 * @param {Pick<Row, "work" | "callers">} row
 * @param {readonly N[]} names
 * @param {Pick<import("./stage.mjs").Stage, "crew" | "databases" | "pace">} stage
 * @param {() => Promise<void>} [afterRound]
 * @returns {Promise<Record<N, Figures[]>>} of each round
 */
export async function takeTurns({ work, callers }, names, { crew, databases, pace }, afterRound) {
  const figures = /** @type {Record<N, Figures[]>} */ ({});
  for (const name of names) figures[name] = [];
  for (let round = 0; round < pace.rounds; round++) {
    // Each is the first in its turn.
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      if (work.restore) await databases.restore(name, work.restore());
      // The first time, there is something to be compiled.
      const warmUp = round === 0 ? pace.slice : pace.warmUp;
      const job = { work: work.name, callers, milliseconds: pace.slice, warmUp };
      figures[name].push(await crew.measure(name, job));
    }
    await afterRound?.();
  }
  for (const name of names) {
    if (work.restore) await databases.restore(name, work.restore());
    if (work.writes) await databases.vacuum(name);
  }
  return figures;
}
