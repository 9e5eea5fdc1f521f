// What the manual names is there, and what is there is named in the manual.

import { readdirSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { exists, pages, pathOf, read } from "./manual.js";

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
      /(?<![\w/.])((?:\.ci|\.github|__test__|benchmark|examples|install|scripts|src|src-js)\/[\w./-]*\w\/?|\.ci\/run)/g,
    );
    const files = new Set([...named].map(([, file]) => file ?? ""));
    expect([...files].filter((file) => !exists(file))).toEqual([]);
  });

  it("links to what is there", () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? "");
    const broken = links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [file = "", anchor] = link.split("#");
      if (file !== "" && !exists(file)) return true;
      return anchor !== undefined && !anchorsOf(file === "" ? text : read(file)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

describe("the README has", () => {
  it("every option, with its default", () => {
    for (const name of membersOf("EnvironmentServiceOptions")) expect(readme).toContain(`| \`${name}\``);
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
    for (const file of [...filesIn("src", ".rs"), ...filesIn("src-js", ".js")]) {
      // A code is written in capitals, and has an underscore or begins as those of the operating system do.
      for (const [, code] of read(file).matchAll(/"([A-Z]+(?:_[A-Z]+)+|E[A-Z]{4,})"/g)) {
        if (!/^PG|^DATABASE_URL$|^ERROR$/.test(code ?? "")) codes.add(code ?? "");
      }
    }
    expect(codes.size).toBeGreaterThan(20);
    expect([...codes].filter((code) => !readme.includes(`\`${code}\``))).toEqual([]);
  });

  it("every SQLSTATE that has a policy of its own", () => {
    const table = read("src/policy.rs").matchAll(/^ {4}\("(\w+)", Policy::(\w+)\),$/gm);
    const codes = [...table].filter(([, , policy]) => policy !== "Everybody").map(([, code]) => code ?? "");
    expect(codes.length).toBeGreaterThan(15);
    const written = codes.map((code) => (code.length === 5 ? `\`${code}\`` : `\`${code}…\``));
    expect(written.filter((code) => !readme.includes(code))).toEqual([]);
  });

  it("every environment variable that a source is completed from", () => {
    const files = ["src-js/source/environment.js", "src-js/source/tls.js"];
    const names = files.flatMap((file) =>
      [...read(file).matchAll(/\benv\.(PG\w+)/g)].map(([, name]) => name),
    );
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});

it("each method has an example in the types", () => {
  const block = interfaceOf("EnvironmentService");
  const without = membersOf("EnvironmentService").filter((name) => {
    const [before = ""] = block.split(`\n  ${name}: (`);
    return !before.slice(before.lastIndexOf("/**")).includes("@example");
  });
  expect(without).toEqual([]);
});

it("the examples, each of which stands for itself, have the same tables and the same server", () => {
  const tables = read("__test__/support/schema.sql");
  const server = read("examples/http-server/support/database.mjs");
  for (const example of ["http-server", "own-service"]) {
    expect(read(`examples/${example}/support/tables.sql`)).toBe(tables);
    expect(read(`examples/${example}/support/database.mjs`)).toBe(server);
  }
});

/** The text of an interface of the types. */
function interfaceOf(name: string): string {
  const found = new RegExp(`^export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}$`, "m").exec(types)?.[1];
  if (found === undefined) throw new Error(`There is no interface ${name}`);
  return found;
}

function membersOf(name: string): string[] {
  const members = [...interfaceOf(name).matchAll(/^ {2}(\w+)\??:/gm)].map(([, member]) => member ?? "");
  if (members.length === 0) throw new Error(`${name} has no members`);
  return members;
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
