"use strict";

/** The environment service as callers see it. */

const calls = require("./arguments");
const { ended, toError } = require("./errors");
const { connectionsOf } = require("./registry");

/** @typedef {import("./kinds").Method} Method */

/**
 * Every method is a function of its own, so that it works detached from the service; and an async
 * one, so that nothing is thrown synchronously and an error's stack shows who called.
 *
 * @type {typeof import("../index").environmentService}
 */
function environmentService(source, options) {
  const connections = connectionsOf(source, options);
  /** @type {Promise<void> | null} */
  let closing = null;

  /**
   * @template T
   * @param {Method} name
   * @param {(...args: any[]) => string} toText makes the call's text, or throws for a wrong argument
   * @param {(answer: any) => T} read
   * @param {(id: string) => string | null} rowOf what the call writes, if the order of calls on it matters
   * @returns {(...args: any[]) => Promise<T>}
   */
  const method = (name, toText, read, rowOf = noRow) => {
    return async (...args) => {
      if (closing !== null) throw ended();
      const text = toText(...args);
      try {
        return read(await connections.answer(name, text, rowOf(args[0])));
      } catch (reason) {
        throw toError(reason, connections.passwordError);
      }
    };
  };

  async function close() {
    closing ??= connections.close();
    await closing;
  }

  return {
    list: method("list", calls.list, all),
    listJson: method("listJson", calls.list, all),
    getById: method("getById", calls.id, firstOrNull),
    getLeaseById: method("getLeaseById", calls.id, firstOrNull),
    ensureLocalEnvironment: method("ensureLocalEnvironment", calls.ensureLocalEnvironment, first),
    create: method("create", calls.create, first),
    update: method("update", calls.update, firstOrNull, rowOfId),
    remove: method("remove", calls.id, firstOrNull, rowOfId),
    listLeases: method("listLeases", calls.listLeases, all),
    listLeasesJson: method("listLeasesJson", calls.listLeases, all),
    acquireLease: method("acquireLease", calls.acquireLease, first),
    releaseLease: method("releaseLease", calls.releaseLease, firstOrNull, rowOfId),
    updateLeaseMetadata: method("updateLeaseMetadata", calls.updateLeaseMetadata, firstOrNull, rowOfId),
    releaseLeasesForRun: method("releaseLeasesForRun", calls.releaseLeasesForRun, all, rowOfId),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** @param {any} answer */
const all = (answer) => answer;

/** @param {any[]} rows */
const first = (rows) => rows[0];

/** @param {any[]} rows */
const firstOrNull = (rows) => rows[0] ?? null;

const noRow = () => null;

/**
 * One text for all the forms in which PostgreSQL takes a UUID.
 *
 * @param {string} id
 */
const rowOfId = (id) => id.replace(/[{}-]/g, "").toLowerCase();

module.exports = { environmentService };
