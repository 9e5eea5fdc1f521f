// Finds what is wrong with an argument according to the contract.

import { types } from "node:util";

import { isByCompany } from "../support/generation.js";

export type Values = Record<string, unknown>;

/** What the addon has to reject with; empty if it has to do what the original does. */
export interface OwnRejections {
  /** A TypeError whose message holds the name of the argument. */
  wrongTypes: string[];
  /** A plain Error with this very message. */
  unexpected: string[];
  /** What JavaScript itself throws when the arguments are written out; only beside one of the others. */
  javascript: unknown[];
}

const SETS = {
  "environment driver": ["local", "ssh", "sandbox", "plugin"],
  "environment status": ["active", "archived"],
  "environment lease status": [
    ...["active", "released", "expired", "failed", "retained"],
    ...(isByCompany ? [] : ["pending_cleanup"]),
  ],
  "environment lease policy": [
    "ephemeral",
    "reuse_by_environment",
    "reuse_by_execution_workspace",
    "retain_on_failure",
  ],
  "environment lease cleanup status": ["pending", "success", "failed"],
};

type SetName = keyof typeof SETS;

export class Check {
  readonly #rejections;

  constructor(rejections: OwnRejections) {
    this.#rejections = rejections;
  }

  /** The id of something that is looked up. */
  id(name: string, value: unknown) {
    if (typeof value !== "string") this.#wrong(name);
  }

  text(name: string, value: unknown) {
    if (typeof value !== "string" && value !== null && value !== undefined) this.#wrong(name);
  }

  word(set: SetName, name: string, value: unknown) {
    this.text(name, value);
    if (typeof value === "string" && !SETS[set].includes(value)) {
      // Text is text in a message as well: half a surrogate pair is U+FFFD.
      this.#rejections.unexpected.push(`Unexpected ${set} value: ${value.toWellFormed()}`);
    }
  }

  json(name: string, value: unknown) {
    if (value === undefined) return;
    try {
      if (JSON.stringify(value) === undefined) this.#wrong(name);
    } catch (error) {
      this.#rejections.javascript.push(error);
    }
  }

  date(name: string, value: unknown) {
    if (value === undefined || value === null) return;
    if (!types.isDate(value)) this.#wrong(name);
    else if (Number.isNaN(value.getTime()))
      this.#rejections.javascript.push(new RangeError("Invalid time value"));
  }

  /** The members of an object, none if it is not one. */
  object(name: string, value: unknown): Values {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Values;
    this.#wrong(name);
    return {};
  }

  /** What JavaScript throws comes first in the addon; the original has sent something by then. */
  firstOfAll(name: string) {
    if (this.#rejections.javascript.length > 0) this.#wrong(name);
  }

  #wrong(name: string) {
    this.#rejections.wrongTypes.push(name);
  }
}

export type CheckOfMethod = (check: Check, args: unknown[]) => void;

/** What an environment has in both generations, but for its metadata. */
export function environment(check: Check, owner: string, values: Values) {
  check.text(`${owner}.name`, values["name"]);
  check.text(`${owner}.description`, values["description"]);
  check.word("environment driver", `${owner}.driver`, values["driver"]);
  check.word("environment status", `${owner}.status`, values["status"]);
  check.json(`${owner}.config`, values["config"]);
}
