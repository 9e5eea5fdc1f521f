"use strict";

/** The managed sandbox environment is archived while its provider is not to be had. */

const { randomUUID } = require("node:crypto");
const { ARCHIVE_TOKEN, MANAGED, PROVIDER } = require("./marks");
const { installedStock, stockHash } = require("./stock");
const tables = require("./tables");

/** @typedef {import("../caller/database").Database} Database */
/** @typedef {Record<string, any>} Row */

/**
 * @param {Database} tx
 * @param {{ provider: string, companyId?: string }} wanted
 * @returns {Promise<{ row: Row, companies: string[] } | null>} null: there is no active one of this provider
 */
async function archive(tx, { provider, companyId }) {
  const sandboxes = await tables.lockSandboxes(tx);
  const managed = sandboxes.find(({ metadata }) => metadata?.[MANAGED] === true);
  if (managed?.status !== "active" || managed.metadata[PROVIDER] !== provider) return null;
  const companies = await tables.companiesOf(tx, companyId);
  const bindings = await tables.bindingsOf(tx, companies, managed.id);
  const token = randomUUID();
  const metadata = { ...managed.metadata, [ARCHIVE_TOKEN]: token };
  const row = await tables.changeStatus(tx, managed.id, ["active", "archived"], metadata);
  if (row === undefined) return null;
  for (const binding of bindings) {
    // The hash is that of what was installed, without the token, so that an operator's changes stay such.
    const stock = { ...installedStock(binding.defaults_json), status: "archived" };
    await tables.noteBinding(tx, binding, stockHash(stock), { ...stock, [ARCHIVE_TOKEN]: token });
  }
  return { row, companies };
}

module.exports = { archive };
