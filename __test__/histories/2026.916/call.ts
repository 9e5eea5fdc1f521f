// Arbitrary calls of the methods that only 2026.916 has.

import fc from "fast-check";

import { json } from "../arbitrary/json.js";
import { noText, textOrLong } from "../arbitrary/text.js";
import { reference } from "../arbitrary/id.js";
import {
  anId,
  anObject,
  calls,
  environmentMembers,
  filter,
  leaseMembers,
  members,
  mostly,
  optional,
  word,
  type Calls,
} from "../arbitrary/tools.js";
import { Lazy, type Call } from "../step.js";

const ENVIRONMENT_STATUSES = ["active", "archived"];
const DRIVERS = ["local", "ssh", "sandbox", "plugin"];

/** Few, so that they meet. */
const names = fc.constantFrom<unknown>(
  "Local",
  "first",
  "second",
  "Kubernetes Sandbox",
  "build box",
  "other",
);

/** Metadata, at times with what the platform notes. */
const marks = fc.constantFrom<unknown>(
  { managedByPaperclip: true },
  { managedByPaperclip: "true" },
  { managedByPaperclip: false, a: 1 },
  { managedKubernetesSandbox: true },
  { _paperclipManagedArchiveToken: "token", b: [1] },
  [1, "two"],
  "ab",
  "",
  0,
  7,
  true,
  false,
);

/**
 * Text that is JSON itself, which drizzle reads twice and SQL once; and text with a pair of surrogates, which is cut
 * in two by the way through JavaScript that the original's takes.
 */
function isDocument(value: unknown): boolean {
  return typeof value === "string" && /^\s*[[{"]|[\ud800-\udfff]/.test(value);
}

const plain = fc.constantFrom<unknown>(
  {},
  { a: 1, nested: { z: [1, "x"], a: null } },
  { provider: "other", left: undefined },
  { ä: 1, b: 2, B: 3, _x: 4, "10": 5, "9": 6 },
);

const mostlyPlain = fc.option(plain, { nil: undefined });

export function callsOf2026916(both: Record<string, Calls>): Record<string, Calls> {
  const environment = {
    ...environmentMembers,
    name: fc.oneof({ weight: 3, arbitrary: names }, { weight: 1, arbitrary: environmentMembers.name }),
    envVars: environmentMembers.config,
    metadata: fc.oneof(
      { weight: 2, arbitrary: marks },
      { weight: 1, arbitrary: environmentMembers.metadata.filter((value) => !isDocument(value)) },
    ),
  };
  const filters = optional(
    anObject(members({ status: filter(ENVIRONMENT_STATUSES), driver: filter(DRIVERS) }), 20),
  );
  const aCompany = optional(anId("company"));
  const input = anObject(members(environment, ["name", "driver"]));
  const patch = anObject(members(environment));
  // Of two faults in one call, another may be named than by the original: in a transaction nothing is judged before.
  const faultless = { ...environment, config: plain, envVars: plain, metadata: marks };
  const inputInTransaction = anObject(members(faultless, ["name", "driver"]));
  const patchInTransaction = anObject(members(faultless));
  const kept = fc.oneof(
    { weight: 3, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  );

  const handedOff = fc
    .tuple(
      reference("lease"),
      reference("workspace"),
      reference("run"),
      reference("environment"),
      reference("company"),
    )
    .chain(([lease, executionWorkspaceId, heartbeatRunId, environmentId, companyId]) =>
      fc.record<Record<string, unknown>>(
        {
          companyId: fc.constant(companyId),
          environmentId: fc.constant(environmentId),
          executionWorkspaceId: fc.constant(executionWorkspaceId),
          heartbeatRunId: fc.constant(heartbeatRunId),
          providerLeaseId: fc.constantFrom("sandbox", "sandbox", "another", ""),
          leasePolicy: fc.constant("reuse_by_environment"),
          metadata: plain,
          replacesReusableLeaseId: fc.constantFrom<unknown>(lease, "", null),
          reusesReusableLeaseId: fc.constantFrom<unknown>(lease, "", null, null),
          assertCompanyBinding: fc.constantFrom<unknown>(true, false, undefined),
        },
        { requiredKeys: ["companyId", "environmentId", "executionWorkspaceId", "heartbeatRunId"] },
      ),
    );
  /** An acquisition that fits a lease: it is found when the history is played. */
  const acquire = fc.oneof(
    {
      weight: 5,
      arbitrary: anObject(members(leaseMembers, ["companyId", "environmentId", "heartbeatRunId"])),
    },
    { weight: 4, arbitrary: handedOff },
    // Of two faults in one call, the original names the one that it meets first.
    {
      weight: 2,
      arbitrary: fc.record<Record<string, unknown>>({
        companyId: fc.oneof(
          { weight: 4, arbitrary: reference("company") },
          { weight: 1, arbitrary: reference("company", "upper") },
        ),
        environmentId: fc.oneof(
          { weight: 9, arbitrary: reference("environment") },
          { weight: 1, arbitrary: fc.constant(null) },
        ),
        assertCompanyBinding: fc.constant(true),
      }),
    },
  );

  const managed = fc.record<Record<string, unknown>>(
    {
      companyId: fc.oneof(
        { weight: 4, arbitrary: reference("company") },
        { weight: 1, arbitrary: fc.constantFrom<unknown>("", null, "nope") },
      ),
      name: names,
      description: fc.constantFrom<unknown>("managed", null, undefined),
      provider: fc.constantFrom("kubernetes", "daytona"),
      config: plain,
      extraMetadata: fc.constantFrom<unknown>(
        {},
        { managedKubernetesSandbox: true },
        { region: "eu" },
        { region: null },
      ),
      stockVersion: fc.constantFrom<unknown>("2", null),
      platformFullyManaged: fc.boolean(),
    },
    { requiredKeys: ["name", "provider"] },
  );

  return {
    ...both,
    list: calls(3, fc.oneof(optional(anId("company")), filters), filters),
    ensureLocalEnvironment: calls(3, aCompany),
    create: {
      weight: 5,
      args: fc.oneof(fc.tuple(anId("company"), input), fc.tuple(input), fc.tuple(anId("company"))),
    },
    createInTransaction: calls(2, anId("company"), inputInTransaction, kept),
    update: calls(5, anId("environment"), patch),
    updateInTransaction: calls(2, reference("environment"), patchInTransaction, kept),
    removeIfDeletable: calls(2, anId("environment")),
    listBoundCompanyIds: calls(3, anId("environment")),
    hasUnresolvedPendingCleanupLeases: calls(2, anId("environment")),
    getDeleteBlastRadius: calls(3, anId("environment")),
    findKubernetesEnvironment: calls(2, aCompany),
    findManagedSandboxEnvironment: calls(
      2,
      aCompany,
      fc.constantFrom<unknown>(undefined, {}, { includeArchived: true }, { includeArchived: 1 }, null),
    ),
    ensureManagedSandboxEnvironment: calls(6, anObject(managed, 100)),
    archiveManagedSandboxEnvironment: calls(
      2,
      anObject(
        fc.record<Record<string, unknown>>(
          { provider: fc.constantFrom("kubernetes", "daytona"), companyId: reference("company") },
          { requiredKeys: ["provider"] },
        ),
        50,
      ),
    ),
    ensureKubernetesEnvironment: {
      weight: 2,
      args: fc.oneof(fc.tuple(reference("company"), mostlyPlain), fc.tuple(plain)),
    },
    acquireLease: { weight: 9, args: fc.tuple(acquire) },
    releaseLease: calls(
      4,
      anId("lease"),
      mostly(word(["released", "expired", "failed", "retained", "active", "pending_cleanup"]), noText, 20),
      optional(
        anObject(
          members({
            failureReason: mostly(textOrLong, noText),
            cleanupStatus: mostly(word(["pending", "success", "failed"]), noText),
            remoteExecutionTermination: fc.oneof(json, fc.constantFrom<unknown>(0, "", false)),
          }),
          20,
        ),
      ),
    ),
    insertPendingCleanupLease: calls(
      3,
      anObject(
        members({ ...withoutPolicy(leaseMembers), failureReason: mostly(textOrLong, noText, 20) }, [
          "companyId",
          "environmentId",
          "failureReason",
        ]),
      ),
    ),
  };
}

function withoutPolicy({ leasePolicy: _, expiresAt: __, ...rest }: typeof leaseMembers) {
  return rest;
}

/** What reaches over rows: only the first of several calls may say anything of it. */
const CLAIMS: Record<string, (args: unknown[], n: number) => unknown[]> = {
  // A large one goes out by itself, and so another may be the first to have a name.
  create: (args, n) => withoutMembers(args, { name: `call ${n}`, driver: "ssh", metadata: null }),
  createInTransaction: (args) => withoutMembers(args, { driver: "ssh", metadata: null }),
  update: (args) => withoutMembers(args, { name: undefined, driver: undefined, metadata: undefined }),
  updateInTransaction: (args) =>
    withoutMembers(args, { name: undefined, driver: undefined, metadata: undefined }),
  acquireLease: (args) =>
    withoutMembers(args, {
      replacesReusableLeaseId: undefined,
      reusesReusableLeaseId: undefined,
      assertCompanyBinding: undefined,
    }),
};

/** Methods that change more than one row, or wait for each other: one call at a time. */
const ALONE = [
  "ensureManagedSandboxEnvironment",
  "archiveManagedSandboxEnvironment",
  "ensureKubernetesEnvironment",
  "createInTransaction",
  "updateInTransaction",
];

export function withOneClaim(calls: Call[]): Call[] {
  const [first] = calls;
  if (first && ALONE.includes(first.method)) return [first];
  return calls.map((call, n) =>
    n === 0 ? call : { ...call, args: CLAIMS[call.method]?.(call.args, n) ?? call.args },
  );
}

function withoutMembers(args: unknown[], members: Record<string, unknown>): unknown[] {
  return args.map((arg) => {
    if (arg instanceof Lazy) {
      return new Lazy(`${arg.description} without ${Object.keys(members).join()}`, (known) => {
        const value = arg.resolve(known);
        return typeof value === "object" && value !== null
          ? Object.assign(Object.create(value), members)
          : value;
      });
    }
    if (typeof arg !== "object" || arg === null || Array.isArray(arg)) return arg;
    const given = Object.fromEntries(Object.entries(members).filter(([key]) => key in arg));
    return { ...arg, ...given };
  });
}
