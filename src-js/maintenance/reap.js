"use strict";

/** Ends stale leases. */

const { channel } = require("node:diagnostics_channel");
const { aborted } = require("../errors");
const { flag, integer, members, milliseconds, oneOf, several, uuid, wrongType } = require("./arguments");
const { leaseOf, partOf } = require("./parts");

/** @typedef {import("../methods").Tools} Tools */
/** @typedef {import("../../maintenance").ReapEvent} ReapEvent */
/** @typedef {import("../../maintenance").ReapResult} ReapResult */
/** @typedef {import("../../maintenance").StaleLease} StaleLease */
/** @typedef {Record<"ended" | "left" | "failed", number>} Tally */

const reapChannel = channel("paperclip-environment-service:reap");

const ENDED = ["released", "expired", "failed"];

/** The states of leases that may be stale, by reason. @type {Record<string, string[]>} */
const STATUSES = {
  run_finished: ["active"],
  expired: ["active"],
  unowned: ["active"],
  cleanup_failed: ENDED,
  retained: ["retained"],
};

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** @param {string} name @param {unknown} value */
function hook(name, value) {
  if (typeof value !== "function") throw wrongType(name, "a function");
  return value;
}

/** @param {unknown} given */
function optionsOf(given) {
  const options = members("options", given, {
    dryRun: flag,
    companyId: uuid,
    environmentId: uuid,
    reasons: several(oneOf(Object.keys(STATUSES))),
    grace: milliseconds(MINUTE),
    olderThan: milliseconds(0),
    release: hook,
    concurrency: integer(1, 100),
    limit: integer(1, 1000),
  });
  const { reasons = ["run_finished"], olderThan } = options;
  if (reasons.includes("retained") && olderThan === undefined) {
    throw new TypeError('options.olderThan must be given with the reason "retained"');
  }
  return {
    dryRun: false,
    grace: 10 * MINUTE,
    olderThan: DAY,
    concurrency: 4,
    limit: 100,
    ...options,
    reasons,
  };
}

/** @param {Tally} tally @param {unknown} given */
function reap(tally, given = {}) {
  const options = optionsOf(given);
  return (/** @type {Tools} */ tools) => new Reaper(tally, options, tools).reap();
}

/** One call of `reap`. */
class Reaper {
  #tally;
  #options;
  #tools;
  #signal;
  #criteria;
  /** @type {ReapResult} */
  #result = { ended: [], left: [], failed: [], more: false };

  /** @param {Tally} tally @param {ReturnType<typeof optionsOf> & Record<string, any>} options @param {Tools} tools */
  constructor(tally, options, tools) {
    this.#tally = tally;
    this.#options = options;
    this.#tools = tools;
    this.#signal = tools.signal ?? new AbortController().signal;
    this.#criteria = {
      reasons: options.reasons,
      statuses: [...new Set(options.reasons.flatMap((/** @type {string} */ reason) => STATUSES[reason]))],
      grace: options.grace,
      older_than: options.olderThan,
      sessions: /** @type {string[]} */ ([]),
      has_hook: options["release"] !== undefined,
      company_id: options["companyId"],
      environment_id: options["environmentId"],
      most: options.limit,
    };
  }

  /** @returns {Promise<ReapResult>} */
  async reap() {
    const { dryRun, limit, reasons } = this.#options;
    if (reasons.includes("unowned")) this.#criteria.sessions = await this.#sessions();
    const rows = await this.#read("findStale", this.#criteria);
    const stale = rows.map((row) => ({ row, ...row.about }));
    for (const { row, reason, why } of stale) if (why !== null) this.#tell("left", row, { reason, why });
    const ours = stale.filter(({ why }) => why === null);
    this.#result.more = ours.length > limit;
    const due = ours.slice(0, limit);
    if (dryRun) for (const { row, reason } of due) this.#tell("ended", row, { reason });
    else await this.#end(due);
    return this.#result;
  }

  /** The leases that custom-image sessions refer to, if the database has such sessions. @returns {Promise<string[]>} */
  async #sessions() {
    if ((await this.#read("sessions", {})).length === 0) return [];
    return (await this.#read("leasesOfSessions", {})).map(({ about }) => about.id);
  }

  /** @param {any[]} due */
  async #end(due) {
    this.#heedSignal();
    await this.#act(due.filter(({ action }) => action !== "claim"));
    const claims = due.filter(({ action }) => action === "claim").values();
    const workers = Array.from({ length: this.#options.concurrency }, async () => {
      for (const claim of claims) {
        this.#heedSignal();
        await this.#giveBack(claim);
      }
    });
    // Waits until every worker has ended, also after a failure of one of them.
    for (const worker of await Promise.allSettled(workers)) {
      if (worker.status === "rejected") throw worker.reason;
    }
    this.#heedSignal();
  }

  /** Ends leases with one statement. If the server refuses it, tries again in halves: one row may be the cause.
   * @param {any[]} due */
  async #act(due) {
    if (due.length === 0) return;
    const rows = await this.#write("actOnStale", {
      ...this.#criteria,
      ids: due.map(({ row }) => row.id),
    }).catch(async (failure) => {
      if (!isOfOneRow(failure)) throw failure;
      if (due.length === 1) this.#fail(due[0].row, due[0].reason, this.#tools.toError(failure));
      const half = due.length >> 1;
      if (half > 0) await this.#act(due.slice(0, half));
      if (half > 0) await this.#act(due.slice(half));
      return null;
    });
    if (rows === null) return;
    const changed = new Map(rows.map((row) => [row.id, row]));
    for (const { row, reason } of due) {
      const ended = changed.get(row.id);
      if (ended === undefined) this.#tell("left", row, { reason, why: "claimed" });
      else this.#tell("ended", ended, { reason: ended.about.reason });
    }
  }

  /** Claims a lease, calls `release` to give back what it holds, and ends it. @param {any} due */
  async #giveBack({ row, reason: found }) {
    /** @type {any} */
    let claimed;
    try {
      [claimed] = await this.#write("actOnStale", { ...this.#criteria, ids: [row.id] });
    } catch (failure) {
      if (!isOfOneRow(failure)) throw failure;
      return this.#fail(row, found, this.#tools.toError(failure));
    }
    if (claimed === undefined) return this.#tell("left", row, { reason: found, why: "claimed" });
    const { reason, claimedAt } = claimed.about;
    let error;
    let success = true;
    try {
      await this.#options["release"](leaseOf(claimed), { signal: this.#signal });
    } catch (thrown) {
      [success, error] = [false, thrown];
    }
    const finished = { id: row.id, claimed_at: claimedAt, success, reason };
    try {
      const [after] = await this.#write("finishClaim", finished);
      if (!success) this.#fail(after ?? claimed, reason, error);
      else if (after?.cleanupStatus === "success") this.#tell("ended", after, { reason });
      else this.#tell("left", after ?? claimed, { reason, why: "claimed" });
    } catch (failure) {
      this.#fail(claimed, reason, success ? this.#tools.toError(failure) : error);
    }
  }

  /** @param {any} row @param {any} reason @param {unknown} error */
  #fail(row, reason, error) {
    this.#tell("failed", row, { reason, error });
  }

  /** @param {"ended" | "left" | "failed"} outcome @param {any} row @param {any} about */
  #tell(outcome, row, about) {
    const { dryRun } = this.#options;
    const lease = leaseOf(row);
    this.#result[outcome].push({ lease, ...about });
    if (!dryRun) this.#tally[outcome] += 1;
    if (!reapChannel.hasSubscribers) return;
    const { reason, why = null } = about;
    const { id: leaseId, companyId, provider } = lease;
    /** @type {ReapEvent} */
    const event = { outcome, reason, why, leaseId, companyId, provider, dryRun };
    reapChannel.publish(event);
  }

  #heedSignal() {
    if (this.#signal.aborted) throw aborted(this.#signal);
  }

  /** @param {string} part @param {object} call @returns {Promise<any[]>} */
  #read(part, call) {
    return this.#tools.ask(partOf(part), call, this.#tools.signal);
  }

  /** Makes a call that writes. The signal does not end the wait for its outcome.
   * @param {string} part @param {object} call
   * @returns {Promise<any[]>} */
  #write(part, call) {
    return this.#tools.ask(partOf(part), call);
  }
}

/** Whether the server's refusal may concern a single row, unlike the lack of a privilege, say.
 * @param {any} failure */
function isOfOneRow(failure) {
  const { name, code } = failure?.properties ?? {};
  return name === "PostgresError" && !/^(?:25|28|42|53|57P)/.test(code);
}

module.exports = { STATUSES, reap };
