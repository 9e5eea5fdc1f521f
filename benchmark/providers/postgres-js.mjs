/** By hand on postgres.js: prepared statements, which it pipelines. */

import { byHand } from "./by-hand/service.mjs";
import { withJsonMethods } from "./json-methods.mjs";
import { CONNECTIONS } from "./provider.mjs";

/** @returns {Promise<import("./provider.mjs").Open>} */
export async function load() {
  const { default: postgres } = await import("postgres");
  return ({ url, applicationName }) => {
    const sql = postgres(url, { max: CONNECTIONS, connection: { application_name: applicationName } });
    return withJsonMethods(
      byHand(({ text }, values) => sql.unsafe(text, /** @type {any[]} */ (values), { prepare: true })),
    );
  };
}
