"use strict";

/** The methods of Paperclip 2026.427.0 to 2026.529.0, and 2026.609.0. */

const calls = require("../arguments");
const { environment, fits, lease, ordered } = require("../generated/2026.427");
const { json, list, many, methodsOf, one, oneOrNull } = require("../methods");

const { withId } = calls;

/** @typedef {Exclude<keyof import("../../index").EnvironmentService, "stats" | "close" | symbol>} Name */

/** @type {Record<Name, import("../methods").Declaration>} */
const declarations = {
  list: { toText: calls.list, arity: 2, answering: list(environment) },
  listJson: { toText: calls.list, arity: 2, answering: json(environment), native: "list" },
  getById: { toText: withId, arity: 1, answering: oneOrNull(environment) },
  getLeaseById: { toText: withId, arity: 1, answering: oneOrNull(lease) },
  ensureLocalEnvironment: { toText: calls.ensureLocalEnvironment, arity: 1, answering: one(environment) },
  create: { toText: calls.create, arity: 2, answering: one(environment) },
  update: { toText: calls.update, arity: 2, answering: oneOrNull(environment) },
  remove: { toText: withId, arity: 1, answering: oneOrNull(environment) },
  listLeases: { toText: calls.listLeases, arity: 2, answering: list(lease) },
  listLeasesJson: { toText: calls.listLeases, arity: 2, answering: json(lease), native: "listLeases" },
  acquireLease: { toText: calls.acquireLease, arity: 1, answering: one(lease), undo: calls.releaseAborted },
  releaseLease: { toText: calls.releaseLease, arity: 3, answering: oneOrNull(lease) },
  updateLeaseMetadata: { toText: calls.updateLeaseMetadata, arity: 2, answering: oneOrNull(lease) },
  releaseLeasesForRun: { toText: calls.releaseLeasesForRun, arity: 2, answering: many(lease) },
};

const name = "2026.427";

module.exports = { name, fits, methods: methodsOf(name, ordered, declarations), hasServer: false };
