// What the manual shows of a run.

import prettier from "prettier";
import { describe, expect, it } from "vitest";

import { charts } from "../report/charts.mjs";
import { sections, withSection } from "../report/publish.mjs";
import { inText } from "../report/text.mjs";
import { resultsOf } from "./results.mjs";

const SPEEDS: Record<string, number> = {
  original: 1_800,
  postgresJs: 5_300,
  nodePostgres: 1_100,
  ours: 7_000,
};
const results = resultsOf((name, provider) => (SPEEDS[provider] ?? 0) * (name.includes("64") ? 11 : 1));

/** Slower than the original, by a little and by much, and faster, by a little and by very much. */
const extremes = resultsOf((name, provider) => {
  if (provider === "original") return 1_000;
  if (provider === "ours") return name.startsWith("getById") ? 123_400 : 990;
  return provider === "postgresJs" ? 20 : 1_010;
});

describe.each(Object.entries(sections))("the section of %s", (_, section) => {
  it("is formatted", async () => {
    const text = `${section(results)}\n`;
    expect(await prettier.format(text, { parser: "markdown", printWidth: 110 })).toBe(text);
  });
});

it("the README has six rows of four columns", () => {
  const lines = sections["README.md"]!(results)
    .split("\n")
    .filter((line) => line.startsWith("|"));
  expect(lines).toHaveLength(2 + 6);
  for (const line of lines) expect(line.split("|")).toHaveLength(1 + 4 + 1);
});

it("a section replaces what stood between its marks, and nothing else", () => {
  const page = "# Page\n\n<!-- bench:begin -->\n\nold\n\n<!-- bench:end -->\n\nrest\n";
  const filled = withSection(page, "new");
  expect(filled).toBe(page.replace("old", "new"));
  expect(withSection(filled, "new")).toBe(filled);
  expect(() => withSection("# Page\n", "new")).toThrow("bench:begin");
});

it("the text says how much of a lone call is the database's own", () => {
  expect(inText(results)).toContain("- getById: 129 µs, of which the database's own is 93.0 µs");
});

describe.each([
  ["the usual", results],
  ["the extreme", extremes],
])("the charts of %s figures", (_, run) => {
  it.each(Object.entries(charts(run)))("%s: no label lies on another, or beyond the edge", (_, svg) => {
    const width = Number(/ width="(\d+)"/.exec(svg)?.[1]);
    const labels = [
      ...svg.matchAll(/<text x="([\d.]+)" y="(\d+)".*? font-size="(\d+)".*?anchor="(\w+)">(.*?)</g),
    ];
    expect(labels.length).toBeGreaterThan(6 * 5);
    const boxes = labels.map(([, x, y, size, anchor, text = ""]) => {
      // No usual font is wider on average.
      const length = text.length * Number(size) * 0.62;
      const left = Number(x) - { start: 0, middle: length / 2, end: length }[anchor ?? ""]!;
      return { text, left, right: left + length, top: Number(y) - Number(size) * 0.8, bottom: Number(y) };
    });
    for (const box of boxes) {
      expect(box.left, box.text).toBeGreaterThanOrEqual(0);
      expect(box.right, box.text).toBeLessThanOrEqual(width);
      const under = boxes.filter(
        (other) =>
          other !== box &&
          other.left < box.right &&
          box.left < other.right &&
          other.top < box.bottom &&
          box.top < other.bottom,
      );
      expect(under, box.text).toEqual([]);
    }
  });
});
