// Predicts from the arguments where the addon differs from the original on purpose.
//
// It follows the contract, not the code: a value outside its set that is given to a write, and an argument of the wrong
// JavaScript type, reject before anything is sent. If a call has several faults, any of them may be reported.

import { isByCompany } from "../support/generation.js";
import { checksOf2026916 } from "./2026.916/expected.js";
import { Check, environment, type CheckOfMethod, type OwnRejections, type Values } from "./check.js";
import type { Call } from "./step.js";

export function ownRejections(call: Call): OwnRejections {
  const rejections: OwnRejections = { wrongTypes: [], unexpected: [], javascript: [] };
  checks[call.method]?.(new Check(rejections), call.args);
  if (rejections.wrongTypes.length === 0 && rejections.unexpected.length === 0) rejections.javascript = [];
  return rejections;
}

/** No row holds it as its status or driver. */
const NO_ROW_S_WORD = "matches nothing";

/**
 * What the original is asked instead: a filter that is truthy and no string matches nothing in the addon, whatever
 * the driver of the original makes of it.
 */
export function asTheOriginalIsAsked(call: Call): Call {
  const { method, args } = call;
  if (method !== "list" && method !== "listLeases") return call;
  const isFirst = !isByCompany && method === "list" && typeof args[0] !== "string";
  const [id, filters] = isFirst ? [undefined, args[0]] : args;
  if (typeof filters !== "object" || filters === null || Array.isArray(filters)) return call;
  const { status, driver } = filters as Values;
  const word = (value: unknown) => (value && typeof value !== "string" ? NO_ROW_S_WORD : value);
  const words = { status: word(status), driver: word(driver) };
  return { method, args: isFirst ? [words] : [id, words, ...args.slice(2)] };
}

function withMetadata(check: Check, owner: string, values: Values) {
  environment(check, owner, values);
  check.json(`${owner}.metadata`, values["metadata"]);
}

const byId: CheckOfMethod = (check, [id]) => check.id("id", id);

const checksOfBoth: Record<Call["method"], CheckOfMethod> = {
  list(check, [companyId, filters = {}]) {
    check.id("companyId", companyId);
    check.object("filters", filters);
  },
  getById: byId,
  getLeaseById: byId,
  remove: byId,
  // A company that is null reaches the column, which may not be null.
  ensureLocalEnvironment: (check, [companyId]) => {
    if (companyId !== null) check.id("companyId", companyId);
  },
  create(check, [companyId, input]) {
    if (companyId !== null) check.id("companyId", companyId);
    withMetadata(check, "input", check.object("input", input));
  },
  update(check, [id, patch]) {
    check.id("id", id);
    withMetadata(check, "patch", check.object("patch", patch));
  },
  listLeases(check, [environmentId, filters = {}]) {
    check.id("environmentId", environmentId);
    check.object("filters", filters);
  },
  acquireLease(check, [given]) {
    const input = check.object("input", given);
    const ids = ["companyId", "environmentId", "executionWorkspaceId", "issueId", "heartbeatRunId"];
    for (const name of [...ids, "provider", "providerLeaseId"]) check.text(`input.${name}`, input[name]);
    check.word("environment lease policy", "input.leasePolicy", input["leasePolicy"]);
    check.date("input.expiresAt", input["expiresAt"]);
    check.json("input.metadata", input["metadata"]);
  },
  releaseLease(check, [id, status, given]) {
    check.id("id", id);
    check.word("environment lease status", "status", status);
    if (given === undefined || given === null) return;
    const options = check.object("options", given);
    check.text("options.failureReason", options["failureReason"]);
    check.word("environment lease cleanup status", "options.cleanupStatus", options["cleanupStatus"]);
  },
  updateLeaseMetadata(check, [id, metadata]) {
    check.id("id", id);
    check.json("metadata", metadata);
  },
  releaseLeasesForRun(check, [heartbeatRunId, status]) {
    check.id("heartbeatRunId", heartbeatRunId);
    check.word("environment lease status", "status", status);
  },
};

const checks = isByCompany ? checksOfBoth : { ...checksOfBoth, ...checksOf2026916(checksOfBoth) };
