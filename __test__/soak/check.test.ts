// The checker finds each kind of violation.

import { expect, it } from "vitest";

import type { Call, Row } from "./caller.mjs";
import { History } from "./check.mjs";

const row = (id: string, text: string, status = "active", environment = "e"): Row => ({
  id,
  text,
  status,
  environment,
});
const environment: Row = { id: "e", text: "a", status: "active" };

function call(kind: string, given: Record<string, string>, outcome: Pick<Call, "answer" | "error">): Call {
  return { caller: "caller", kind, given, start: 0, end: 1, ...outcome };
}

const created = call("create", { company: "c", text: "a" }, { answer: environment });
const acquired = (id: string, text: string) =>
  call("acquireLease", { environment: "e", run: "r", text }, { answer: row(id, text) });
const unknown = (kind: string, given: Record<string, string>, id?: string) =>
  call(kind, given, { error: { code: "OUTCOME_UNKNOWN", message: "", ...(id ? { id } : {}) } });
const read = (id: string, answer: Row | null) => call("getLeaseById", { id }, { answer });
const ensured = (id: string) =>
  call("ensureLocalEnvironment", { company: "c" }, { answer: { id, text: "Local", status: "active" } });

function violations(calls: Call[], environments: Row[] = [environment], leases: Row[] = []) {
  const history = new History(new Map());
  const found = calls.map((each) => history.add(each)).filter((each) => each !== null);
  return [...found, ...history.compare(environments, leases)];
}

it.each<[string, Call[], Row[], Row[]]>([
  ["what was acknowledged and is there", [created, acquired("1", "x")], [environment], [row("1", "x")]],
  [
    "a lease of which nobody knows, there",
    [created, unknown("acquireLease", { environment: "e", text: "x" }, "1")],
    [environment],
    [row("1", "x")],
  ],
  [
    "the same, not there",
    [created, unknown("acquireLease", { environment: "e", text: "x" }, "1")],
    [environment],
    [],
  ],
  [
    "an unknown write that came after all",
    [created, acquired("1", "x"), unknown("updateLeaseMetadata", { id: "1", text: "y" }, "1")],
    [environment],
    [row("1", "y")],
  ],
  [
    "a refused acquisition that left nothing",
    [
      created,
      call("acquireLease", { environment: "e", text: "x" }, { error: { code: "57P03", message: "" } }),
    ],
    [environment],
    [],
  ],
  [
    "an unknown removal",
    [created, acquired("1", "x"), unknown("remove", { id: "e" }, "e")],
    [environment],
    [row("1", "x")],
  ],
])("no objection: %s", (_, calls, environments, leases) => {
  expect(violations(calls, environments, leases)).toEqual([]);
});

it.each<[string, RegExp, Call[], Row[], Row[]]>([
  ["an acknowledged lease that is lost", /should be there/, [created, acquired("1", "x")], [environment], []],
  ["a lease that leaked", /neither acknowledged/, [created], [environment], [row("1", "x")]],
  ["a lost update", /should hold/, [created, acquired("1", "y")], [environment], [row("1", "x")]],
  ["a stale read", /is not/, [created, acquired("1", "x"), read("1", null)], [environment], [row("1", "x")]],
  [
    "somebody else's row",
    /asked for 1/,
    [created, acquired("1", "x"), read("1", row("2", "x"))],
    [environment],
    [row("1", "x")],
  ],
  [
    "an active lease that its run's release passed over",
    /was not released/,
    [
      created,
      acquired("1", "x"),
      call("releaseLeasesForRun", { run: "r", status: "failed" }, { answer: [] }),
    ],
    [environment],
    [row("1", "x")],
  ],
  [
    "a lease that is released twice",
    /was failed/,
    [
      created,
      acquired("1", "x"),
      ...[1, 2].map(() =>
        call("releaseLeasesForRun", { run: "r", status: "failed" }, { answer: [row("1", "x", "failed")] }),
      ),
    ],
    [environment],
    [row("1", "x", "failed")],
  ],
  [
    "an unknown outcome without its id",
    /does not say/,
    [created, unknown("acquireLease", { environment: "e", text: "x" })],
    [environment],
    [],
  ],
  [
    "an unknown outcome of a read",
    /only reads/,
    [created, unknown("getById", { id: "e" })],
    [environment],
    [],
  ],
  [
    "an error of another kind",
    /rejects with INTERNAL_ERROR/,
    [created, call("getById", { id: "e" }, { error: { code: "INTERNAL_ERROR", message: "" } })],
    [environment],
    [],
  ],
  ["two local environments", /two local/, [created, ensured("one"), ensured("other")], [environment], []],
  [
    "leases that outlive their environment",
    /has been removed/,
    [created, acquired("1", "x"), call("remove", { id: "e" }, { answer: environment })],
    [],
    [row("1", "x")],
  ],
])("an objection: %s", (_, objection, calls, environments, leases) => {
  expect(violations(calls, environments, leases).join("\n")).toMatch(objection);
});
