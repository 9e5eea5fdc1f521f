// Source text with its parts told apart: what both languages' readers have in common.

/** A string in a source text, without its quotes. */
export interface Literal {
  text: string;
  /** Where its opening quote stands. */
  at: number;
}

export interface Scanned {
  /** The text without comments and without what stands in strings: there are spaces in their places. */
  code: string;
  literals: Literal[];
  comments: string[];
}

/** As many spaces; line ends stay. */
export function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

/** The text with spaces in place of a part of it. */
export function blanked(text: string, start: number, end: number): string {
  return text.slice(0, start) + blank(text.slice(start, end)) + text.slice(end);
}

/** The start of a statement in SQL, or one in the middle of a text. */
const SQL = /\b(?:select\s|insert\s+into\b|update\s|delete\s+from\b)/i;

/** The literals that hold SQL. */
export function sqlIn(literals: readonly Literal[]): string[] {
  return literals.filter(({ text }) => SQL.test(text)).map(({ text }) => text.trim());
}
