// The arguments of arbitrary calls, most of them valid.

import fc from "fast-check";

import { isByCompany } from "../../support/generation.js";
import { Lazy, resolve } from "../step.js";
import { date, noDate } from "./date.js";
import { id, rareId } from "./id.js";
import { json } from "./json.js";
import { noText, text, textOrLong } from "./text.js";

export const DRIVERS = ["local", "ssh", "sandbox", "plugin"];
export const ENVIRONMENT_STATUSES = ["active", "archived"];
export const LEASE_STATUSES = [
  ...["released", "expired", "failed", "retained", "active"],
  ...(isByCompany ? [] : ["pending_cleanup"]),
];
const POLICIES = ["ephemeral", "reuse_by_environment", "reuse_by_execution_workspace", "retain_on_failure"];
export const CLEANUP_STATUSES = ["pending", "success", "failed"];

type Arbitrary = fc.Arbitrary<unknown>;

/** `good` nearly always, then null and undefined, and rarely what has the wrong type. */
export function mostly(good: Arbitrary, wrong: Arbitrary, weight = 60): Arbitrary {
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

export const word = (set: string[]) =>
  fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom<unknown>(...set) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(...NEAR_MISSES) },
  );

/** A filter, which may be any word at all, and where everything falsy means none. */
export const filter = (set: string[]) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom<unknown>(...set) },
    { weight: 4, arbitrary: fc.constantFrom<unknown>(...NEAR_MISSES) },
    { weight: 4, arbitrary: fc.constant("") },
    { weight: 4, arbitrary: fc.constantFrom<unknown>(null, undefined, 0, false, Number.NaN, 0n) },
    { weight: 1, arbitrary: text },
    { weight: 1, arbitrary: noText },
  );

/** An object of some of these members, its own or inherited, and at times one that is not known. */
export function members(model: Record<string, Arbitrary>, required: string[] = []): Arbitrary {
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

export const anObject = (object: Arbitrary, weight = 60) =>
  fc.oneof({ weight, arbitrary: object }, { weight: 1, arbitrary: noObject });

export const anId = (kind: Parameters<typeof id>[0]) =>
  fc.oneof({ weight: 60, arbitrary: id(kind) }, { weight: 1, arbitrary: rareId });

export const environmentMembers = {
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

export const leaseMembers = {
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

export const optional = (arbitrary: Arbitrary, weight = 3) =>
  fc.oneof({ weight, arbitrary }, { weight: 1, arbitrary: fc.constant(undefined) });

export interface Calls {
  /** How often the method is called, beside the others. */
  weight: number;
  args: fc.Arbitrary<unknown[]>;
}

export const calls = (weight: number, ...args: Arbitrary[]): Calls => ({ weight, args: fc.tuple(...args) });
