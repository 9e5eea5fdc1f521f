/** The run: the tables, the crew, row after row, and at last what it costs to be there at all. */

import { prepareOriginal } from "../__test__/support/original.mjs";
import { createDatabases } from "./data/databases.mjs";
import { hire } from "./measure/crew.mjs";
import { findPgbench } from "./measure/pgbench.mjs";
import { measureRow } from "./measure/rounds.mjs";
import { ALL } from "./providers/index.mjs";
import { CONNECTIONS } from "./providers/provider.mjs";
import { describeMachine, describeVersions } from "./report/results.mjs";
import { chooseRows } from "./rows.mjs";
import { measureStartUp } from "./start-up/index.mjs";
import { workOf } from "./work/index.mjs";

/** @typedef {import("./options.mjs").Options} Options */
/** @typedef {import("./report/results.mjs").Results} Results */
/** @typedef {import("./measure/rounds.mjs").Pace} Pace */
/** @typedef {import("./data/databases.mjs").Databases} Databases */

const FULL = {
  pace: { rounds: 5, slice: 120, warmUp: 30, start: 500 },
  startUp: { processes: 7, calls: 100_000 },
};
const QUICK = {
  pace: { rounds: 3, slice: 60, warmUp: 15, start: 150 },
  startUp: { processes: 3, calls: 10_000 },
};

/**
 * @param {Options} options
 * @param {string} serverUrl
 * @returns {Promise<Results>}
 */
export async function benchmark(options, serverUrl) {
  const start = performance.now();
  const rows = chooseRows(options);
  if (rows.length === 0) throw new Error(`No row's name contains “${options.only}”.`);
  const { pace, startUp } = options.quick ? QUICK : FULL;

  // Here once, so that no two processes ever download it at the same time.
  await prepareOriginal("2026.427");
  say("Filling the tables");
  const databases = await createDatabases(serverUrl, [...ALL, "pgbench"]);
  try {
    const measured = await measureRows(rows, databases, pace);
    // By now the crew is gone. Chosen rows are all that is asked for.
    if (options.only === undefined) say("Start-up and size");
    return {
      date: new Date().toISOString(),
      startUp: options.only === undefined ? await measureStartUp(databases.urlOf, startUp) : null,
      seconds: (performance.now() - start) / 1_000,
      machine: describeMachine(),
      versions: describeVersions(),
      postgres: databases.settings,
      pace,
      connections: CONNECTIONS,
      rows: measured,
    };
  } finally {
    await databases.close();
  }
}

/**
 * @param {import("./rows.mjs").Row[]} rows
 * @param {Databases} databases
 * @param {Pace} pace
 */
async function measureRows(rows, databases, pace) {
  const crew = await hire(ALL, databases.urlOf);
  const pgbench = await findPgbench(databases.urlOf("pgbench"));
  try {
    say("Warming up");
    for (const provider of ALL) {
      await crew.warmUp(provider, pace.start);
      await databases.restore(provider, workOf("acquireLease").restore?.() ?? []);
      await databases.vacuum(provider);
    }

    const measured = [];
    for (const [index, row] of rows.entries()) {
      say(`${index + 1} of ${rows.length}: ${row.name}`);
      measured.push(await measureRow(row, { crew, databases, pgbench: pgbench?.run ?? null, pace }));
    }
    return measured;
  } finally {
    // Before the server goes: drivers throw at nobody in particular when it does.
    await Promise.all([crew.dismiss(), pgbench?.close()]);
  }
}

/** @param {string} what */
function say(what) {
  console.error(`— ${what}`);
}
