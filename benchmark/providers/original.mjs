/** The original as it is published, over drizzle and postgres.js as Paperclip sets them up. */

import { loadOriginal } from "../../__test__/support/original.mjs";
import { withJsonMethods } from "./json-methods.mjs";
import { CONNECTIONS } from "./provider.mjs";

/** @returns {Promise<import("./provider.mjs").Open>} */
export async function load() {
  const [{ default: postgres }, { drizzle }, environmentService] = await Promise.all([
    import("postgres"),
    import("drizzle-orm/postgres-js"),
    loadOriginal("2026.427"),
  ]);
  return ({ url, applicationName }) => {
    const sql = postgres(url, { max: CONNECTIONS, connection: { application_name: applicationName } });
    const service = environmentService(drizzle(sql));
    return withJsonMethods(/** @type {import("./provider.mjs").Service} */ (service));
  };
}
