// The outcome of a call, and whether it is the same on both sides.

import { withoutDrizzle } from "../support/errors.js";
import { difference, show } from "./difference.js";
import type { OwnRejections } from "./check.js";
import type { Call } from "./step.js";

export type Outcome = { value: unknown } | { error: unknown };

type AnyMethod = (...args: unknown[]) => unknown;

/** Calls, and tells what became of it; a synchronous throw is nothing that either side may do. */
export function startCall(service: object, { method, args }: Call): Promise<Outcome> {
  const promise = ((service as Record<string, AnyMethod>)[method] as AnyMethod)(...args);
  if (!(promise instanceof Promise)) throw new Error(`${method} gave no promise but ${show(promise)}`);
  return promise.then(
    (value: unknown) => ({ value }),
    (error: unknown) => ({ error: error instanceof Error ? withoutDrizzle(error) : error }),
  );
}

/** The fields of an error that callers rely on. Not `where`: it may tell the place of a parameter in the statement. */
const ERROR_FIELDS = [
  "name",
  "message",
  "code",
  "severity",
  "detail",
  "hint",
  "schema_name",
  "table_name",
  "column_name",
  "constraint_name",
] as const;

export function differenceOfOutcomes(ours: Outcome, theirs: Outcome): string | null {
  if ("value" in ours && "value" in theirs) return difference(ours.value, theirs.value);
  if ("error" in ours && "error" in theirs) return differenceOfErrors(ours.error, theirs.error);
  return `${showOutcome(ours)} and ${showOutcome(theirs)}`;
}

function differenceOfErrors(ours: unknown, theirs: unknown): string | null {
  if (!(ours instanceof Error) || !(theirs instanceof Error)) return difference(ours, theirs, "error");
  for (const field of ERROR_FIELDS) {
    const [one, other] = [ours, theirs].map((error) =>
      comparable((error as unknown as Record<string, unknown>)[field]),
    );
    if (one !== other) return `error.${field}: ${show(one)} and ${show(other)}; ${show(ours.message)}`;
  }
  // The class of postgres.js is not to be had without it.
  if (ours.name !== "PostgresError" && Object.getPrototypeOf(ours) !== Object.getPrototypeOf(theirs)) {
    return "error: of different prototypes";
  }
  return null;
}

/** Begins with the row's id, which is one that the other side has never seen if the row was to be inserted. */
const FAILING_ROW = /^(Failing row contains \()[0-9a-f-]{36}/;

/** Without what two databases cannot have in common: the id of a row that was refused, and its place on disk. */
function comparable(value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value.replace(FAILING_ROW, "$1<id>").replace(/tuple \(\d+,\d+\)/, "tuple <place>");
}

/** Names a row that was refused by nothing but the refusal: for a statement on many rows, whose order is open. */
export function withoutFailingRow(outcome: Outcome): Outcome {
  if (!("error" in outcome) || !(outcome.error instanceof Error)) return outcome;
  const { detail } = outcome.error as { detail?: string };
  if (detail === undefined || !FAILING_ROW.test(detail)) return outcome;
  return { error: Object.assign(outcome.error, { detail: "Failing row" }) };
}

/** Whether the addon rejected as it has to where it differs on purpose: null if so. */
export function differenceFromOwn(outcome: Outcome, own: OwnRejections): string | null {
  if ("error" in outcome && outcome.error instanceof Error && isAmong(outcome.error, own)) return null;
  return `${showOutcome(outcome)} where it has to reject with one of ${show(own)}`;
}

function isAmong(error: Error, { wrongTypes, unexpected, javascript }: OwnRejections): boolean {
  if (javascript.some((other) => differenceOfErrors(error, other) === null)) return true;
  const prototype: unknown = Object.getPrototypeOf(error);
  if (prototype === TypeError.prototype)
    return wrongTypes.some((name) => error.message.startsWith(`${name} `));
  return (
    prototype === Error.prototype &&
    Reflect.ownKeys(error).every((key) => key === "stack" || key === "message") &&
    unexpected.includes(error.message)
  );
}

export function isUnexpectedValue(outcome: Outcome): string | null {
  if (!("error" in outcome) || !(outcome.error instanceof Error)) return null;
  return outcome.error.message.startsWith("Unexpected environment ") ? outcome.error.message : null;
}

export function showOutcome(outcome: Outcome): string {
  if ("value" in outcome) return `resolved to ${show(outcome.value)}`;
  const { error } = outcome;
  if (!(error instanceof Error)) return `rejected with ${show(error)}`;
  const { code } = error as { code?: unknown };
  return `rejected with ${error.name} ${show(code ?? "")} ${show(error.message)}`;
}
