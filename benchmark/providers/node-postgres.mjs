/** By hand on node-postgres: named prepared statements. */

import { byHand } from "./by-hand/index.mjs";
import { CONNECTIONS } from "./provider.mjs";

/** @type {import("./provider.mjs").Provider["load"]} */
export async function load(generation) {
  const { default: pg } = await import("pg");
  return ({ url, applicationName }) => {
    const pool = new pg.Pool({
      connectionString: url,
      application_name: applicationName,
      max: CONNECTIONS,
      // postgres.js keeps its connections for good; so that nobody connects in the middle of a slice.
      idleTimeoutMillis: 0,
    });
    return byHand[generation](async (statement, values) => {
      const { rows } = await pool.query({ ...statement, values });
      return rows;
    });
  };
}
