// The manual is readable on a terminal: its pages are short, and their lines and tables are narrow.

import { describe, expect, it } from "vitest";

import { nodesOf, pages, read, treeOf } from "./manual.js";

const WIDEST = 120;

it.each([
  ["README.md", 150],
  ["ARCHITECTURE.md", 160],
])("%s has %d lines at most", (page, most) => {
  expect(read(page).trimEnd().split("\n").length).toBeLessThanOrEqual(most);
});

describe.each(pages)("%s", (page) => {
  it("has no long line outside of code", () => {
    const code = nodesOf(treeOf(page), "code").map(({ position }) => position);
    const isCode = (line: number) => code.some(({ start, end }) => start.line <= line && line <= end.line);
    const long = read(page)
      .split("\n")
      .map((text, index) => ({ line: index + 1, length: [...text].length }))
      .filter(({ line, length }) => length > WIDEST && !isCode(line));
    expect(long).toEqual([]);
  });

  it("has tables of four columns at most", () => {
    const wide = nodesOf(treeOf(page), "tableRow").filter(({ children = [] }) => children.length > 4);
    expect(wide.map(({ position }) => position.start.line)).toEqual([]);
  });
});
