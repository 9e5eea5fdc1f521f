/** By hand on node-postgres: named prepared statements. */

import { byHand } from "./by-hand/service.mjs";
import { withJsonMethods } from "./json-methods.mjs";
import { CONNECTIONS } from "./provider.mjs";

/** @returns {Promise<import("./provider.mjs").Open>} */
export async function load() {
  const { default: pg } = await import("pg");
  return ({ url, applicationName }) => {
    const pool = new pg.Pool({
      connectionString: url,
      application_name: applicationName,
      max: CONNECTIONS,
      // postgres.js keeps its connections for good; so that nobody connects in the middle of a slice.
      idleTimeoutMillis: 0,
    });
    return withJsonMethods(
      byHand(async (statement, values) => {
        const { rows } = await pool.query({ ...statement, values });
        return rows;
      }),
    );
  };
}
