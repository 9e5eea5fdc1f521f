// What the manual names is there, and what is there is named in the manual.

import { readdirSync } from "node:fs";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import source from "../../src-js/source/index.js";
import refusal from "../../src-js/source/refusal.js";
import { DEFAULTS } from "../../src-js/source/settings.js";
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

describe("the keys of a source's object", () => {
  // Whoever runs the tests may have a database of his own.
  beforeEach(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith("PG")) vi.stubEnv(name, undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const TITLE = "### The keys of an object";
  const rows = rowsOf(TITLE).map(([names = "", , unit = "", byDefault = ""]) => ({
    names: wordsIn(names),
    unit,
    byDefault,
  }));
  const settingsOf = (options: object): Record<string, unknown> => ({
    ...source.resolveSource({ host: "h", user: "u", ...options }).settings(),
  });

  it("are those that the code knows, each where it belongs", () => {
    const [, known = ""] = / known are (.*)$/.exec(message(() => settingsOf({ "no such key": 1 }))) ?? [];
    const [, ignored = ""] =
      /^const IGNORED = \[([^\]]*)\]/m.exec(read("src-js/source/options-object.js")) ?? [];
    const lists = {
      read: rows.flatMap(({ names }) => names),
      ignored: wordsIn(sectionOf(TITLE), "Known and without bearing here"),
      refused: wordsIn(sectionOf(TITLE), "Refused where they are in use"),
    };
    expect(lists.ignored).toEqual([...ignored.matchAll(/"(\w+)"/g)].map(([, name]) => name));
    expect(lists.refused).toEqual(Object.keys(refusal.UNSUPPORTED));
    expect(Object.values(lists).flat().sort()).toEqual(known.split(", ").sort());
  });

  /** What a setting is called by the service, where it has a default there. */
  const SETTINGS: Record<string, keyof typeof DEFAULTS> = {
    prepare: "prepare",
    fallback_application_name: "applicationName",
    connect_timeout: "connectTimeout",
    connectionTimeoutMillis: "connectTimeout",
    idle_timeout: "idleTimeout",
    timeout: "idleTimeout",
    idleTimeoutMillis: "idleTimeout",
    max_lifetime: "maxLifetime",
    maxLifetimeSeconds: "maxLifetime",
  };
  const UNITS: Record<string, number> = { seconds: 1_000, milliseconds: 1 };

  it("have the units that the table gives", () => {
    const times = rows.filter(({ unit }) => unit !== "");
    expect(times.length).toBeGreaterThan(5);
    for (const { names, unit } of times) {
      for (const name of names) {
        const { parameters, ...settings } = settingsOf({ [name]: 7 });
        const parameter = name.replace("query_", "statement_");
        const found = SETTINGS[name]
          ? settings[SETTINGS[name]]
          : Number((parameters as Record<string, string>)[parameter]);
        expect([name, found]).toEqual([name, 7 * (UNITS[unit] ?? NaN)]);
      }
    }
  });

  it("have the defaults that the table gives", () => {
    expect(written(rows.find(({ names }) => names.includes("port"))?.byDefault)).toBe(String(DEFAULTS.port));
    for (const [name, setting] of Object.entries(SETTINGS)) {
      const row = rows.find(({ names }) => names.includes(name));
      const value = DEFAULTS[setting];
      const inItsUnit = typeof value === "number" ? value / (UNITS[row?.unit ?? ""] ?? NaN) : value;
      expect([name, written(row?.byDefault)]).toEqual([name, String(inItsUnit)]);
    }
  });
});

it("every export of the types has an example", () => {
  const exported = [...types.matchAll(/^export (?:declare )?(?:\w+) (\w+)/gm)];
  expect(exported.length).toBeGreaterThan(20);
  const without = exported.filter(({ index }) => {
    const before = types.slice(0, index);
    return !before.endsWith(" */\n") || !before.slice(before.lastIndexOf("\n/**")).includes("@example");
  });
  expect(without.map(([, name]) => name)).toEqual([]);
});

it("each method has an example in the types", () => {
  const block = interfaceOf("EnvironmentService");
  const without = membersOf("EnvironmentService").filter((name) => {
    const [before = ""] = block.split(`\n  ${name}: (`);
    return !before.slice(before.lastIndexOf("/**")).includes("@example");
  });
  expect(without).toEqual([]);
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

/** What stands in backquotes; only in the paragraph that begins so, if one is named. */
function wordsIn(text: string, beginning?: string): string[] {
  const where =
    beginning === undefined ? text : text.split("\n\n").find((each) => each.trim().startsWith(beginning));
  return [...(where ?? "").matchAll(/`([^`]+)`/g)].map(([, word]) => word ?? "");
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
