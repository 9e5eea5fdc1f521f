/** Paperclip 2026.916, where environments belong to the instance: as much of it as an agent run asks for. */

import { leases } from "./leases.mjs";
import { first, firstOrNull } from "./query.mjs";
import { environmentOfInstance as environment } from "./results.mjs";

/** @typedef {import("./query.mjs").Statement} Statement */

const COLUMNS = "id, name, description, driver, status, config, env_vars, metadata, created_at, updated_at";

/** @type {Statement} */
const getById = { name: "getById", text: `select ${COLUMNS} from environments where id = $1` };

/** @type {Statement} */
const selectLocal = {
  name: "selectLocal",
  text: `select ${COLUMNS} from environments where driver = 'local'`,
};

/** @type {Statement} */
const insertLocal = {
  name: "insertLocal",
  text: `
    insert into environments (name, description, driver, metadata, created_at, updated_at)
    values ('Local', 'Default execution environment for Paperclip runs on this machine.', 'local',
      '{"managedByPaperclip": true, "defaultForInstance": true}', $1, $1)
    on conflict do nothing`,
};

/** An earlier stop's receipt is no longer true of a lease that ends once more. */
const WITHOUT_RECEIPT = "metadata = metadata - 'remoteExecutionTermination'";

/** @type {(query: import("./query.mjs").Query) => import("../provider.mjs").Services["2026.916"]} */
export function byInstance(query) {
  return {
    ...leases(query, WITHOUT_RECEIPT),

    ensureLocalEnvironment: async () => {
      // It is there but for the first time.
      const [found] = await query(selectLocal, []);
      if (found) return environment(found);
      await query(insertLocal, [new Date()]);
      return first(await query(selectLocal, []), environment);
    },

    getById: async (id) => firstOrNull(await query(getById, [id]), environment),
  };
}
