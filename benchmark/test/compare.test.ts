// When a comparison of two builds fails.

import { expect, it } from "vitest";

import { inText, ratiosOf, slower } from "../compare/verdict.mjs";
import { readOptions } from "../compare/options.mjs";

const figures = (micros: number, loopMicros = 10, cpuMicros = 20) => ({
  ...{ calls: 100, seconds: 1, callsPerSecond: 1_000_000 / micros, loopMicros, cpuMicros },
  ...{ p50Millis: 1, p99Millis: 1, residentBytes: 1 },
});
const base = [figures(100), figures(100), figures(100)];
const same = ratiosOf(base, [figures(100), figures(900), figures(90)]);
const late = ratiosOf(base, [figures(100), figures(250), figures(400)]);
const busy = ratiosOf(base, [figures(100, 30), figures(100, 30), figures(100, 30)]);

it("a ratio is this build's time to the base's, pair by pair", () => {
  expect(late["time a call"]).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(busy["event loop"].median).toBe(3);
});

it("one slow pair is no reason, and neither is a row that was slow once", () => {
  expect(slower([same])).toEqual([]);
  expect(slower([late])).toEqual(["time a call"]);
  expect(slower([late, same])).toEqual([]);
  expect(slower([late, busy])).toEqual([]);
});

it("what is slow both times is named", () => {
  expect(slower([late, late])).toEqual(["time a call"]);
  const text = inText([
    { row: "a", measured: [same] },
    { row: "b", measured: [late, late] },
  ]);
  expect(text).toContain("b: time a call is more than 2 times the base's, both times.");
  expect(text).not.toContain("a: ");
  expect(inText([{ row: "a", measured: [same] }])).toContain("Nothing is slower");
});

it("it is told what to compare with, in one way", () => {
  expect(readOptions([])).toHaveProperty("refusal");
  expect(readOptions(["--base", "a", "--against", "b"])).toHaveProperty("refusal");
  expect(readOptions(["--against", "HEAD~1"])).toMatchObject({ against: "HEAD~1" });
});
