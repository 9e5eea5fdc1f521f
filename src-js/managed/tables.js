"use strict";

/** The statements about the managed sandbox environment, in a transaction of the caller's database. */

const { rowsOf: rawRowsOf } = require("../caller/database");
const { readDocument } = require("../caller/rows");
const { now } = require("../caller/environments");
const { caller } = require("../generated/2026.916");

/** @typedef {import("../caller/database").Database} Database */
/** @typedef {import("../caller/database").Value} Value */
/** @typedef {import("../caller/database").Row} Row */

const COLUMNS = caller.columns.map(({ name }) => name).join(", ");

/** The condition that a row is a binding of the managed sandbox environment. */
const IS_BINDING =
  "bundle_key = 'managed-sandbox-environment' and resource_kind = 'environment' and resource_key = 'managed-sandbox'";

const DOCUMENTS = ["config", "metadata", "defaults_json"];

/** Sends a statement, and reads the documents of its rows.
 * @param {Database} tx @param {string} sql @param {Value[]} [params] @returns {Promise<Row[]>} */
async function rowsOf(tx, sql, params = []) {
  const rows = await rawRowsOf(tx, sql, params);
  for (const row of rows) for (const name of DOCUMENTS) if (name in row) row[name] = readDocument(row[name]);
  return rows;
}

/** Ids as the text of an SQL array, because drivers pass arrays differently. @param {string[]} ids */
const arrayOf = (ids) => `{${ids.map((id) => `"${id.replace(/["\\]/g, "\\$&")}"`).join()}}`;

/** Locks and reads all sandbox environments, so that reconciliations run one after another. @param {Database} tx */
const lockSandboxes = (tx) =>
  rowsOf(tx, `select ${COLUMNS} from environments where driver = 'sandbox' for update`);

/** @param {Database} tx @param {string} name */
async function environmentNamed(tx, name) {
  const [row] = await rowsOf(tx, "select id, driver from environments where name = $1", [name]);
  return row;
}

/** The companies whose bindings are reconciled.
 * @param {Database} tx @param {string | undefined | null} companyId @returns {Promise<string[]>} */
async function companiesOf(tx, companyId) {
  if (companyId) return [companyId];
  return (await rowsOf(tx, "select id from companies")).map(({ id }) => id);
}

/** The companies' bindings, or only those of one environment.
 * @param {Database} tx @param {string[]} companies @param {string} [environment] */
async function bindingsOf(tx, companies, environment) {
  if (companies.length === 0) return [];
  // The same conditions as in the original, so that the bindings have the same order: the first one counts.
  const places = companies.map((_, index) => `$${index + 1}`).join();
  const ofOne = environment === undefined ? "" : `and resource_id = $${companies.length + 1}`;
  return rowsOf(
    tx,
    `select id, company_id, resource_id, stock_version, stock_hash, defaults_json from built_in_managed_resources
     where ${IS_BINDING} and company_id in (${places}) ${ofOne}`,
    [...companies, ...(environment === undefined ? [] : [environment])],
  );
}

/** @typedef {{ version: string, hash: string, stock: Row }} Installed */

/** Binds companies to what was installed. @param {Database} tx
 * @param {string[]} companies @param {string} environment @param {Installed} installed @param {boolean} replace */
async function bind(tx, companies, environment, { version, hash, stock }, replace) {
  if (companies.length === 0) return;
  const update = `update set resource_id = excluded.resource_id, stock_version = excluded.stock_version,
    stock_hash = excluded.stock_hash, defaults_json = excluded.defaults_json, updated_at = $6::timestamptz`;
  await rowsOf(
    tx,
    `insert into built_in_managed_resources
     (company_id, bundle_key, resource_kind, resource_key, resource_id, stock_version, stock_hash, defaults_json)
     select company_id, 'managed-sandbox-environment', 'environment', 'managed-sandbox', $2::uuid, $3::text, $4::text,
     $5::text::jsonb from unnest($1::text::uuid[]) as c(company_id)
     on conflict (company_id, bundle_key, resource_kind, resource_key) do ${replace ? update : "nothing"}`,
    [arrayOf(companies), environment, version, hash, JSON.stringify(stock), ...(replace ? [now()] : [])],
  );
}

/** Changes a binding.
 * @param {Database} tx @param {Row} binding @param {string} hash @param {Row} defaults */
async function noteBinding(tx, binding, hash, defaults) {
  await rowsOf(
    tx,
    `update built_in_managed_resources set stock_hash = $3, defaults_json = $4::text::jsonb, updated_at = $5::timestamptz
     where id = $1 and resource_id = $2`,
    [binding.id, binding.resource_id, hash, JSON.stringify(defaults), now()],
  );
}

/** Inserts the environment, unless there is one already. @param {Database} tx @param {Row} values */
async function insertSandbox(tx, { name, description, config, metadata }) {
  const [row] = await rowsOf(
    tx,
    `insert into environments
     (name, description, driver, status, config, env_vars, metadata, created_at, updated_at)
     values ($1, $2, 'sandbox', 'active', $3::text::jsonb, '{}', $4::text::jsonb, $5::timestamptz, $5)
     on conflict do nothing returning ${COLUMNS}`,
    [name, description, JSON.stringify(config), JSON.stringify(metadata), now()],
  );
  return row;
}

/** Sets columns of the environment, unless its status has changed.
 * @param {Database} tx @param {Row} row @param {Row} values */
async function updateSandbox(tx, { id, status }, values) {
  const isDocument = (/** @type {string} */ name) => DOCUMENTS.includes(name);
  const columns = Object.entries(values);
  const sets = columns.map(([name], at) => `${name} = $${at + 4}${isDocument(name) ? "::text::jsonb" : ""}`);
  const params = columns.map(([name, value]) => (isDocument(name) ? JSON.stringify(value) : value));
  const [row] = await rowsOf(
    tx,
    `update environments set ${sets.join()}, updated_at = $3::timestamptz
     where id = $1 and status = $2 returning ${COLUMNS}`,
    [id, status, now(), ...params],
  );
  return row;
}

module.exports = {
  ...{ lockSandboxes, environmentNamed, companiesOf, bindingsOf, bind, noteBinding },
  ...{ insertSandbox, updateSandbox },
};
