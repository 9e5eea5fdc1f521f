// Arbitrary calls of every method, most of them valid.

import fc from "fast-check";

import { isByCompany } from "../../support/generation.js";
import { callsOf2026916, withOneClaim } from "../2026.916/call.js";
import { Lazy, type Call } from "../step.js";
import { json } from "./json.js";
import { noText, textOrLong } from "./text.js";
import {
  CLEANUP_STATUSES,
  DRIVERS,
  ENVIRONMENT_STATUSES,
  LEASE_STATUSES,
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
} from "./tools.js";

const CALLS_OF_2026_427: Record<string, Calls> = {
  list: calls(
    3,
    anId("company"),
    optional(anObject(members({ status: filter(ENVIRONMENT_STATUSES), driver: filter(DRIVERS) }), 20)),
  ),
  getById: calls(2, anId("environment")),
  getLeaseById: calls(2, anId("lease")),
  ensureLocalEnvironment: calls(2, anId("company")),
  create: calls(5, anId("company"), anObject(members(environmentMembers, ["name", "driver"]))),
  update: calls(4, anId("environment"), anObject(members(environmentMembers))),
  remove: calls(1, anId("environment")),
  listLeases: calls(
    3,
    anId("environment"),
    optional(anObject(members({ status: filter(LEASE_STATUSES) }), 20)),
  ),
  acquireLease: calls(7, anObject(members(leaseMembers, ["companyId", "environmentId", "heartbeatRunId"]))),
  releaseLease: calls(
    4,
    anId("lease"),
    mostly(word(LEASE_STATUSES), noText, 20),
    optional(
      anObject(
        members({
          failureReason: mostly(textOrLong, noText),
          cleanupStatus: mostly(word(CLEANUP_STATUSES), noText),
        }),
        20,
      ),
    ),
  ),
  updateLeaseMetadata: calls(
    4,
    anId("lease"),
    mostly(
      json,
      fc.constantFrom(() => 1, Symbol("s")),
    ),
  ),
  releaseLeasesForRun: calls(2, anId("run"), mostly(word(LEASE_STATUSES), noText, 20)),
};

const CALLS = isByCompany ? CALLS_OF_2026_427 : callsOf2026916(CALLS_OF_2026_427);

/** What is called. */
export const METHODS = Object.keys(CALLS);

const weighted = Object.entries(CALLS).map(([method, { weight }]) => ({ weight, method }));

/** One call. */
export const call: fc.Arbitrary<Call> = fc.oneof(
  ...weighted.map(({ weight, method }) => ({ weight, arbitrary: callOf(method) })),
);

/**
 * Several calls of one method, to be made at once. Only calls about the same row keep their order then, so of what
 * reaches over rows, the company's one local environment, no more than one of them may say anything.
 */
export const callsOfOneMethod: fc.Arbitrary<Call[]> = fc.oneof(
  ...weighted.map(({ weight, method }) => ({
    weight,
    arbitrary: severalOf(callOf(method)).map(isByCompany ? withOneDriver : withOneClaim),
  })),
);

function severalOf(one: fc.Arbitrary<Call>): fc.Arbitrary<Call[]> {
  return fc.oneof(
    { weight: 15, arbitrary: fc.array(one, { minLength: 2, maxLength: 6 }) },
    { weight: 1, arbitrary: fc.array(one, { minLength: 20, maxLength: 40 }) },
  );
}

function withOneDriver(calls: Call[]): Call[] {
  return calls.map(({ method, args }, n) => {
    const [id, input] = args as [unknown, Record<string, unknown> | undefined];
    if (n > 0 && input instanceof Lazy) return { method, args: [id, {}] };
    const driver = input?.["driver"];
    if (n > 0 && method === "create" && driver === "local")
      return { method, args: [id, { ...input, driver: "ssh" }] };
    if (n > 0 && method === "update" && DRIVERS.includes(driver as string)) {
      return { method, args: [id, { ...input, driver: undefined }] };
    }
    return { method, args };
  });
}

function callOf(method: string): fc.Arbitrary<Call> {
  // Trailing undefined as left out: both occur.
  return fc.tuple((CALLS[method] as Calls).args, fc.boolean()).map(([args, cut]) => {
    const given = [...args];
    while (cut && given.length > 0 && given.at(-1) === undefined) given.pop();
    return { method, args: given };
  });
}
