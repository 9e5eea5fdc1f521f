// Predicts from the arguments where the addon of 2026.916 differs from the original on purpose.

import { environment, type Check, type CheckOfMethod, type Values } from "../check.js";

function withVariables(check: Check, owner: string, values: Values) {
  environment(check, owner, values);
  check.json(`${owner}.envVars`, values["envVars"]);
}

function created(check: Check, [first, second]: unknown[]) {
  if (typeof first === "string" && !second) return;
  const input = check.object("input", typeof first === "string" ? second : first);
  withVariables(check, "input", input);
  check.json("input.metadata", input["metadata"]);
}

function updated(check: Check, [id, given]: unknown[]) {
  check.id("id", id);
  const patch = check.object("patch", given);
  withVariables(check, "patch", patch);
  const { metadata } = patch;
  // The original looks the row up before it writes anything out.
  if (metadata === undefined && patch["status"] !== undefined) check.firstOfAll("patch");
  // What is truthy is spread, and is an object then.
  if (metadata) check.json("patch.metadata", { ...(metadata as object) });
}

const byEnvironmentId: CheckOfMethod = (check, [id]) => check.id("environmentId", id);

const truthyText = (check: Check, name: string, value: unknown) => {
  if (value) check.text(name, value);
};

/** What is looked up must be given, but may be null. */
const mustBeGiven = (check: Check, input: Values, name: string) => {
  if (input[name] === undefined) check.id(`input.${name}`, undefined);
};

/** A hand-off without what it needs is an error of its own, in both. */
function isRefusedAnyhow(input: Values): boolean {
  const { replacesReusableLeaseId: replaces, reusesReusableLeaseId: reuses } = input;
  if (!replaces && !reuses) return false;
  return (
    !input["executionWorkspaceId"] ||
    !input["providerLeaseId"] ||
    Boolean(reuses && !input["heartbeatRunId"]) ||
    Boolean(replaces && reuses)
  );
}

function managed(check: Check, given: unknown, required: string[]) {
  const input = check.object("input", given);
  for (const name of required) check.id(`input.${name}`, input[name]);
  for (const name of ["companyId", "description", "stockVersion"]) check.text(`input.${name}`, input[name]);
  for (const name of ["config", "extraMetadata"]) {
    if (input[name] !== undefined && input[name] !== null) check.object(`input.${name}`, input[name]);
  }
}

export function checksOf2026916(both: Record<string, CheckOfMethod>): Record<string, CheckOfMethod> {
  return {
    list(check, [first, second]) {
      const filters = typeof first === "string" ? second : first;
      if (filters !== undefined && filters !== null) check.object("filters", filters);
    },
    ensureLocalEnvironment: () => {},
    findKubernetesEnvironment: () => {},
    findManagedSandboxEnvironment: () => {},
    create: created,
    createInTransaction: created,
    update: updated,
    updateInTransaction: updated,
    removeIfDeletable: (check, [id]) => check.id("id", id),
    getDeleteBlastRadius: (check, [id]) => check.id("id", id),
    listBoundCompanyIds: byEnvironmentId,
    hasUnresolvedPendingCleanupLeases: byEnvironmentId,
    ensureManagedSandboxEnvironment: (check, [input]) => managed(check, input, ["name", "provider"]),
    archiveManagedSandboxEnvironment: (check, [input]) => managed(check, input, ["provider"]),
    ensureKubernetesEnvironment(check, [first, second]) {
      if (typeof first === "string" && !second) return;
      const config = typeof first === "string" ? second : first;
      if (config !== undefined && config !== null) check.object("input.config", config);
    },
    acquireLease(check, args) {
      both["acquireLease"]?.(check, args);
      const [input] = args;
      if (typeof input !== "object" || input === null || Array.isArray(input)) return;
      const { replacesReusableLeaseId, reusesReusableLeaseId, assertCompanyBinding } = input as Values;
      truthyText(check, "input.replacesReusableLeaseId", replacesReusableLeaseId);
      truthyText(check, "input.reusesReusableLeaseId", reusesReusableLeaseId);
      const isConditional = replacesReusableLeaseId || reusesReusableLeaseId || assertCompanyBinding;
      if (isConditional && !isRefusedAnyhow(input as Values)) {
        check.firstOfAll("input");
        mustBeGiven(check, input as Values, "companyId");
        mustBeGiven(check, input as Values, "environmentId");
      }
    },
    releaseLease(check, args) {
      both["releaseLease"]?.(check, args);
      const [, , options] = args;
      if (typeof options !== "object" || options === null || Array.isArray(options)) return;
      const { remoteExecutionTermination } = options as Values;
      if (remoteExecutionTermination) check.json("options", { remoteExecutionTermination });
    },
    insertPendingCleanupLease(check, [given]) {
      const input = check.object("input", given);
      const ids = ["companyId", "environmentId", "executionWorkspaceId", "issueId", "heartbeatRunId"];
      for (const name of [...ids, "provider", "providerLeaseId", "failureReason"]) {
        check.text(`input.${name}`, input[name]);
      }
      check.json("input.metadata", input["metadata"]);
      check.firstOfAll("input");
      mustBeGiven(check, input, "environmentId");
    },
  };
}
