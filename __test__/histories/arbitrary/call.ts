// Arbitrary calls of every method: good ones nearly always.

import fc from "fast-check";

import type { Method } from "../../support/methods.js";
import { Lazy, resolve, type Call } from "../step.js";
import { date, noDate } from "./date.js";
import { id, rareId } from "./id.js";
import { json } from "./json.js";
import { noText, text, textOrLong } from "./text.js";

const DRIVERS = ["local", "ssh", "sandbox", "plugin"];
const ENVIRONMENT_STATUSES = ["active", "archived"];
const LEASE_STATUSES = ["released", "expired", "failed", "retained", "active"];
const POLICIES = ["ephemeral", "reuse_by_environment", "reuse_by_execution_workspace", "retain_on_failure"];
const CLEANUP_STATUSES = ["pending", "success", "failed"];

type Arbitrary = fc.Arbitrary<unknown>;

/** `good` nearly always, then null and undefined, and rarely what has the wrong type. */
function mostly(good: Arbitrary, wrong: Arbitrary, weight = 60): Arbitrary {
  return fc.oneof(
    { weight, arbitrary: good },
    { weight: 2, arbitrary: fc.constantFrom<unknown>(null, undefined) },
    { weight: 1, arbitrary: wrong },
  );
}

const NEAR_MISSES = [
  "docker",
  "",
  "ACTIVE",
  "active ",
  "\0",
  "\ud800",
  "__proto__",
  "constructor",
  "🚀",
  "null",
];

const word = (set: string[]) =>
  fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom<unknown>(...set) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(...NEAR_MISSES) },
  );

/** A filter, which may be any word at all, and where everything falsy means none. */
const filter = (set: string[]) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom<unknown>(...set) },
    { weight: 4, arbitrary: fc.constantFrom<unknown>(...NEAR_MISSES) },
    { weight: 4, arbitrary: fc.constant("") },
    { weight: 4, arbitrary: fc.constantFrom<unknown>(null, undefined, 0, false, Number.NaN, 0n) },
    { weight: 1, arbitrary: text },
    { weight: 1, arbitrary: noText },
  );

/** An object of some of these members, its own or inherited, and at times one that is not known. */
function members(model: Record<string, Arbitrary>, required: string[] = []): Arbitrary {
  const known = fc.record(model, { requiredKeys: required });
  const more = fc.record<Record<string, unknown>>(
    { ...model, more: fc.constant(1) },
    { requiredKeys: required },
  );
  const inherited = known.map(
    (values) =>
      new Lazy(`Object.create(${fc.stringify(values)})`, (rows) =>
        Object.create(resolve(values, rows) as object),
      ),
  );
  return fc.oneof(
    { weight: 18, arbitrary: known },
    { weight: 2, arbitrary: more },
    { weight: 1, arbitrary: inherited },
  );
}

const noObject = fc.constantFrom<unknown>(null, undefined, "text", "", 5, 0, true, [], [{}], () => 1);

const anObject = (object: Arbitrary, weight = 60) =>
  fc.oneof({ weight, arbitrary: object }, { weight: 1, arbitrary: noObject });

const anId = (kind: Parameters<typeof id>[0]) =>
  fc.oneof({ weight: 60, arbitrary: id(kind) }, { weight: 1, arbitrary: rareId });

const environmentMembers = {
  name: mostly(textOrLong, noText),
  description: mostly(textOrLong, noText, 20),
  driver: mostly(word(DRIVERS), noText),
  status: mostly(word(ENVIRONMENT_STATUSES), noText),
  config: mostly(
    json,
    fc.constantFrom(() => 1, Symbol("s")),
  ),
  metadata: mostly(
    json,
    fc.constantFrom(() => 1, Symbol("s")),
  ),
};

const leaseMembers = {
  companyId: anId("company"),
  environmentId: anId("environment"),
  executionWorkspaceId: mostly(anId("workspace"), noText),
  issueId: mostly(anId("issue"), noText),
  heartbeatRunId: mostly(anId("run"), noText),
  leasePolicy: mostly(word(POLICIES), noText),
  provider: mostly(textOrLong, noText),
  providerLeaseId: mostly(textOrLong, noText),
  expiresAt: mostly(date, noDate),
  metadata: mostly(
    json,
    fc.constantFrom(() => 1, Symbol("s")),
  ),
};

const optional = (arbitrary: Arbitrary, weight = 3) =>
  fc.oneof({ weight, arbitrary }, { weight: 1, arbitrary: fc.constant(undefined) });

interface Calls {
  /** How often the method is called, beside the others. */
  weight: number;
  args: fc.Arbitrary<unknown[]>;
}

const calls = (weight: number, ...args: Arbitrary[]): Calls => ({ weight, args: fc.tuple(...args) });

const CALLS: Record<Method, Calls> = {
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

const weighted = (Object.keys(CALLS) as Method[]).map((method) => ({ weight: CALLS[method].weight, method }));

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
    arbitrary: severalOf(callOf(method)).map(withOneDriver),
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

function callOf(method: Method): fc.Arbitrary<Call> {
  // Trailing undefined as left out: both occur.
  return fc.tuple(CALLS[method].args, fc.boolean()).map(([args, cut]) => {
    const given = [...args];
    while (cut && given.length > 0 && given.at(-1) === undefined) given.pop();
    return { method, args: given };
  });
}
