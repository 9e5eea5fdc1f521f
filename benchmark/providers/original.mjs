/** The original as it is published, over drizzle and postgres.js as Paperclip sets them up. */

import { loadOriginal, loadSchema } from "../../__test__/support/original.mjs";
import { withListJson } from "./list-json.mjs";
import { CONNECTIONS } from "./provider.mjs";

/** @type {import("./provider.mjs").Provider["load"]} */
export async function load(generation) {
  const [{ default: postgres }, { drizzle, schema }, environmentService] = await Promise.all([
    import("postgres"),
    loadSchema(generation),
    loadOriginal(generation),
  ]);
  return ({ url, applicationName }) => {
    const sql = postgres(url, { max: CONNECTIONS, connection: { application_name: applicationName } });
    const service = /** @type {any} */ (environmentService(drizzle(sql, { schema })));
    return withListJson(service);
  };
}
