// The manual's pages, as trees of Markdown, and the code in them.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { ParserOptions } from "prettier";
import { parsers } from "prettier/plugins/markdown";

export const root = new URL("../../", import.meta.url);
/** For users. */
export const manual = ["README.md", ...readdirSync(new URL("docs", root)).map((name) => `docs/${name}`)];
export const pages = [...manual, "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"];
/** The types of each entry. */
export const typings = ["index.d.ts", "2026.916.d.ts", "maintenance.d.ts"];

export function read(file: string): string {
  return readFileSync(new URL(file, root), "utf8");
}

export function exists(file: string): boolean {
  return existsSync(new URL(file, root));
}

export function pathOf(file: string): string {
  return fileURLToPath(new URL(file, root));
}

/** As far as it is looked at here: https://github.com/syntax-tree/mdast */
export interface Node {
  type: string;
  value?: string;
  lang?: string | null;
  url?: string;
  children?: Node[];
  position: { start: { line: number }; end: { line: number } };
}

const trees = new Map<string, Node>();
for (const page of pages) {
  // Prettier's own, since prettier is here already; it looks at no option.
  trees.set(page, (await parsers.markdown.parse(read(page), {} as ParserOptions)) as Node);
}

export function treeOf(page: string): Node {
  const tree = trees.get(page);
  if (tree === undefined) throw new Error(`${page} is no page of the manual`);
  return tree;
}

/** A node's descendants of a type, in their order. */
export function nodesOf({ children = [] }: Node, type: string): Node[] {
  return children.flatMap((child) => [...(child.type === type ? [child] : []), ...nodesOf(child, type)]);
}

/** What a node shows, without marks. */
export function textOf({ value, children = [] }: Node): string {
  return value ?? children.map(textOf).join("");
}

/** What stands under a heading, up to the next one. */
function sectionOf(page: string, title: string): Node {
  const { children = [], ...tree } = treeOf(page);
  const begin = children.findIndex((node) => node.type === "heading" && textOf(node) === title);
  if (begin < 0) throw new Error(`${page} has no heading ${title}`);
  const rest = children.slice(begin + 1);
  const end = rest.findIndex(({ type }) => type === "heading");
  return { ...tree, children: end < 0 ? rest : rest.slice(0, end) };
}

/** The cells of a section's table, without its head. */
export function rowsOf(page: string, title: string): string[][] {
  const [, ...rows] = nodesOf(sectionOf(page, title), "tableRow");
  if (rows.length === 0) throw new Error(`${page} has no table under ${title}`);
  return rows.map(({ children = [] }) => children.map(textOf));
}

/** The code that each item of a section's lists begins with. */
export function termsOf(page: string, title: string): string[] {
  return nodesOf(sectionOf(page, title), "listItem").flatMap((item) => {
    const [first] = item.children?.[0]?.children ?? [];
    return first?.type === "inlineCode" ? [textOf(first)] : [];
  });
}

/** What stands in backquotes in the page's headings. */
export function codesInHeadings(page: string): string[] {
  return nodesOf(treeOf(page), "heading").flatMap((heading) => nodesOf(heading, "inlineCode").map(textOf));
}

export interface Block {
  /** Such as `README.md:57`. */
  where: string;
  language: string;
  code: string;
  /** An HTML comment just before the block; it does not show. */
  remark: string | null;
}

/** The fenced blocks of a page, those in lists as well. */
export function blocksOf(page: string): Block[] {
  const blocksIn = ({ children = [] }: Node): Block[] =>
    children.flatMap((node, index) => {
      if (node.type !== "code") return blocksIn(node);
      const [, remark = null] = /^<!-- (.*) -->$/.exec(children[index - 1]?.value ?? "") ?? [];
      const where = `${page}:${node.position.start.line}`;
      return [{ where, language: node.lang ?? "text", code: node.value ?? "", remark }];
    });
  return blocksIn(treeOf(page));
}

/** The examples in the comments of a file of types. */
export function examplesOf(file: string): Block[] {
  const text = read(file);
  return [...text.matchAll(/@example\n +\* ```ts\n([\s\S]*?)^ +\* ```$/gm)].map((match) => {
    const line = text.slice(0, match.index).split("\n").length + 1;
    const code = (match[1] ?? "").replace(/^ +\* ?/gm, "");
    return { where: `${file}:${line}`, language: "ts", code, remark: null };
  });
}
