// The generated files in the repository are up to date: the readers of rows, and the text of every statement.

import { readFileSync } from "node:fs";
import path from "node:path";

import { expect, it } from "vitest";

import places from "../../src-js/addon/places.js";
import { generate } from "../../scripts/generate.mjs";

const addon = process.env[places.OVERRIDE] ?? places.localFile();
const files = await generate(path.resolve(addon));

it.each([...files])("%s is what the addon says", (file, content) => {
  const there = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
  expect(there, "npm run build writes it").toBe(content);
});

const [shared = "", ...ofGenerations] = (files.get("src/paperclip/statements.sql") ?? "")
  .split(/^-- Maintenance$/m)
  .flatMap((part, number) => (number === 0 ? part.split("-- Paperclip ") : []));
const [, maintenance = ""] = (files.get("src/paperclip/statements.sql") ?? "").split(/^-- Maintenance$/m);

// A pooler keeps sessions of one database, whose tables are those of one generation. Maintenance is for any.
it.each(ofGenerations)("every statement has a name of its own, by which it knows itself: %.8s", (own) => {
  const statements = (shared + own + maintenance).split(";\n").slice(0, -1);
  const names = statements.map((statement) => {
    const [name, ...others] = new Set(
      Array.from(statement.matchAll(/\(\$1 = '([^']*)'\)::int = 1/g), ([, each]) => each),
    );
    expect(others).toEqual([]);
    return name;
  });
  expect(names.length).toBeGreaterThan(20);
  expect(names).not.toContain(undefined);
  expect(new Set(names).size).toBe(names.length);
});
