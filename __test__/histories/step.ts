// The steps of a history. A step refers to rows symbolically ("the third lease"), because the ids of rows that the
// history itself creates are known only while it runs.

import fc from "fast-check";

export interface Call {
  /** Of either generation; or one of those that `world.ts` adds, which stand for calls in a transaction. */
  method: string;
  args: unknown[];
}

/** Something that is done behind the service's back. */
export interface Tampering {
  sql: string;
  parameters: unknown[];
}

export type Step =
  /** One call; or several of one method at once, which must do what they do one after another. */
  { calls: Call[]; tick: number } | (Tampering & { tick: number });

export interface History {
  start: string;
  steps: Step[];
}

export type Kind = "company" | "issue" | "workspace" | "run" | "environment" | "lease";

/** The ids of all rows that a history has met so far, also of those that are gone. */
export type Known = Record<Kind, string[]>;

/** A value that is made when its step is run; it prints as the short text that describes it. */
export class Lazy {
  constructor(
    readonly description: string,
    readonly resolve: (known: Known) => unknown,
  ) {}

  [fc.toStringMethod](): string {
    return this.description;
  }
}

/** The argument with everything lazy in it made: on its own, or as a member of the argument. */
export function resolve(argument: unknown, known: Known): unknown {
  if (argument instanceof Lazy) return argument.resolve(known);
  if (typeof argument !== "object" || argument === null) return argument;
  if (!Object.values(argument).some((member) => member instanceof Lazy)) return argument;
  return Object.fromEntries(Object.entries(argument).map(([key, member]) => [key, resolve(member, known)]));
}
