/** By hand on postgres.js: prepared statements, which it pipelines. */

import { byHand } from "./by-hand/service.mjs";
import { CONNECTIONS } from "./index.mjs";
import { withJsonMethods } from "./json-methods.mjs";

/** @returns {Promise<import("./index.mjs").Open>} */
export async function load() {
  const { default: postgres } = await import("postgres");
  return ({ url, applicationName }) => {
    const sql = postgres(url, { max: CONNECTIONS, connection: { application_name: applicationName } });
    return withJsonMethods(
      byHand(({ text }, values) => sql.unsafe(text, /** @type {any[]} */ (values), { prepare: true })),
    );
  };
}
