// What the manual names is there, and what is there is named in the manual.

import { readdirSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import source from "../../src-js/source/index.js";
import { DEFAULTS } from "../../src-js/source/settings.js";
import { exists, pages, pathOf, read, typings } from "./manual.js";

const readme = read("README.md");
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
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? "");
    const broken = links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [file = "", anchor] = link.split("#");
      const target = path.posix.join(path.posix.dirname(page), file);
      if (file !== "" && !exists(target)) return true;
      return anchor !== undefined && !anchorsOf(file === "" ? text : read(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

describe("the README has", () => {
  it("every option, with its default", () => {
    const table = new Map(rowsOf("## Options").map(([name = "", , , byDefault = ""]) => [name, byDefault]));
    const names = membersOf("EnvironmentServiceOptions");
    expect([...table.keys()]).toEqual(names.map((name) => `\`${name}\``));
    for (const [name, value] of Object.entries(DEFAULTS)) {
      if (names.includes(name)) expect(written(table.get(`\`${name}\``))).toBe(String(value));
    }
  });

  it("every method", () => {
    for (const name of membersOf("EnvironmentService")) expect(readme).toContain(`| \`${name}(`);
  });

  it("every number of stats(), and every field of the events", () => {
    for (const name of membersOf("CallEvent")) expect(readme).toContain(`| \`${name}\``);
    const block = interfaceOf("ServiceStatistics");
    for (const [, group, members = ""] of block.matchAll(/^ {2}(\w+): \{([\s\S]*?)^ {2}\}/gm)) {
      for (const [, name] of members.matchAll(/^ {4}(\w+):/gm)) {
        expect(readme).toMatch(new RegExp(`\\| \`${group}\\.[^|]*\\b${name}\``));
      }
    }
  });

  it("every error's code", () => {
    const codes = new Set<string>();
    for (const file of [...filesIn("src", ".rs"), ...filesIn("src-js", ".js")].filter(
      (file) => !file.includes("src-js/command/"),
    )) {
      // A code is written in capitals, and has an underscore or begins as those of the operating system do.
      for (const [, code] of read(file).matchAll(/"([A-Z]+(?:_[A-Z]+)+|E[A-Z]{4,})"/g)) {
        if (!/^PG|^DATABASE_URL$|^ERROR$/.test(code ?? "")) codes.add(code ?? "");
      }
    }
    expect(codes.size).toBeGreaterThan(20);
    expect([...codes].filter((code) => !readme.includes(`\`${code}\``))).toEqual([]);
  });

  it("every SQLSTATE that has a policy of its own", () => {
    const table = read("src/database/sqlstate.rs").matchAll(/^ {4}\("(\w+)", Condition::(\w+)\),$/gm);
    const codes = [...table].filter(([, , what]) => what !== "ServerTrouble").map(([, code]) => code ?? "");
    expect(codes.length).toBeGreaterThan(15);
    const written = codes.map((code) => (code.length === 5 ? `\`${code}\`` : `\`${code}…\``));
    expect(written.filter((code) => !readme.includes(code))).toEqual([]);
  });

  it("every environment variable that a source is completed from", () => {
    const files = ["src-js/source/connection-string.js", "src-js/source/tls.js"];
    const names = files.flatMap((file) => read(file).match(/\bPG[A-Z_]+\b/g) ?? []);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});

it("the README has the keys of a source's object, in its order", () => {
  const names = rowsOf("### The keys of an object").map(([name]) => name);
  expect(names).toEqual(membersOf("ConnectionSource").map((name) => `\`${name}\``));
  const refused = message(() => source.resolveSource({ connectionString: "postgres://h", "no such key": 1 }));
  const [, known] = / known are (.*)$/.exec(refused) ?? [];
  expect(membersOf("ConnectionSource").join(", ")).toBe(known);
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

/** What stands under a heading of the README, up to the next one. */
function sectionOf(title: string): string {
  const [, section] = readme.split(`\n${title}\n`);
  if (section === undefined) throw new Error(`There is no heading ${title}`);
  return section.split(/^#/m)[0] ?? "";
}

/** The cells of a section's first table, without its head. */
function rowsOf(title: string): string[][] {
  const [table = ""] = /(?:^\|.*\n)+/m.exec(sectionOf(title)) ?? [];
  const rows = table.trimEnd().split("\n").slice(2);
  if (rows.length === 0) throw new Error(`There is no table under ${title}`);
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

/** A default as the code writes it: `the source's, or 30,000` is `30000`. */
function written(byDefault: string | undefined): string | undefined {
  return byDefault
    ?.replace(/^.* or /, "")
    .replaceAll("`", "")
    .replaceAll(",", "");
}

function message(action: () => unknown): string {
  try {
    action();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
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
