/** Databases of a generation, filled, and a crew that is warmed up. */

import { createDatabases } from "../data/databases.mjs";
import { workOf } from "../work/index.mjs";
import { hire } from "./crew.mjs";
import { findPgbench } from "./pgbench.mjs";

/** @typedef {{ rounds: number, slice: number, warmUp: number, start: number }} Pace times in milliseconds */

/**
 * @typedef {object} Stage
 * @property {import("./crew.mjs").Crew} crew
 * @property {import("../data/databases.mjs").Databases} databases
 * @property {import("./pgbench.mjs").Pgbench | null} pgbench
 * @property {Pace} pace
 */

/**
 * @template T
 * @param {string} serverUrl
 * @param {import("../providers/provider.mjs").Generation} generation
 * @param {import("./crew.mjs").Applicant[]} applicants
 * @param {Pace} pace
 * @param {(stage: Stage) => Promise<T>} job
 * @returns {Promise<T>}
 */
export async function onStage(serverUrl, generation, applicants, pace, job) {
  say(`Filling the tables of ${generation}`);
  const names = applicants.map(({ name }) => name);
  const databases = await createDatabases(serverUrl, generation, [...names, "pgbench"]);
  try {
    const crew = await hire(applicants, generation, databases.urlOf);
    const pgbench = await findPgbench(databases.urlOf("pgbench"));
    try {
      say("Warming up");
      for (const name of names) {
        await crew.warmUp(name, pace.start);
        await databases.restore(name, workOf("acquireLease").restore?.() ?? []);
        await databases.vacuum(name);
      }
      return await job({ crew, databases, pgbench: pgbench?.run ?? null, pace });
    } finally {
      // Before the server goes: drivers throw at nobody in particular when it does.
      await Promise.all([crew.dismiss(), pgbench?.close()]);
    }
  } finally {
    await databases.close();
  }
}

/** @param {string} what */
export function say(what) {
  console.error(`— ${what}`);
}
