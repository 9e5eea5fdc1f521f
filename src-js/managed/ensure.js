"use strict";

/** The managed sandbox environment is made, brought up to date, or left to an operator who has changed it. */

const { ARCHIVE_TOKEN, KUBERNETES, MANAGED, PROVIDER, withoutArchiveToken } = require("./marks");
const { stockHash, stockOf, managedKeys, mergeMetadata, installedStock, statusOf } = require("./stock");
const tables = require("./tables");

/** @typedef {import("../caller/database").Database} Database */
/** @typedef {Record<string, any>} Row */

/**
 * What is wanted.
 *
 * @typedef {object} Wanted
 * @property {string} [companyId]
 * @property {string} name
 * @property {string | null} [description]
 * @property {string} provider
 * @property {Row} [config]
 * @property {Row} [extraMetadata]
 * @property {string} [stockVersion]
 * @property {boolean} [platformFullyManaged] nobody else can have changed the environment
 */

/**
 * What has become of it: beside the row, what is told to the caller and to the log.
 *
 * @typedef {object} Reconciled
 * @property {Row} row
 * @property {string} action
 * @property {string} stockStatus
 * @property {boolean} updateAvailable
 * @property {string} hash
 * @property {boolean} [reactivated]
 */

const FIRST_VERSION = "managed-environment-v1";

/**
 * @param {Database} tx
 * @param {Wanted} wanted
 * @returns {Promise<Reconciled & { companies: string[], tracking: boolean }>}
 */
async function ensure(tx, wanted) {
  const companies = await tables.companiesOf(tx, wanted.companyId);
  // Locked before the bindings are read: whoever had to wait is to see what the other one has bound.
  const sandboxes = await tables.lockSandboxes(tx);
  const bindings = await tables.bindingsOf(tx, companies);
  const pass = new Pass(tx, wanted, companies, bindings);
  const reconciled = await pass.reconcile(sandboxes);
  return { ...reconciled, companies, tracking: bindings.length < companies.length };
}

/** @param {Row[]} sandboxes */
const managedAmong = (sandboxes) => sandboxes.find(({ metadata }) => metadata?.[MANAGED] === true);

class Pass {
  #tx;
  #wanted;
  #companies;
  #bindings;
  #keys;
  #config;
  /** @type {Row} */
  #metadata;

  /** @param {Database} tx @param {Wanted} wanted @param {string[]} companies @param {Row[]} bindings */
  constructor(tx, wanted, companies, bindings) {
    this.#tx = tx;
    this.#wanted = wanted;
    this.#companies = companies;
    this.#bindings = bindings;
    const { config, extraMetadata, provider } = wanted;
    this.#config = { ...config, provider };
    this.#metadata = { [MANAGED]: true, [PROVIDER]: provider, ...extraMetadata };
    if (this.#metadata[KUBERNETES] !== true) this.#metadata[KUBERNETES] = null;
    this.#keys = managedKeys(this.#metadata, bindings);
  }

  /** @param {Row[]} sandboxes @returns {Promise<Reconciled>} */
  async reconcile(sandboxes) {
    const named = sandboxes.find(({ name }) => name === this.#wanted.name);
    const row = managedAmong(sandboxes) ?? named;
    if (row !== undefined) return this.#bringUpToDate(row);

    const added = await this.#add();
    if (added !== undefined) return added;
    // Somebody else was quicker.
    const winner = managedAmong(await tables.lockSandboxes(this.#tx));
    if (winner === undefined) throw new Error("Failed to ensure managed sandbox environment");
    return this.#bringUpToDate(winner);
  }

  async #add() {
    const { name, description = null } = this.#wanted;
    const other = await tables.environmentNamed(this.#tx, name);
    if (other !== undefined && other.driver !== "sandbox") {
      throw new Error(
        `Failed to ensure managed sandbox environment: environment "${name}" already exists with driver "${other.driver}"`,
      );
    }
    const metadata = mergeMetadata(null, this.#metadata, this.#keys);
    const row = await tables.insertSandbox(this.#tx, { name, description, config: this.#config, metadata });
    if (row === undefined) return undefined;
    const stock = this.#stockOf(row);
    const hash = stockHash(stock);
    await this.#bind(row, { version: this.#version(), hash, stock }, true);
    return { row, action: "added", stockStatus: "missing", updateAvailable: false, hash };
  }

  /** @param {Row} row @returns {Promise<Reconciled>} */
  async #bringUpToDate(row) {
    const { description = null, name: wantedName } = this.#wanted;
    const other = await tables.environmentNamed(this.#tx, wantedName);
    const name = other !== undefined && other.id !== row.id ? row.name : wantedName;
    const [config, metadata] = [this.#config, this.#metadata];
    const stock = this.#stockOf({ name, description, config, metadata, status: "active" });
    const hash = stockHash(stock);
    const mine = this.#bindings.filter(({ resource_id }) => resource_id === row.id);
    const stockStatus = this.#statusOf(row, mine, hash);
    const version = this.#version();
    switch (stockStatus) {
      case "operator_modified":
        return this.#leave(row, mine, { version, hash, stock });
      case "stock_current":
        await this.#bind(row, { version, hash, stock }, false);
        return { row, action: "unchanged", stockStatus, updateAvailable: false, hash };
      default: {
        const merged = withoutArchiveToken(mergeMetadata(row.metadata, metadata, this.#keys));
        const values = { name, description, config, metadata: merged };
        const updated = await tables.replaceSandbox(this.#tx, row.id, values);
        if (updated === undefined)
          throw new Error("Managed sandbox environment changed during reconciliation");
        await this.#bind(updated, { version, hash, stock }, true);
        return { row: updated, action: "updated", stockStatus, updateAvailable: false, hash };
      }
    }
  }

  /** @param {Row} row @param {Row[]} mine its bindings @param {string} latest */
  #statusOf(row, mine, latest) {
    const current = stockHash(this.#stockOf(row));
    const token = row.metadata?.[ARCHIVE_TOKEN];
    const isArchivedAgain = mine.some(
      ({ defaults_json: { status, [ARCHIVE_TOKEN]: installed } }) =>
        status === "archived" && typeof installed === "string" && installed !== token,
    );
    // Somebody has decided that it stays archived.
    if (row.status === "archived" && isArchivedAgain) return "operator_modified";

    const status = statusOf(current, mine[0]?.stock_hash, latest);
    if (status !== "operator_modified" || mine.length === 0) return status;
    const isStock = mine.some(
      ({ stock_hash }) => statusOf(current, stock_hash, latest) === "stock_update_available",
    );
    return isStock || this.#wanted.platformFullyManaged ? "stock_update_available" : status;
  }

  /**
   * Leaves the environment as an operator has made it, but for an archiving that was the platform's own.
   *
   * @param {Row} row
   * @param {Row[]} mine
   * @param {tables.Installed} desired
   * @returns {Promise<Reconciled>}
   */
  async #leave(row, mine, desired) {
    const [first] = mine;
    let installed = desired;
    if (first !== undefined) {
      const stock = installedStock(first.defaults_json);
      installed = { version: first.stock_version ?? desired.version, hash: first.stock_hash, stock };
    }
    const token = row.metadata?.[ARCHIVE_TOKEN];
    const isOurs = mine.some(
      ({ defaults_json: defaults }) => defaults.status === "archived" && defaults[ARCHIVE_TOKEN] === token,
    );
    const reactivated = row.status === "archived" && typeof token === "string" && isOurs;
    let left = row;
    if (reactivated) {
      const metadata = withoutArchiveToken(row.metadata);
      const active = await tables.changeStatus(this.#tx, row.id, ["archived", "active"], metadata);
      if (active === undefined) throw new Error("Managed sandbox environment changed during reactivation");
      left = active;
      for (const binding of mine) {
        const stock = { ...installedStock(binding.defaults_json), status: "active" };
        const hash = stockHash(stock);
        await tables.noteBinding(this.#tx, binding, hash, stock);
        if (binding === first) installed = { ...installed, hash, stock };
      }
    }
    await this.#bind(left, installed, false);
    const [action, stockStatus, updateAvailable] = ["skipped", "operator_modified", true];
    return { row: left, action, stockStatus, updateAvailable, hash: desired.hash, reactivated };
  }

  /** @param {Row} row */
  #stockOf(row) {
    return stockOf(/** @type {any} */ (row), this.#keys);
  }

  #version() {
    return this.#wanted.stockVersion ?? FIRST_VERSION;
  }

  /** Notes what is installed: for all companies, or for those that have no note. @param {Row} row @param {tables.Installed} installed @param {boolean} replace */
  #bind(row, installed, replace) {
    const bound = new Set(this.#bindings.map(({ company_id }) => company_id));
    const companies = replace ? this.#companies : this.#companies.filter((id) => !bound.has(id));
    return tables.bind(this.#tx, companies, row.id, installed, replace);
  }
}

module.exports = { ensure };
