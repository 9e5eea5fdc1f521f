/** Paperclip 2026.427, where environments belong to companies. */

import { withListJson } from "../list-json.mjs";
import { leases } from "./leases.mjs";
import { assignments, first, firstOrNull, given } from "./query.mjs";
import { environmentOfCompany as environment } from "./results.mjs";

/** @typedef {import("./query.mjs").Statement} Statement */

const COLUMNS = "id, company_id, name, description, driver, status, config, metadata, created_at, updated_at";

/** pgbench runs the same texts. @type {Statement} */
export const getById = { name: "getById", text: `select ${COLUMNS} from environments where id = $1` };

/** @type {Statement} */
const create = {
  name: "create",
  text: `
    insert into environments
      (company_id, name, description, driver, status, config, metadata, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
    returning ${COLUMNS}`,
};

/** @type {Statement} */
const remove = { name: "remove", text: `delete from environments where id = $1 returning ${COLUMNS}` };

/** @type {Statement} */
export const list = {
  name: "list",
  text: `
    select ${COLUMNS} from environments where company_id = $1
    order by updated_at desc, created_at desc`,
};

/** @param {string[]} columns that are set; their values follow the id and the time @returns {Statement} */
const update = (columns) => ({
  name: ["update", ...columns].join("_"),
  text: `
    update environments set ${assignments(["updated_at", ...columns])}
    where id = $1
    returning ${COLUMNS}`,
});

/** @type {(query: import("./query.mjs").Query) => import("../provider.mjs").Services["2026.427"]} */
export function byCompany(query) {
  return withListJson({
    ...leases(query),

    list: async (companyId) => (await query(list, [companyId])).map(environment),

    getById: async (id) => firstOrNull(await query(getById, [id]), environment),

    create: async (companyId, input) => {
      const { name, description = null, driver, status = "active", config = {}, metadata = null } = input;
      const values = [companyId, name, description, driver, status, config, metadata, new Date()];
      return first(await query(create, values), environment);
    },

    update: async (id, { name, description, driver, status, config, metadata }) => {
      const patch = { name, description, driver, status, config, metadata };
      const [columns, values] = given(patch);
      return firstOrNull(await query(update(columns), [id, new Date(), ...values]), environment);
    },

    remove: async (id) => firstOrNull(await query(remove, [id]), environment),
  });
}
