"use strict";

/** The environment service as callers see it. */

const calls = require("./arguments");
const { ended, toError } = require("./errors");
const { connectionsOf } = require("./registry");
const { environment, lease, listOf, orNull } = require("./results");

/** @typedef {import("./connections").Method} Method */

const environmentOrNull = orNull(environment);
const leaseOrNull = orNull(lease);
const environments = listOf(environment);
const leases = listOf(lease);

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
   * @param {Method} method
   * @param {() => string} text makes the call's text, or throws for a wrong argument
   * @param {(answer: any) => T} read
   * @param {string | null} [row] what the call writes, if the order of calls on it matters
   * @returns {Promise<T>}
   */
  async function answer(method, text, read, row = null) {
    if (closing !== null) throw ended();
    const call = text();
    try {
      return read(await connections.answer(method, call, row));
    } catch (reason) {
      throw toError(reason, connections.passwordError);
    }
  }

  async function close() {
    closing ??= connections.close();
    await closing;
  }

  return {
    list: async (companyId, filters) => answer("list", () => calls.list(companyId, filters), environments),

    getById: async (id) => answer("getById", () => calls.id(id), environmentOrNull),

    getLeaseById: async (id) => answer("getLeaseById", () => calls.id(id), leaseOrNull),

    ensureLocalEnvironment: async (companyId) =>
      answer("ensureLocalEnvironment", () => calls.ensureLocalEnvironment(companyId), environment),

    create: async (companyId, input) => answer("create", () => calls.create(companyId, input), environment),

    update: async (id, patch) => answer("update", () => calls.update(id, patch), environmentOrNull, id),

    remove: async (id) => answer("remove", () => calls.id(id), environmentOrNull, id),

    listLeases: async (environmentId, filters) =>
      answer("listLeases", () => calls.listLeases(environmentId, filters), leases),

    acquireLease: async (input) => answer("acquireLease", () => calls.acquireLease(input), lease),

    releaseLease: async (id, status, releaseOptions) =>
      answer("releaseLease", () => calls.releaseLease(id, status, releaseOptions), leaseOrNull, id),

    updateLeaseMetadata: async (id, metadata) =>
      answer("updateLeaseMetadata", () => calls.updateLeaseMetadata(id, metadata), leaseOrNull, id),

    releaseLeasesForRun: async (heartbeatRunId, status) =>
      answer(
        "releaseLeasesForRun",
        () => calls.releaseLeasesForRun(heartbeatRunId, status),
        leases,
        heartbeatRunId,
      ),

    close,
    [Symbol.asyncDispose]: close,
  };
}

module.exports = { environmentService };
