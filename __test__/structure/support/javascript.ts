// Which file uses which in JavaScript and TypeScript: by import, export … from, import() and require(), and by types in
// comments.
//
// It reads text, not JavaScript. Packages do not count, nor what stands in a string that is a program of its own.

import path from "node:path/posix";

import type { Sources } from "./files.js";
import { Arrows, type Arrow } from "./graph.js";
import { blank, type Scanned } from "./text.js";

export const JAVASCRIPT = /\.(?:[cm]?js|[cm]?ts)$/;

/** Behind these, a slash begins a regular expression. */
const BEFORE_EXPRESSION =
  /(?:^|[^\w$)\]}"'`.\s]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield))\s*$/;

const COMMENT = /\/\/.*|\/\*[\s\S]*?\*\//y;
const STRING = /"((?:[^"\\\n]|\\[\s\S])*)"|'((?:[^'\\\n]|\\[\s\S])*)'/y;
const EXPRESSION = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
/** From a backquote or the end of an expression in a template to the template's end or to its next expression. */
const TEMPLATE = /[`}]((?:[^`\\$]|\\[\s\S]|\$(?!\{))*)(`|\$\{)/y;

export function scanJavaScript(text: string): Scanned {
  const found: Scanned = { code: "", literals: [], comments: [] };
  /** Of each template around this place: how many braces are open in its expression. */
  const templates: number[] = [];
  for (let at = 0; at < text.length;) {
    const matching = (pattern: RegExp) => {
      pattern.lastIndex = at;
      return pattern.exec(text);
    };
    const comment = matching(COMMENT);
    const string = matching(STRING);
    const begins = text[at] === "`" || (text[at] === "}" && templates.at(-1) === 0);
    const template = begins ? matching(TEMPLATE) : null;
    const isExpression = text[at] === "/" && BEFORE_EXPRESSION.test(found.code.slice(-40));
    const part = comment ?? string ?? template ?? (isExpression ? matching(EXPRESSION) : null);

    const character = text[at] as string;
    if (part === null) {
      const open = templates.at(-1) ?? 0;
      if (character === "{" && templates.length > 0) templates[templates.length - 1] = open + 1;
      if (character === "}" && templates.length > 0) templates[templates.length - 1] = open - 1;
      found.code += character;
      at += 1;
      continue;
    }
    if (comment) found.comments.push(comment[0]);
    if (string) found.literals.push({ text: string[1] ?? string[2] ?? "", at });
    if (template) {
      found.literals.push({ text: template[1] ?? "", at });
      if (character === "}") templates.pop();
      if (template[2] === "${") templates.push(0);
    }
    // The quote of what is a value stays, to tell an operator behind it from the start of an expression.
    const isValue = comment === null && template?.[2] !== "${";
    found.code += (isValue ? '"' : " ") + blank(part[0].slice(1));
    at += part[0].length;
  }
  return found;
}

/** What stands before the string that names a file, and the kind of use that it is. */
const BEFORE_NAME: [pattern: RegExp, namesOf: (match: RegExpExecArray) => string[]][] = [
  [/\b(?:import|export)\s+((?:type\s+)?[\w\s{},*$]*?)\s*\bfrom\s*$/, ([, names = ""]) => namesIn(names)],
  [/\b(?:const|let|var)\s+([\w\s{},:$]+?)\s*=\s*require\s*\(\s*$/, ([, names = ""]) => namesIn(names)],
  [/\b(?:require|import)\s*\(\s*$/, () => []],
  [/\bcreateRequire\s*\(\s*import\.meta\.url\s*\)\s*\(\s*$/, () => []],
  [/\bimport\s*$/, () => []],
];

/** `type A, { b as c }, * as d` is A, b and d. */
function namesIn(clause: string): string[] {
  return clause
    .replace(/^type\b(?!\s*,)|\*\s*as\s/g, "")
    .split(/[{},]/)
    .map((name) => name.trim().replace(/^type\s+/, ""))
    .map((name) => name.split(/\s+as\s+|\s*:/)[0] ?? "")
    .filter((name) => name !== "");
}

interface Use {
  specifier: string;
  names: string[];
  isType: boolean;
}

function usesOf(text: string): Use[] {
  const { code, literals, comments } = scanJavaScript(text);
  const inCode = literals
    .filter(({ text: specifier }) => specifier.startsWith("."))
    .flatMap(({ text: specifier, at }): Use[] => {
      const before = code.slice(Math.max(0, at - 2_000), at);
      for (const [pattern, namesOf] of BEFORE_NAME) {
        const match = pattern.exec(before);
        if (match === null) continue;
        const [, member] = /^\s*\)\.(\w+)/.exec(code.slice(at + specifier.length + 2)) ?? [];
        const isType = /^(?:import|export)\s+type\b/.test(match[0]) || /\btypeof\s+import\s*\($/.test(before);
        return [{ specifier, names: member ? [member] : namesOf(match), isType }];
      }
      return [];
    });
  const inComments = comments.flatMap((comment) =>
    [...comment.matchAll(/\bimport\(["'](\.[^"']+)["']\)(?:\.(\w+))?/g)].map(
      ([, specifier = "", name]): Use => ({ specifier, names: name ? [name] : [], isType: true }),
    ),
  );
  return [...inCode, ...inComments];
}

/** The file that is named, of those that are known; undefined if none is, as with a package.json. */
function resolve(
  from: string,
  { specifier, isType }: Use,
  isKnown: (file: string) => boolean,
): string | undefined {
  const file = path.join(path.dirname(from), specifier);
  const sources = [file.replace(/js$/, "ts"), `${file}.ts`];
  const types = [file.replace(/(?:\.([cm]?)js)?$/, ".d.$1ts")];
  const scripts = [file, ...[".js", ".mjs", "/index.js"].map((ending) => file + ending)];
  // A file that has its types beside it is two: whoever takes types alone takes those.
  return [...(isType ? types : []), ...sources, ...scripts, ...types].find(isKnown);
}

export function arrowsOfJavaScript(sources: Sources): Arrow[] {
  const arrows = new Arrows();
  for (const [file, text] of sources) {
    for (const use of usesOf(text)) {
      const used = resolve(file, use, (path) => sources.has(path));
      if (used === undefined) continue;
      for (const name of use.names.length > 0 ? use.names : ["the whole file"]) arrows.add(file, used, name);
    }
  }
  return arrows.all;
}
