// The manual's pages, and the code in them.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = new URL("../../", import.meta.url);
export const pages = [
  ...["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"],
  ...readdirSync(new URL("docs", root)).map((name) => `docs/${name}`),
];
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
  const text = read(page);
  return [...text.matchAll(/(?:<!-- (.*) -->\n\n)?^( *)```(\w+)\n([\s\S]*?)^ *```$/gm)].map((match) => {
    const [whole, remark = null, indent = "", language = "", code = ""] = match;
    const line = text.slice(0, match.index + whole.indexOf("```")).split("\n").length;
    return { where: `${page}:${line}`, language, code: code.replaceAll(`\n${indent}`, "\n"), remark };
  });
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
