// Where the addon does something else than the original on purpose, worked out from the arguments alone.
//
// Written from the contract, not from the code: a value outside its set that is given to a write, and an argument
// of the wrong JavaScript type, reject before anything is sent. Of several faults in one call, any may be named.

import { types } from "node:util";

import type { Call } from "./step.js";

type Values = Record<string, unknown>;

/** What the addon has to reject with; empty if it has to do what the original does. */
export interface OwnRejections {
  /** A TypeError whose message holds the name of the argument. */
  wrongTypes: string[];
  /** A plain Error with this very message. */
  unexpected: string[];
  /** What JavaScript itself throws when the arguments are written out; only beside one of the others. */
  javascript: unknown[];
}

export function ownRejections(call: Call): OwnRejections {
  const rejections: OwnRejections = { wrongTypes: [], unexpected: [], javascript: [] };
  checks[call.method](new Check(rejections), call.args);
  if (rejections.wrongTypes.length === 0 && rejections.unexpected.length === 0) rejections.javascript = [];
  return rejections;
}

/** No row holds it as its status or driver. */
const NO_ROW_S_WORD = "matches nothing";

/**
 * What the original is asked instead: a filter that is truthy and no string matches nothing in the addon, whatever
 * the driver of the original makes of it.
 */
export function asTheOriginalIsAsked(call: Call): Call {
  const { method, args } = call;
  const [id, filters] = args;
  if (method !== "list" && method !== "listLeases") return call;
  if (typeof filters !== "object" || filters === null || Array.isArray(filters)) return call;
  const { status, driver } = filters as Values;
  const word = (value: unknown) => (value && typeof value !== "string" ? NO_ROW_S_WORD : value);
  return { method, args: [id, { status: word(status), driver: word(driver) }, ...args.slice(2)] };
}

const SETS = {
  "environment driver": ["local", "ssh", "sandbox", "plugin"],
  "environment status": ["active", "archived"],
  "environment lease status": ["active", "released", "expired", "failed", "retained"],
  "environment lease policy": [
    "ephemeral",
    "reuse_by_environment",
    "reuse_by_execution_workspace",
    "retain_on_failure",
  ],
  "environment lease cleanup status": ["pending", "success", "failed"],
};

type SetName = keyof typeof SETS;

class Check {
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

  #wrong(name: string) {
    this.#rejections.wrongTypes.push(name);
  }
}

type CheckOfMethod = (check: Check, args: unknown[]) => void;

function environment(check: Check, owner: string, values: Values) {
  check.text(`${owner}.name`, values["name"]);
  check.text(`${owner}.description`, values["description"]);
  check.word("environment driver", `${owner}.driver`, values["driver"]);
  check.word("environment status", `${owner}.status`, values["status"]);
  check.json(`${owner}.config`, values["config"]);
  check.json(`${owner}.metadata`, values["metadata"]);
}

const byId: CheckOfMethod = (check, [id]) => check.id("id", id);

const checks: Record<Call["method"], CheckOfMethod> = {
  list(check, [companyId, filters = {}]) {
    check.id("companyId", companyId);
    check.object("filters", filters);
  },
  getById: byId,
  getLeaseById: byId,
  remove: byId,
  // A company that is null reaches the column, which may not be null.
  ensureLocalEnvironment: (check, [companyId]) => {
    if (companyId !== null) check.id("companyId", companyId);
  },
  create(check, [companyId, input]) {
    if (companyId !== null) check.id("companyId", companyId);
    environment(check, "input", check.object("input", input));
  },
  update(check, [id, patch]) {
    check.id("id", id);
    environment(check, "patch", check.object("patch", patch));
  },
  listLeases(check, [environmentId, filters = {}]) {
    check.id("environmentId", environmentId);
    check.object("filters", filters);
  },
  acquireLease(check, [given]) {
    const input = check.object("input", given);
    const ids = ["companyId", "environmentId", "executionWorkspaceId", "issueId", "heartbeatRunId"];
    for (const name of [...ids, "provider", "providerLeaseId"]) check.text(`input.${name}`, input[name]);
    check.word("environment lease policy", "input.leasePolicy", input["leasePolicy"]);
    check.date("input.expiresAt", input["expiresAt"]);
    check.json("input.metadata", input["metadata"]);
  },
  releaseLease(check, [id, status, given]) {
    check.id("id", id);
    check.word("environment lease status", "status", status);
    if (given === undefined || given === null) return;
    const options = check.object("options", given);
    check.text("options.failureReason", options["failureReason"]);
    check.word("environment lease cleanup status", "options.cleanupStatus", options["cleanupStatus"]);
  },
  updateLeaseMetadata(check, [id, metadata]) {
    check.id("id", id);
    check.json("metadata", metadata);
  },
  releaseLeasesForRun(check, [heartbeatRunId, status]) {
    check.id("heartbeatRunId", heartbeatRunId);
    check.word("environment lease status", "status", status);
  },
};
