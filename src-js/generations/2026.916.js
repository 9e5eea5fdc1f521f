"use strict";

/** The methods of Paperclip 2026.824.0 to 2026.916.1. */

const shared = require("../arguments");
const calls = require("./calls-2026.916");
const { blastRadius } = require("./blast-radius");
const { create, update } = require("../caller/environments");
const {
  boundCompany,
  caller,
  environment,
  fits,
  lease,
  ordered,
  there,
  uses,
} = require("../generated/2026.916");
const managed = require("../managed");
const { asked, json, list, many, methodsOf, one, oneOrNull } = require("../methods");

const { withId, withEnvironmentId } = shared;

/** @typedef {import("../methods").Declaration} Declaration */
/** @typedef {Exclude<keyof import("../../2026.916").EnvironmentService, "stats" | "close" | symbol>} Name */

const marked = {
  answering: asked(environment, ([row]) => row ?? null),
  native: "findMarkedEnvironment",
};
const companyIds = asked(boundCompany, (rows) => rows.map(({ companyId }) => companyId));
const isThere = asked(there, (rows) => rows.length > 0);
const radiusOrNull = asked(uses, ([row]) => (row === undefined ? null : blastRadius(row.uses)));

/** The server's answer to a violated constraint. @param {any} error @param {string} name */
function taken({ constraint_name }, name) {
  switch (constraint_name) {
    case "environments_name_idx":
      return { status: 409, message: `An environment named "${name}" already exists for this instance.` };
    case "environments_local_driver_idx":
      return { status: 409, message: "A local environment already exists for this instance." };
    default:
      return undefined;
  }
}

/** @type {Record<Name, Declaration | import("../methods").Steps>} */
const declarations = {
  list: { toText: calls.list, arity: 2, answering: list(environment) },
  listJson: { toText: calls.list, arity: 2, answering: json(environment), native: "list" },
  getById: { toText: withId, arity: 1, answering: oneOrNull(environment) },
  listBoundCompanyIds: { toText: withEnvironmentId, arity: 1, answering: companyIds },
  getLeaseById: { toText: withId, arity: 1, answering: oneOrNull(lease) },
  ensureLocalEnvironment: { toText: calls.ensureLocalEnvironment, arity: 1, answering: one(environment) },
  ensureManagedSandboxEnvironment: { arity: 1, work: managed.ensureManagedSandboxEnvironment },
  archiveManagedSandboxEnvironment: { arity: 1, work: managed.archiveManagedSandboxEnvironment },
  ensureKubernetesEnvironment: { arity: 2, work: managed.ensureKubernetesEnvironment },
  findKubernetesEnvironment: { toText: calls.findKubernetesEnvironment, arity: 1, ...marked },
  findManagedSandboxEnvironment: { toText: calls.findManagedSandboxEnvironment, arity: 2, ...marked },
  create: {
    toText: calls.create,
    arity: 2,
    answering: one(environment),
    refusal: (properties, [first, second]) =>
      taken(properties, (typeof first === "string" ? second : first).name),
    within: (database, args) => create(caller, database, calls.createdFields(args[0], args[1])),
  },
  update: {
    toText: calls.update,
    arity: 2,
    answering: oneOrNull(environment),
    refusal: (properties, [, patch]) => taken(properties, patch.name),
    within: (database, args) => update(caller, database, calls.patchedFields(args[0], args[1])),
  },
  remove: { toText: withId, arity: 1, answering: oneOrNull(environment) },
  removeIfDeletable: { toText: withId, arity: 1, answering: oneOrNull(environment) },
  hasUnresolvedPendingCleanupLeases: { toText: withEnvironmentId, arity: 1, answering: isThere },
  getDeleteBlastRadius: { toText: calls.getDeleteBlastRadius, arity: 1, answering: radiusOrNull },
  listLeases: { toText: shared.listLeases, arity: 2, answering: list(lease) },
  listLeasesJson: { toText: shared.listLeases, arity: 2, answering: json(lease), native: "listLeases" },
  acquireLease: {
    toText: calls.acquireLease,
    arity: 1,
    answering: one(lease),
    undo: shared.releaseAborted,
    // An insert waits for a lock on its environment; a reconciliation locks all sandbox environments.
    lane: ({ environmentId }) => environmentId,
    waiting: "acquireLeaseWaiting",
    apart: [calls.isConditional, "handOffLease"],
  },
  releaseLease: { toText: calls.releaseLease, arity: 3, answering: oneOrNull(lease) },
  insertPendingCleanupLease: {
    toText: calls.insertPendingCleanupLease,
    arity: 1,
    answering: one(lease),
    // Each waits for a lock on its environment.
    lane: ({ environmentId }) => environmentId,
    mostCalls: 1,
  },
  updateLeaseMetadata: { toText: shared.updateLeaseMetadata, arity: 2, answering: oneOrNull(lease) },
  releaseLeasesForRun: { toText: shared.releaseLeasesForRun, arity: 2, answering: many(lease) },
};

const name = "2026.916";

module.exports = { name, fits, methods: methodsOf(name, ordered, declarations), hasServer: true };
