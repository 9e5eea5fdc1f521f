// What the manual names exists, and the manual names what exists.

import { readdirSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import CODES from "../../src-js/codes.js";
import { LOOKS } from "../../src-js/maintenance/diagnose.js";
import { STATUSES } from "../../src-js/maintenance/reap.js";
import { draftFromConnectionString } from "../../src-js/source/connection-string.js";
import { KEYS } from "../../src-js/source/recognise.js";
import { CHECKS, DEFAULTS } from "../../src-js/source/settings.js";
import {
  blocksOf,
  codesInHeadings,
  exists,
  nodesOf,
  pages,
  pathOf,
  read,
  rowsOf,
  termsOf,
  textOf,
  treeOf,
  typings,
} from "./manual.js";

const types = read("index.d.ts");
const scripts: string[] = Object.keys(JSON.parse(read("package.json")).scripts);

describe.each(pages)("%s", (page) => {
  const text = read(page);

  it("names scripts of package.json", () => {
    const named = [...text.matchAll(/\bnpm (?:run (?:--silent )?([\w:]+)|(start|test)\b)/g)];
    const wanted = new Set(named.map(([, script, builtIn]) => script ?? builtIn ?? ""));
    expect([...wanted].filter((script) => !scripts.includes(script))).toEqual([]);
  });

  it("names files that are there", () => {
    const named = text.matchAll(
      /(?<![\w/.])((?:\.ci|\.github|__test__|benchmark|docs|examples|install|scripts|src|src-js)\/[\w./-]*\w\/?|\.ci\/run)/g,
    );
    const files = new Set([...named].map(([, file]) => file ?? ""));
    expect([...files].filter((file) => !exists(file))).toEqual([]);
  });

  it("links to what is there", () => {
    const images = nodesOf(treeOf(page), "html").flatMap(({ value = "" }) =>
      Array.from(value.matchAll(/\bsrc(?:set)?="([^"]*)"/g), ([, link = ""]) => link),
    );
    const links = [...nodesOf(treeOf(page), "link").map(({ url = "" }) => url), ...images];
    const broken = links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? page : path.posix.join(path.posix.dirname(page), file);
      return !exists(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
    });
    expect(broken).toEqual([]);
  });
});

it("the README shows lines of the swap's own page", () => {
  const inSwap = new Set(blocksOf("docs/swap.md").flatMap(({ code }) => code.split("\n")));
  const blocks = blocksOf("README.md").filter(({ code }) => /^\(cd |^ex|\bnative\b/.test(code));
  const install = "npm install ./paperclip-environment-service";
  const others = blocks.flatMap(({ code }) => code.split("\n")).filter((line) => !inSwap.has(line));
  expect(blocks).toHaveLength(5);
  expect(others).toEqual([install]);
});

describe("docs/errors.md has", () => {
  // SQLSTATEs are written with five characters, or with an ellipsis for their class.
  const isState = (code: string) => /^[0-9][0-9A-Z]{4}$|…$/.test(code);
  const headings = codesInHeadings("docs/errors.md");

  it("a heading for every error's code, and for no other", () => {
    const native = Array.from(
      // A code is written in capitals, and has an underscore or begins as those of the operating system do.
      read("src/error.rs").matchAll(/"([A-Z]+(?:_[A-Z]+)+|E[A-Z]{4,})"/g),
      ([, code = ""]) => code,
    ).filter((code) => code !== "ERROR");
    expect(native.length).toBeGreaterThan(25);
    const codes = new Set([...native, ...Object.values(CODES)]);
    expect(headings.filter((code) => !isState(code)).sort()).toEqual([...codes].sort());
  });

  it("all of them: no other file makes codes", () => {
    const files = [...filesIn("src", ".rs"), ...filesIn("src-js", ".js")].filter(
      (file) => !["src/error.rs", "src-js/codes.js"].includes(file) && !file.startsWith("src-js/command/"),
    );
    const making = files.filter((file) => /\bcode: "[A-Z]/.test(read(file)));
    expect(files.length).toBeGreaterThan(100);
    expect(making).toEqual([]);
  });

  it("a heading for every SQLSTATE that has a meaning of its own", () => {
    const table = read("src/database/sqlstate.rs").matchAll(/^ {4}\("(\w+)", Condition::\w+\),$/gm);
    const codes = Array.from(table, ([, code = ""]) => (code.length === 5 ? code : `${code}…`));
    expect(codes.length).toBeGreaterThan(20);
    expect(headings.filter(isState).sort()).toEqual(codes.sort());
  });
});

describe("docs/connecting.md has", () => {
  it("every option, with its default", () => {
    const options = rowsOf("docs/connecting.md", "Options");
    expect(options.map(([name]) => name)).toEqual(Object.keys(CHECKS));
    expect(membersOf("EnvironmentServiceOptions")).toEqual(Object.keys(CHECKS));
    const defaults = new Map<string, unknown>(Object.entries(DEFAULTS));
    const written = options.map(([name = "", , byDefault = ""]) => [
      name,
      byDefault.replace(/^the source's, or /, "").replaceAll(",", ""),
    ]);
    const known = Object.keys(CHECKS).map((name) => [name, String(defaults.get(name) ?? "the server's")]);
    expect(written).toEqual(known);
  });

  it("the keys of a source's object", () => {
    expect(rowsOf("docs/connecting.md", "The object").map(([name]) => name)).toEqual(KEYS);
    expect(membersOf("ConnectionSource")).toEqual(KEYS);
  });

  it("every environment variable that a source is completed from", () => {
    const looked = new Set<string>();
    const env = new Proxy<NodeJS.ProcessEnv>(
      {},
      {
        get: (_, name) => {
          looked.add(String(name));
          return undefined;
        },
      },
    );
    for (const written of ["postgres://", "postgres://?sslmode=require"]) {
      draftFromConnectionString(written, env);
    }
    expect(looked.size).toBeGreaterThan(15);
    const variables = rowsOf("docs/connecting.md", "The connection string").flatMap(([, , variable = ""]) =>
      variable.split(", "),
    );
    expect(variables.sort()).toEqual([...looked].sort());
  });
});

describe("docs/maintenance.md has", () => {
  it("every finding", () => {
    expect(termsOf("docs/maintenance.md", "Look first")).toEqual(Object.keys(LOOKS));
  });

  it("every reason to end a lease", () => {
    expect(termsOf("docs/maintenance.md", "Reasons to end a lease")).toEqual(Object.keys(STATUSES));
  });
});

describe.each(typings)("in %s", (file) => {
  const text = read(file);

  it("every export has an example", () => {
    const exported = [...text.matchAll(/^export (?:declare )?(?:\w+) (\w+)/gm)];
    expect(exported.length).toBeGreaterThan(15);
    const without = exported.filter(({ index }) => {
      const before = text.slice(0, index);
      return !before.endsWith(" */\n") || !before.slice(before.lastIndexOf("\n/**")).includes("@example");
    });
    expect(without.map(([, name]) => name)).toEqual([]);
  });

  it("each method has an example", () => {
    const service = file === "maintenance.d.ts" ? "LeaseMaintenance" : "EnvironmentService";
    const block = interfaceOf(service, text);
    const without = membersOf(service, text).filter((name) => {
      const [before = ""] = block.split(`\n  ${name}: (`);
      return !before.slice(before.lastIndexOf("/**")).includes("@example");
    });
    expect(without).toEqual([]);
  });
});

/** The text of an interface of the types. */
function interfaceOf(name: string, text = types): string {
  const found = new RegExp(`^export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}$`, "m").exec(text)?.[1];
  if (found === undefined) throw new Error(`There is no interface ${name}`);
  return found;
}

function membersOf(name: string, text = types): string[] {
  const members = [...interfaceOf(name, text).matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(
    ([, member]) => member ?? "",
  );
  if (members.length === 0) throw new Error(`${name} has no members`);
  return members;
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): string[] {
  return nodesOf(treeOf(page), "heading").map((heading) =>
    textOf(heading)
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(pathOf(folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending))
    .map((file) => path.posix.join(folder, file.replaceAll("\\", "/")));
}
