// Imports between files point one way: there is no cycle, no layer imports one above it, and no layer contains what
// belongs to another. ARCHITECTURE.md explains the layers.

import { describe, expect, it } from "vitest";

import { filesAtTheTop, filesIn } from "./support/files.js";
import { circles, shown, upward, type Layer } from "./support/graph.js";
import { JAVASCRIPT, arrowsOfJavaScript, scanJavaScript } from "./support/javascript.js";
import { Crate } from "./support/rust.js";
import { sqlIn } from "./support/text.js";

/** From the bottom: a file uses its own layer and those above it in this list. */
const RUST: Layer[] = [
  { name: "the leaves", files: /^src\/(?!lib\.rs$)\w+\.rs$/ },
  { name: "database", files: /^src\/database\// },
  { name: "batch", files: /^src\/batch\// },
  { name: "paperclip", files: /^src\/paperclip\// },
  { name: "node", files: /^src\/node\// },
  { name: "the crate", files: /^src\/lib\.rs$/ },
];

const FOLDERS: Layer[] = [
  { name: "the package", files: /^(?:src-js|install)\/|^[\w.]+\.(?:js|d\.ts)$/ },
  { name: "scripts", files: /^scripts\// },
  { name: "__test__", files: /^__test__\/|^vitest\.config\.mts$/ },
  { name: "benchmark", files: /^benchmark\// },
  { name: "examples", files: /^examples\// },
];

/** Examples that are copied as a folder. */
const STAND_ALONE = ["examples/http-server/", "examples/own-service/"];

/** What each part of the crate must not mention outside of comments. */
const UNKNOWN: { files: RegExp; words: RegExp }[] = [
  { files: /^src\/(?:database|batch)\//, words: /environment_leases|\benvironments\b|Lease|Environment/ },
  { files: /^src\/batch\//, words: /\bsqlx\b/ },
  { files: /^src\/(?!node\/)/, words: /\bnapi/ },
];

/** Where JavaScript may have SQL: for what goes through a caller's own transaction. */
const JAVASCRIPT_WITH_SQL = ["src-js/generated/2026.916.js", "src-js/managed/tables.js"];

const crate = new Crate(filesIn(["src"], /\.rs$/));
const scripts = new Map([
  ...filesIn(["src-js", "install", "scripts", "__test__", "benchmark", "examples"], JAVASCRIPT),
  ...filesAtTheTop(/\.(?:js|d\.ts|mts)$/),
]);
const arrows = arrowsOfJavaScript(scripts);

describe("src/", () => {
  it("has no circle", () => {
    expect(circles(crate.arrows)).toEqual([]);
  });

  it("has no arrow from a layer to one above it", () => {
    expect(
      upward(
        crate.files.map(({ file }) => file),
        crate.arrows,
        RUST,
      ),
    ).toEqual([]);
  });

  it("mentions nothing that is another layer's business", () => {
    const mentioned = crate.files.flatMap(({ file, code, literals }) =>
      UNKNOWN.filter(({ files }) => files.test(file)).flatMap(({ words }) => {
        const places = [...code.split("\n"), ...literals.map(({ text }) => text)];
        return places.filter((place) => words.test(place)).map((place) => `${file}: ${place.trim()}`);
      }),
    );
    expect(mentioned).toEqual([]);
  });

  it("has no SQL in batch", () => {
    const batch = crate.files.filter(({ file }) => file.startsWith("src/batch/"));
    expect(batch.flatMap(({ file, literals }) => sqlIn(literals).map((sql) => `${file}: ${sql}`))).toEqual(
      [],
    );
  });
});

describe("JavaScript", () => {
  it("has no circle", () => {
    expect(circles(arrows)).toEqual([]);
  });

  it("has no arrow from a folder to one above it", () => {
    expect(upward(scripts.keys(), arrows, FOLDERS)).toEqual([]);
  });

  it.each(STAND_ALONE)("uses in %s nothing outside of it", (folder) => {
    const leaving = arrows.filter(({ from, to }) => from.startsWith(folder) && !to.startsWith(folder));
    expect(leaving.map(shown)).toEqual([]);
  });

  it("has no SQL in src-js/ but in the files that may have it", () => {
    const files = [...scripts].filter(([file]) => file.startsWith("src-js/"));
    const withSql = files.filter(([, text]) => sqlIn(scanJavaScript(text).literals).length > 0);
    expect(withSql.map(([file]) => file)).toEqual(JAVASCRIPT_WITH_SQL);
  });
});
