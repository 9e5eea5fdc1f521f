/** The run: for each generation the tables, the crew, and row after row; and what it costs to be there at all. */

import { prepareOriginal } from "../__test__/support/original.mjs";
import { measureRow } from "./measure/rounds.mjs";
import { onStage, say } from "./measure/stage.mjs";
import { COMPARED } from "./providers/index.mjs";
import { CONNECTIONS, GENERATIONS } from "./providers/provider.mjs";
import { describeMachine, describeVersions } from "./report/results.mjs";
import { chooseRows, rows } from "./rows.mjs";
import { measureStartUp } from "./start-up/index.mjs";

/** @typedef {import("./report/results.mjs").Results} Results */

const FULL = {
  pace: { rounds: 9, slice: 200, warmUp: 50, start: 500 },
  startUp: { processes: 7, calls: 100_000 },
};
const QUICK = {
  pace: { rounds: 3, slice: 60, warmUp: 15, start: 150 },
  startUp: { processes: 3, calls: 5_000 },
};

/**
 * @param {import("./options.mjs").Options} options
 * @param {string} serverUrl
 * @returns {Promise<Results>}
 */
export async function benchmark(options, serverUrl) {
  const chosen = chooseRows(rows, options.only);
  const { pace, startUp } = options.quick ? QUICK : FULL;
  // Here once, so that no two processes ever download one at the same time.
  for (const generation of GENERATIONS) await prepareOriginal(generation);

  const start = performance.now();
  /** @type {Results} */
  const results = {
    date: new Date().toISOString(),
    seconds: 0,
    machine: describeMachine(),
    versions: describeVersions(),
    postgres: {},
    pace,
    connections: CONNECTIONS,
    rows: [],
    startUp: null,
  };
  const crew = COMPARED.map((name) => ({ name, provider: name }));
  for (const generation of GENERATIONS) {
    const itsRows = chosen.filter(({ work }) => work.generation === generation);
    if (itsRows.length === 0) continue;
    await onStage(serverUrl, generation, crew, pace, async (stage) => {
      results.postgres = stage.databases.settings;
      for (const row of itsRows) {
        say(`${results.rows.length + 1} of ${chosen.length}: ${row.name}`);
        results.rows.push(await measureRow(row, stage));
      }
      // Chosen rows are all that is asked for.
      if (generation !== "2026.427" || options.only !== undefined) return;
      say("Start-up and size");
      await stage.crew.dismiss();
      results.startUp = await measureStartUp(stage.databases.urlOf, startUp);
    });
  }
  results.seconds = (performance.now() - start) / 1_000;
  return results;
}
