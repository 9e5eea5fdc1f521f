/** By hand on postgres.js: prepared statements, which it pipelines. */

import { byHand } from "./by-hand/index.mjs";
import { CONNECTIONS } from "./provider.mjs";

/** @type {import("./provider.mjs").Provider["load"]} */
export async function load(generation) {
  const { default: postgres } = await import("postgres");
  return ({ url, applicationName }) => {
    const sql = postgres(url, { max: CONNECTIONS, connection: { application_name: applicationName } });
    return byHand[generation](({ text }, values) =>
      sql.unsafe(text, /** @type {any[]} */ (values), { prepare: true }),
    );
  };
}
