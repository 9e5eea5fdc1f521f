"use strict";

/**
 * Creates or updates the managed sandbox environment, unless an operator has changed it, and archives it while its
 * provider is not available.
 */

const { randomUUID } = require("node:crypto");
const { ARCHIVE_TOKEN, KUBERNETES, MANAGED, PROVIDER, withoutArchiveToken } = require("./marks");
const { hashOf, stockOf, managedKeys, mergeMetadata } = require("./stock");
const tables = require("./tables");

/** @typedef {import("../caller/database").Database} Database */
/** @typedef {import("../../2026.916").ManagedSandboxEnvironmentInput} Wanted */
/** @typedef {tables.Row} Row */

/**
 * One reconciliation: the desired environment, and the companies it is for.
 *
 * @typedef {object} Pass
 * @property {Database} tx
 * @property {string[]} companies
 * @property {Row[]} bindings of the companies
 * @property {Row} desired the columns that are set
 * @property {string[]} keys of metadata that the platform manages
 * @property {string} version
 * @property {boolean} [platformFullyManaged] only the platform can change the environment
 */

/** The result of a reconciliation.
 * @typedef {{ row: Row, action: string, stockStatus: string, stockHash: string, reactivated?: boolean }} Reconciled */

const FIRST_VERSION = "managed-environment-v1";

/** @param {Row[]} sandboxes */
const managedAmong = (sandboxes) => sandboxes.find(({ metadata }) => metadata?.[MANAGED] === true);

/** @param {Database} tx @param {Wanted} wanted */
async function ensure(tx, wanted) {
  const { name, description = null, provider, stockVersion, platformFullyManaged } = wanted;
  const companies = await tables.companiesOf(tx, wanted.companyId);
  // Locked before the bindings are read, so that after a wait this sees what the other reconciliation has bound.
  const sandboxes = await tables.lockSandboxes(tx);
  const bindings = await tables.bindingsOf(tx, companies);

  const config = { ...wanted.config, provider };
  /** @type {Row} */
  const metadata = { [MANAGED]: true, [PROVIDER]: provider, ...wanted.extraMetadata };
  if (metadata[KUBERNETES] !== true) metadata[KUBERNETES] = null;
  const desired = { name, description, config, metadata, status: "active" };
  const keys = managedKeys(metadata, bindings);
  const version = stockVersion ?? FIRST_VERSION;
  const pass = { tx, companies, bindings, desired, keys, version, platformFullyManaged };

  const row = managedAmong(sandboxes) ?? sandboxes.find((each) => each.name === name);
  const reconciled = await (row === undefined ? add(pass) : bringUpToDate(pass, row));
  return { ...reconciled, companies, tracking: bindings.length < companies.length };
}

/** @param {Pass} pass @returns {Promise<Reconciled>} */
async function add(pass) {
  const { tx, desired, keys } = pass;
  const { name } = desired;
  const other = await tables.environmentNamed(tx, name);
  if (other !== undefined && other.driver !== "sandbox") {
    throw new Error(
      `Failed to ensure managed sandbox environment: environment "${name}" already exists with driver "${other.driver}"`,
    );
  }
  const metadata = mergeMetadata(null, desired.metadata, keys);
  const row = await tables.insertSandbox(tx, { ...desired, metadata });
  if (row === undefined) {
    // Another reconciliation was faster.
    const winner = managedAmong(await tables.lockSandboxes(tx));
    if (winner === undefined) throw new Error("Failed to ensure managed sandbox environment");
    return bringUpToDate(pass, winner);
  }
  const latest = stockFor(pass, row);
  await bind(pass, row, latest, true);
  return { row, action: "added", stockStatus: "missing", stockHash: latest.hash };
}

/** @param {Pass} pass @param {Row} row @returns {Promise<Reconciled>} */
async function bringUpToDate(pass, row) {
  const { tx, bindings, desired, keys } = pass;
  const other = await tables.environmentNamed(tx, desired.name);
  const name = other !== undefined && other.id !== row.id ? row.name : desired.name;
  const latest = stockFor(pass, { ...desired, name });
  const stockHash = latest.hash;
  const mine = bindings.filter(({ resource_id }) => resource_id === row.id);
  const stockStatus = statusOf(pass, row, mine, stockHash);
  if (stockStatus === "operator_modified") return leave(pass, row, mine, latest);
  if (stockStatus === "stock_current") {
    await bind(pass, row, latest, false);
    return { row, action: "unchanged", stockStatus, stockHash };
  }
  const metadata = withoutArchiveToken(mergeMetadata(row.metadata, desired.metadata, keys));
  const updated = await tables.updateSandbox(tx, row, { ...desired, name, metadata });
  if (updated === undefined) throw new Error("Managed sandbox environment changed during reconciliation");
  await bind(pass, updated, latest, true);
  return { row: updated, action: "updated", stockStatus, stockHash };
}

/** @param {Pass} pass @param {Row} row */
function stockFor({ version, keys }, row) {
  const stock = stockOf(row, keys);
  return { version, hash: hashOf(stock), stock };
}

/** Compares a row with what was installed and with what is desired.
 * @param {Pass} pass @param {Row} row @param {Row[]} mine its bindings @param {string} latest */
function statusOf({ keys, platformFullyManaged }, row, mine, latest) {
  const current = hashOf(stockOf(row, keys));
  const others = archivings(mine).filter((token) => token !== row.metadata?.[ARCHIVE_TOKEN]);
  // An operator has decided that it stays archived.
  if (row.status === "archived" && others.length > 0) return "operator_modified";
  if (current === latest) return "stock_current";
  const isStock = mine.some(({ stock_hash }) => stock_hash === current);
  const isOurs = platformFullyManaged && mine.length > 0;
  return isStock || isOurs ? "stock_update_available" : "operator_modified";
}

/** The archive tokens in the bindings. @param {Row[]} bindings @returns {string[]} */
function archivings(bindings) {
  const archived = bindings.filter(({ defaults_json: { status } }) => status === "archived");
  const tokens = archived.map(({ defaults_json: { [ARCHIVE_TOKEN]: token } }) => token);
  return tokens.filter((token) => typeof token === "string");
}

/** Leaves the environment as an operator has changed it, but undoes an archiving of the platform's own.
 * @param {Pass} pass @param {Row} row @param {Row[]} mine @param {tables.Installed} latest @returns {Promise<Reconciled>} */
async function leave(pass, row, mine, latest) {
  const token = row.metadata?.[ARCHIVE_TOKEN];
  const [first] = mine;
  let installed = latest;
  if (first !== undefined) {
    const stock = withoutArchiveToken(first.defaults_json);
    installed = { version: first.stock_version ?? latest.version, hash: first.stock_hash, stock };
  }
  let left = row;
  const reactivated = row.status === "archived" && archivings(mine).includes(token);
  if (reactivated) {
    const values = { status: "active", metadata: withoutArchiveToken(row.metadata) };
    const active = await tables.updateSandbox(pass.tx, row, values);
    if (active === undefined) throw new Error("Managed sandbox environment changed during reactivation");
    left = active;
    await noteStatus(pass.tx, mine, "active");
    const stock = { ...installed.stock, status: "active" };
    installed = { ...installed, hash: hashOf(stock), stock };
  }
  await bind(pass, left, installed, false);
  const told = { action: "skipped", stockStatus: "operator_modified", stockHash: latest.hash };
  return { row: left, ...told, reactivated };
}

/** Binds companies to what is installed: all of them, or only those that have no binding.
 * @param {Pass} pass @param {Row} row @param {tables.Installed} installed @param {boolean} replace */
function bind({ tx, bindings, companies }, row, installed, replace) {
  const bound = new Set(bindings.map(({ company_id }) => company_id));
  const those = replace ? companies : companies.filter((id) => !bound.has(id));
  return tables.bind(tx, those, row.id, installed, replace);
}

/** Writes another status of the environment, and the token of its archiving, to the bindings.
 * @param {Database} tx @param {Row[]} bindings @param {string} status @param {Row} [token] */
async function noteStatus(tx, bindings, status, token) {
  for (const binding of bindings) {
    // The hash is that of what was installed, without the token, so that an operator's changes are still recognised.
    const stock = { ...withoutArchiveToken(binding.defaults_json), status };
    await tables.noteBinding(tx, binding, hashOf(stock), { ...stock, ...token });
  }
}

/** Archives the environment. Returns null if this provider has no active one.
 * @param {Database} tx @param {{ provider: string, companyId?: string }} wanted */
async function archive(tx, { provider, companyId }) {
  const managed = managedAmong(await tables.lockSandboxes(tx));
  if (managed?.status !== "active" || managed.metadata[PROVIDER] !== provider) return null;
  const companies = await tables.companiesOf(tx, companyId);
  const bindings = await tables.bindingsOf(tx, companies, managed.id);
  const token = { [ARCHIVE_TOKEN]: randomUUID() };
  const values = { status: "archived", metadata: { ...managed.metadata, ...token } };
  const row = await tables.updateSandbox(tx, managed, values);
  if (row === undefined) return null;
  await noteStatus(tx, bindings, "archived", token);
  return { row, companies };
}

module.exports = { ensure, archive };
