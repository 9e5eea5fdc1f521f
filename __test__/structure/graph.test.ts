// Tests the parsers of source files and the rules about imports, on small made-up trees.

import { describe, expect, it } from "vitest";

import { circles, shown, upward, type Layer } from "./support/graph.js";
import { arrowsOfJavaScript, scanJavaScript } from "./support/javascript.js";
import { Crate, importsOf, scanRust } from "./support/rust.js";
import { sqlIn } from "./support/text.js";

type Tree = Record<string, string>;

const crateOf = (tree: Tree) => new Crate(new Map(Object.entries(tree)));
const rustArrows = (tree: Tree) => crateOf(tree).arrows.map(shown);
const scriptArrows = (tree: Tree) => arrowsOfJavaScript(new Map(Object.entries(tree))).map(shown);

const LAYERS: Layer[] = [
  { name: "below", files: /^src\/below\// },
  { name: "above", files: /^src\/above\// },
];

describe("of arrows", () => {
  const arrow = (from: string, to: string) => ({ from, to, names: [`${from}${to}`] });

  it("those that close a circle are told, each circle once and with its names", () => {
    const two = [arrow("b", "a"), arrow("a", "b")];
    const three = [arrow("x", "y"), arrow("y", "z"), arrow("z", "x")];
    expect(circles([...two, ...three, arrow("a", "x")])).toEqual([
      "a -> b (ab), b -> a (ba)",
      "x -> y (xy), y -> z (yz), z -> x (zx)",
    ]);
  });

  it("of two circles through one file both are told", () => {
    expect(circles([arrow("a", "b"), arrow("b", "a"), arrow("b", "c"), arrow("c", "b")])).toHaveLength(2);
  });

  it("those without a circle are none", () => {
    expect(circles([arrow("a", "b"), arrow("a", "c"), arrow("b", "d"), arrow("c", "d")])).toEqual([]);
  });
});

describe("in Rust", () => {
  it("a circle between two modules is found through the re-exports of their folder", () => {
    const crate = crateOf({
      "src/lib.rs": "mod below;",
      "src/below/mod.rs":
        "//! Two of them.\nmod one;\npub mod two;\n#[doc(inline)]\npub use one::One as First;\npub use two::*;",
      "src/below/one.rs": "use super::two::Two;\npub struct One(Two);",
      "src/below/two.rs": "use crate::below::First;\npub struct Two;\nfn f(_: First) {}",
    });
    expect(circles(crate.arrows)).toEqual([
      "src/below/one.rs -> src/below/two.rs (Two), src/below/two.rs -> src/below/one.rs (One)",
    ]);
  });

  it("an arrow that runs up is found, and a file that belongs nowhere", () => {
    const crate = crateOf({
      "src/below/mod.rs": "mod low;",
      "src/below/low.rs": "use crate::above::{self, high::{High, Other as Another}};\nfn f() { above::g() }",
      "src/above/mod.rs": "pub mod high;\nuse crate::below::low::Low;\npub fn g() {}",
      "src/above/high.rs": "pub struct High;\npub struct Other;",
      "src/elsewhere.rs": "",
    });
    expect(
      upward(
        crate.files.map(({ file }) => file),
        crate.arrows,
        LAYERS,
      ),
    ).toEqual([
      "src/elsewhere.rs belongs to no layer",
      "src/below/low.rs -> src/above/high.rs (High, Other): from below up to above",
      "src/below/low.rs -> src/above/mod.rs (g): from below up to above",
    ]);
  });

  it("what a file that re-exports takes from another folder is an arrow of its own", () => {
    const tree = {
      "src/below/mod.rs": "mod low;\npub use low::Low;\npub use crate::above::High;",
      "src/below/low.rs": "pub struct Low;",
      "src/above/mod.rs": "pub struct High;",
    };
    expect(rustArrows(tree)).toEqual(["src/below/mod.rs -> src/above/mod.rs (High)"]);
  });

  it("a module that has code of its own is no mere re-export", () => {
    const tree = {
      "src/a/mod.rs": "mod b;\nuse b::B;\npub struct A(B);",
      "src/a/b.rs": "use super::A;\npub struct B(Box<A>);",
    };
    expect(circles(crateOf(tree).arrows)).toEqual([
      "src/a/b.rs -> src/a/mod.rs (A), src/a/mod.rs -> src/a/b.rs (B)",
    ]);
  });

  it.each([
    ["a path in the code", "fn f() -> crate::b::B { super::b::make() }", "B, make"],
    ["a path by an imported module", "use crate::b;\nfn f() { b::make(); }", "make"],
    [
      "a module that is imported under another name",
      "use crate::b as other;\nfn f() { other::make(); }",
      "make",
    ],
    ["a module that is imported and not looked into", "use crate::b;", "mod b"],
    ["everything", "use crate::b::*;", "*"],
    ["an associated item", "use crate::b::B;\nfn f() { B::default(); }", "B"],
    ["an import in a function", "fn f() { use crate::b::B; }", "B"],
    ["a macro", "fn f() { rows!(1) }", "rows!"],
    ["a path in an attribute", '#[serde(deserialize_with = "crate::b::make")]\nstruct A;', "b::make"],
    [
      "a path out of a module within the file",
      "mod inner { use super::super::b::B; fn f() { super::super::b::make() } }",
      "B, make",
    ],
  ])("%s is an arrow", (_, code, names) => {
    const b = "pub struct B;\npub fn make() {}\nmacro_rules! rows { () => {} }";
    expect(rustArrows({ "src/a.rs": code, "src/b.rs": b })).toEqual([
      `src/a.rs -> src/b.rs (${names.replace("b::", "")})`,
    ]);
  });

  it.each([
    ["a comment", "// use crate::b::B;\n/* /* nested */ crate::b::B */\n//! [`B`](crate::b::B)"],
    [
      "a string",
      'const S: &str = "use crate::b::B; \\" crate::b::B";\nconst R: &str = r#"use crate::b::B; ""#;',
    ],
    ["a test", "#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}\n#[cfg(test)]\nuse crate::b::{B};"],
    ["a visibility", "pub(in crate::b) fn f() {}"],
    ["another crate", "use ::b::B;\nuse other::b::B;\nfn f() { other::b::make() }"],
    [
      "a module within the file",
      "mod b { pub struct B; }\nfn f() { self::inner::f() }\nmod inner { use super::b::B; }",
    ],
  ])("%s is none", (_, code) => {
    expect(rustArrows({ "src/a/mod.rs": code, "src/b.rs": "pub struct B;" })).toEqual([]);
  });

  it("a file that is for tests alone does not count", () => {
    const tree = {
      "src/a.rs": "#[cfg(test)]\nmod tests;",
      "src/a/tests.rs": "use crate::b::B;",
      "src/b.rs": "",
    };
    expect(rustArrows(tree)).toEqual([]);
    expect(crateOf(tree).files.map(({ file }) => file)).toEqual(["src/a.rs", "src/b.rs"]);
  });

  it("a list of imports is read with all its lists", () => {
    const read = importsOf("a::{self, b as c, d::{e, f::*}, r#type::G}").map(
      ({ path, name }) => `${path.join("::")} ${name}`,
    );
    expect(read).toEqual(["a a", "a::b c", "a::d::e e", "a::d::f null", "a::type::G G"]);
  });

  it("code, strings and comments are told apart", () => {
    const { code, literals, comments } = scanRust(
      `fn f<'a>(x: &'a str) { '"'; b"x\\"y"; r##"a"#b"##; } // "no"`,
    );
    expect(code.replace(/ +/g, " ")).toBe("fn f<'a>(x: &'a str) { ; ; ; } ");
    expect(literals.map(({ text }) => text)).toEqual(['x\\"y', 'a"#b']);
    expect(comments).toEqual(['// "no"']);
  });
});

describe("in JavaScript", () => {
  it.each([
    ["an import", 'import one, { two as x, type Three } from "./b.js";', "one, two, Three"],
    ["an import over several lines", 'import {\n  one,\n  two,\n} from "./b.js";', "one, two"],
    ["an import of everything", 'import * as b from "./b.js";', "b"],
    ["an import for its effect", 'import "./b.js";', "the whole file"],
    ["an export", 'export { one } from "./b.js";', "one"],
    ["an import when it is needed", 'await import("./b.js");', "the whole file"],
    ["a require", 'const { one, two: x } = require("./b");', "one, two"],
    ["a type in a comment", '/** @typedef {import("./b.js").One} One */', "One"],
    ["a type in the code", 'let one: import("./b.js").One;', "One"],
    [
      "an import behind a regular expression",
      "const quote = /[\"'`/]/;\nimport { one } from './b.js';",
      "one",
    ],
    [
      "an import in an expression of a template",
      'const x = `${`a` + { b: require("./b") }} "`;',
      "the whole file",
    ],
  ])("%s is an arrow", (_, code, names) => {
    expect(scriptArrows({ "src/a.ts": code, "src/b.js": "" })).toEqual([`src/a.ts -> src/b.js (${names})`]);
  });

  it.each([
    ["a comment", '// import { one } from "./b.js";\n/* require("./b.js") */'],
    ["a program in a string", "const program = `import { one } from \"./b.js\"; require('./b.js')`;"],
    ["a string that is no import", 'read("./b.js");'],
    ["a package", 'import { one } from "b";'],
    ["a file that is not known", 'require("./package.json");'],
  ])("%s is none", (_, code) => {
    expect(scriptArrows({ "src/a.ts": code, "src/b.js": "" })).toEqual([]);
  });

  it("a name leads to the file that has its source, and a type's to its declaration", () => {
    const tree = {
      "a.ts":
        'import { x } from "./b.js";\nimport type { Y } from "./c.js";\nimport { z } from "./c.js";\nimport { f } from "./d";',
      "b.ts": "",
      "c.js": "",
      "c.d.ts": "",
      "d/index.js": "",
    };
    expect(scriptArrows(tree)).toEqual([
      "a.ts -> b.ts (x)",
      "a.ts -> c.d.ts (Y)",
      "a.ts -> c.js (z)",
      "a.ts -> d/index.js (f)",
    ]);
  });

  it("a circle is found, and an arrow that runs up", () => {
    const tree = {
      "src/below/a.mjs": 'import { b } from "../above/b.mjs";',
      "src/above/b.mjs": '/** @typedef {import("../below/a.mjs").A} A */',
    };
    const arrows = arrowsOfJavaScript(new Map(Object.entries(tree)));
    expect(circles(arrows)).toEqual([
      "src/above/b.mjs -> src/below/a.mjs (A), src/below/a.mjs -> src/above/b.mjs (b)",
    ]);
    expect(upward(Object.keys(tree), arrows, LAYERS)).toEqual([
      "src/below/a.mjs -> src/above/b.mjs (b): from below up to above",
    ]);
  });
});

it("SQL is found in strings, and in nothing else", () => {
  const { literals } = scanJavaScript(
    "// select 1\nf(`select ${x} from t`, 'Insert  Into t', \"update t\", `delete from t`, 'selected', 'an updated row');",
  );
  expect(sqlIn(literals)).toEqual(["select", "Insert  Into t", "update t", "delete from t"]);
});
