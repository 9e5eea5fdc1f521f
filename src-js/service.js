"use strict";

/** The environment service as callers see it. */

const calls = require("./arguments");
const { ended, toError } = require("./errors");
const { rowOf } = require("./kinds");
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
   * @param {number} arity how many arguments come before the options of the call
   * @param {(answer: any) => T} read
   * @param {(id: string) => string | null} row what the call writes, if the order of calls on it matters
   * @returns {(...args: any[]) => Promise<T>}
   */
  const method = (name, toText, arity, read, row = noRow) => {
    return async (...args) => {
      if (closing !== null) throw ended();
      const text = toText(...args.slice(0, arity));
      const signal = calls.signal(args[arity]);
      try {
        return read(await connections.answer(name, text, row(args[0]), signal));
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
    list: method("list", calls.list, 2, all),
    listJson: method("listJson", calls.list, 2, all),
    getById: method("getById", calls.id, 1, firstOrNull),
    getLeaseById: method("getLeaseById", calls.id, 1, firstOrNull),
    ensureLocalEnvironment: method("ensureLocalEnvironment", calls.ensureLocalEnvironment, 1, first),
    create: method("create", calls.create, 2, first),
    update: method("update", calls.update, 2, firstOrNull, rowOf),
    remove: method("remove", calls.id, 1, firstOrNull, rowOf),
    listLeases: method("listLeases", calls.listLeases, 2, all),
    listLeasesJson: method("listLeasesJson", calls.listLeases, 2, all),
    acquireLease: method("acquireLease", calls.acquireLease, 1, first),
    releaseLease: method("releaseLease", calls.releaseLease, 3, firstOrNull, rowOf),
    updateLeaseMetadata: method("updateLeaseMetadata", calls.updateLeaseMetadata, 2, firstOrNull, rowOf),
    releaseLeasesForRun: method("releaseLeasesForRun", calls.releaseLeasesForRun, 2, all, rowOf),
    stats: () => connections.statistics(),
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

module.exports = { environmentService };
