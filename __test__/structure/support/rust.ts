// Which file of a crate uses which: by `use`, by paths in the code, and by macros.
//
// It reads text, not Rust: it knows modules, imports, re-exports and their lists, and nothing of types. So it does not
// see a call of a method that another file than the type's own adds to a type. What stands under #[cfg(test)] and in
// comments does not count.

import type { Sources } from "./files.js";
import { Arrows, type Arrow } from "./graph.js";
import { blank, blanked, type Literal, type Scanned } from "./text.js";

type Path = readonly string[];

/** One name that a `use` brings in. */
interface Import {
  path: Path;
  /** What it is called here; null if it brings in everything. */
  name: string | null;
}

/** Where a path leads: a file, and what is named in it. */
interface Found {
  module: RustFile;
  rest: Path;
}

/** A file of the crate. */
export interface RustFile {
  file: string;
  /** The names of its modules, from the root of the crate. */
  path: Path;
  code: string;
  literals: Literal[];
  imports: Import[];
  /** It only declares modules and re-exports what is in them, so that whoever uses it uses those. */
  isFacade: boolean;
}

const LINE_COMMENT = /\/\/.*/y;
const RAW_STRING = /(?<!\w)[bc]?r(#*)"([\s\S]*?)"\1/y;
const STRING = /(?:(?<!\w)[bc])?"((?:[^"\\]|\\[\s\S])*)"/y;
/** Not the tick of a lifetime, which has no second one. */
const CHARACTER = /(?:(?<!\w)b)?'(?:\\(?:u\{[^}]*\}|x..|.)|[^\\'\n])'/uy;

export function scanRust(text: string): Scanned {
  const found: Scanned = { code: "", literals: [], comments: [] };
  for (let at = 0; at < text.length;) {
    const matching = (pattern: RegExp) => {
      pattern.lastIndex = at;
      return pattern.exec(text);
    };
    const isBlock = text.startsWith("/*", at);
    const comment = isBlock ? text.slice(at, endOfComment(text, at)) : matching(LINE_COMMENT)?.[0];
    const literal = matching(RAW_STRING) ?? matching(STRING);
    const part = comment ?? literal?.[0] ?? matching(CHARACTER)?.[0];
    if (comment !== undefined) found.comments.push(comment);
    else if (literal) found.literals.push({ text: literal[2] ?? literal[1] ?? "", at });
    found.code += part === undefined ? text[at] : blank(part);
    at += part?.length ?? 1;
  }
  return found;
}

/** Comments in comments count. */
function endOfComment(text: string, start: number): number {
  let depth = 0;
  for (const { 0: mark, index } of text.slice(start).matchAll(/\/\*|\*\//g)) {
    depth += mark === "/*" ? 1 : -1;
    if (depth === 0) return start + index + 2;
  }
  return text.length;
}

const TEST = /#\s*\[\s*cfg\s*\(\s*(?:test|all\s*\(\s*test\b[^\]]*)\)\s*\]/;

/** Takes out what is compiled for tests alone, and gives the modules among it that are files of their own. */
function withoutTests(scanned: Scanned): { code: string; literals: Literal[]; testModules: string[] } {
  let { code, literals } = scanned;
  const testModules: string[] = [];
  for (let match = TEST.exec(code); match !== null; match = TEST.exec(code)) {
    const end = endOfItem(code, match.index + match[0].length);
    const item = code.slice(match.index + match[0].length, end);
    const [, module] = /\bmod\s+(\w+)\s*;$/.exec(item) ?? [];
    if (module !== undefined) testModules.push(module);
    const start = match.index;
    code = blanked(code, start, end);
    literals = literals.filter(({ at }) => at < start || at >= end);
  }
  return { code, literals, testModules };
}

/** Behind the item that begins here: behind its block, or its semicolon. */
function endOfItem(code: string, start: number): number {
  const isUse = /^\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\s*\([^)]*\))?\s+)?use\b/.test(code.slice(start));
  let depth = 0;
  for (let at = start; at < code.length; at++) {
    const character = code[at] as string;
    if ("([{".includes(character)) depth += 1;
    if (")]}".includes(character)) depth -= 1;
    // The end of what the item stands in, if it has none of its own.
    if (depth < 0) return at;
    if (depth === 0 && (character === ";" || (character === "}" && !isUse))) return at + 1;
  }
  return code.length;
}

const USE = /\b(?:pub(?:\s*\([^)]*\))?\s+)?use\s+((?:::|[\w{*$])[^;]*);/g;

/** What a `use` names: `a::{b, c::{self, d as e}, f::*}` is five imports. */
export function importsOf(tree: string): Import[] {
  const tokens = tree.match(/::|[{},*]|(?:r#)?\w+/g) ?? [];
  let next = 0;
  const imports: Import[] = [];
  const readTree = (prefix: Path): void => {
    let path = prefix;
    for (;;) {
      const token = tokens[next++];
      if (token === "{") {
        while (tokens[next] !== "}" && next < tokens.length) {
          readTree(path);
          if (tokens[next] === ",") next += 1;
        }
        next += 1;
        return;
      }
      if (token === "*") return void imports.push({ path, name: null });
      // A path that begins with `::` leads out of the crate, as the empty name does.
      if (token === "::" && path.length === 0) path = [""];
      if (token !== undefined && token !== "::") path = [...path, token.replace("r#", "")];
      if (tokens[next] === "::") next += 1;
      else if (token === undefined || token !== "::") break;
    }
    if (path.length > 1 && path.at(-1) === "self") path = path.slice(0, -1);
    let name = path.at(-1) ?? "";
    if (tokens[next] === "as") {
      name = tokens[next + 1] ?? name;
      next += 2;
    }
    imports.push({ path, name });
  };
  readTree([]);
  return imports;
}

/** The imports of a file, seen from its own module. */
function importsIn(code: string): Import[] {
  const depthAt = depthsIn(code);
  return [...code.matchAll(USE)].flatMap(({ 1: tree = "", index }) =>
    importsOf(tree).flatMap(({ path, name }) => {
      const outer = outOf(depthAt(index), path);
      return outer ? [{ path: outer, name }] : [];
    }),
  );
}

function readFile(file: string, text: string): RustFile & { testModules: string[] } {
  const { code, literals, testModules } = withoutTests(scanRust(text));
  const parts = file
    .replace(/^.*?src\//, "")
    .replace(/\.rs$/, "")
    .split("/");
  if (["mod", "lib"].includes(parts.at(-1) ?? "")) parts.pop();
  const rest = code
    .replace(USE, "")
    .replace(/(?:\bpub(?:\s*\([^)]*\))?\s+)?\bmod\s+\w+\s*;/g, "")
    .replace(/#!?\s*\[[^\]]*\]/g, "");
  return {
    file,
    path: parts,
    code,
    literals,
    testModules,
    imports: importsIn(code),
    isFacade: rest.trim() === "",
  };
}

/** The crate whose root is `src/lib.rs`, without its tests. */
export class Crate {
  readonly #modules = new Map<string, RustFile>();
  readonly #macros = new Map<string, RustFile>();

  constructor(sources: Sources) {
    const files = [...sources].map(([file, text]) => readFile(file, text));
    const ofTests = files.flatMap(({ path, testModules }) => testModules.map((name) => [...path, name]));
    for (const module of files) {
      if (ofTests.some((test) => liesIn(module.path, test))) continue;
      this.#modules.set(module.path.join("::"), module);
      for (const [, macro = ""] of module.code.matchAll(/\bmacro_rules!\s*(\w+)/g))
        this.#macros.set(macro, module);
    }
  }

  get files(): RustFile[] {
    return [...this.#modules.values()];
  }

  get arrows(): Arrow[] {
    const arrows = new Arrows();
    for (const module of this.files) {
      for (const { module: used, rest } of this.#usedBy(module)) {
        // What a facade re-exports from its own folder is looked through by its users, and no use of its own.
        const isOwn = module.isFacade && liesIn(used.path, module.path);
        if (!isOwn)
          arrows.add(module.file, used.file, rest.join("::") || `mod ${used.path.at(-1) ?? "crate"}`);
      }
    }
    return arrows.all;
  }

  #usedBy(module: RustFile): Found[] {
    const found: Found[] = [];
    const code = module.code.replace(USE, blank).replace(/\bpub\s*\([^)]*\)/g, blank);

    // Modules that have a name here: those that lie below, and those that were imported.
    const named = new Map<string, Path>();
    for (const { path } of this.files) {
      if (path.length === module.path.length + 1 && liesIn(path, module.path))
        named.set(path.at(-1) ?? "", path);
    }
    for (const { path, name } of module.imports) {
      for (const target of this.#resolve(module.path, path)) {
        const isModule = target.rest.length === 0;
        if (name === null && isModule) found.push(...this.#everythingIn(target.module));
        else if (name !== null && isModule) {
          named.set(name, target.module.path);
          if (!new RegExp(`(?<![\\w:])${name}\\s*::`).test(code)) found.push(target);
        } else found.push(target);
      }
    }

    const depthAt = depthsIn(code);
    for (const { 0: text, index } of code.matchAll(/(?<![\w:])(\w+)((?:\s*::\s*\w+)+)/g)) {
      const path = text.split("::").map((segment) => segment.trim());
      const [first = ""] = path;
      if (["crate", "super", "self"].includes(first)) {
        found.push(...this.#resolve(module.path, outOf(depthAt(index), path) ?? []));
      } else if (named.has(first)) found.push(...this.#within(named.get(first) as Path, path.slice(1)));
    }
    // As serde has them: `#[serde(with = "crate::…")]`.
    for (const { text } of module.literals) {
      if (/^(?:crate|super)(?:::\w+)+$/.test(text))
        found.push(...this.#resolve(module.path, text.split("::")));
    }
    for (const [, macro = ""] of code.matchAll(/\b(\w+)!\s*[([{]/g)) {
      const used = this.#macros.get(macro);
      if (used) found.push({ module: used, rest: [`${macro}!`] });
    }
    return found;
  }

  /** Where a path leads that stands in this module; nowhere if it leads out of the crate. */
  #resolve(from: Path, path: Path, seen: ReadonlySet<string> = new Set()): Found[] {
    const [first, ...rest] = path;
    if (first === undefined) return [];
    if (first === "crate") return this.#within([], rest, seen);
    let base = from;
    let at = 0;
    for (; path[at] === "super" || path[at] === "self"; at++) {
      if (path[at] === "super") base = base.slice(0, -1);
    }
    if (at > 0 || this.#modules.has([...from, first].join("::")))
      return this.#within(base, path.slice(at), seen);
    return this.#imported(from, path, seen);
  }

  /** Where a path leads that begins in this module. */
  #within(module: Path, path: Path, seen: ReadonlySet<string> = new Set()): Found[] {
    let at = module;
    for (const [index, segment] of path.entries()) {
      const below = [...at, segment];
      if (this.#modules.has(below.join("::"))) {
        at = below;
        continue;
      }
      const rest = path.slice(index);
      const elsewhere = this.#imported(at, rest, seen);
      if (elsewhere.length > 0) return elsewhere;
      const here = this.#modules.get(at.join("::"));
      return here ? [{ module: here, rest }] : [];
    }
    const here = this.#modules.get(at.join("::"));
    return here ? [{ module: here, rest: [] }] : [];
  }

  /** Where a path leads whose first name this module has imported: it may be there for others to be found. */
  #imported(module: Path, path: Path, seen: ReadonlySet<string>): Found[] {
    const [first = "", ...rest] = path;
    const key = `${module.join("::")} ${first}`;
    const file = this.#modules.get(module.join("::"));
    if (seen.has(key) || file === undefined || defines(file, first)) return [];
    const further = new Set([...seen, key]);
    const one = file.imports.find(({ name }) => name === first);
    if (one) return this.#resolve(module, [...one.path, ...rest], further);
    for (const { path: everything } of file.imports.filter(({ name }) => name === null)) {
      for (const target of this.#resolve(module, everything, further)) {
        if (target.rest.length > 0) continue;
        if (defines(target.module, first)) return [{ module: target.module, rest: path }];
        const elsewhere = this.#imported(target.module.path, path, further);
        if (elsewhere.length > 0) return elsewhere;
      }
    }
    return [];
  }

  #everythingIn(module: RustFile): Found[] {
    if (!module.isFacade) return [{ module, rest: ["*"] }];
    return module.imports.flatMap(({ path }) => this.#resolve(module.path, path));
  }
}

/** A path that stands in modules within a file, seen from the file's own module; null if it does not lead out. */
function outOf(depth: number, path: Path): Path | null {
  if (depth === 0 || path[0] === "crate") return path;
  const ups = path.findIndex((segment) => segment !== "super");
  return ups < depth ? null : ["self", ...path.slice(depth)];
}

/** Whether one path is the other or one below it. */
function liesIn(path: Path, other: Path): boolean {
  return other.every((segment, index) => path[index] === segment);
}

function defines({ code }: RustFile, name: string): boolean {
  const item = `\\b(?:struct|enum|union|trait|type|const|static|fn|mod|macro_rules!)\\s+(?:mut\\s+)?${name}\\b`;
  return new RegExp(item).test(code.replace(/\bmod\s+\w+\s*;/g, ""));
}

/** Tells of a place in a file how many modules are written out around it. */
function depthsIn(code: string): (at: number) => number {
  const blocks = [...code.matchAll(/\bmod\s+\w+\s*\{/g)].map(({ index }) => ({
    start: index,
    end: endOfItem(code, index),
  }));
  return (at) => blocks.filter(({ start, end }) => start < at && at < end).length;
}
