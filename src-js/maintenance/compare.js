"use strict";

/** Compares what a provider runs with the leases. */

const { date, flag, members, milliseconds, text, wrongType } = require("./arguments");
const { leaseOf, partOf } = require("./parts");

/** @typedef {import("../methods").Tools} Tools */
/** @typedef {import("../../maintenance").ProviderSandbox} Sandbox */

const OVER = new Set(["released", "expired", "failed"]);

/** @param {unknown} inventory */
function compareWithProvider(inventory) {
  const given = members("inventory", inventory, {
    provider: text,
    sandboxes: sandboxesOf,
    complete: flag,
    grace: milliseconds(0),
  });
  const { provider, sandboxes, complete = false, grace = 900_000 } = given;
  if (provider === undefined) throw wrongType("inventory.provider", "a string");
  if (sandboxes === undefined) throw wrongType("inventory.sandboxes", "an array");
  const call = { provider, ids: sandboxes.map((/** @type {{ id: string }} */ { id }) => id) };

  /** @param {Tools} tools @returns {Promise<import("../../maintenance").ProviderComparison>} */
  return async ({ ask, signal }) => {
    const [[clock], newest, lost] = await Promise.all([
      ask(partOf("now"), {}, signal),
      ask(partOf("newestOfSandboxes"), call, signal),
      complete ? ask(partOf("lost"), call, signal) : [],
    ]);
    const rows = new Map(newest.map((/** @type {any} */ row) => [row.providerLeaseId, row]));
    const latest = new Date(clock.about.now).getTime() - grace;
    /** @type {import("../../maintenance").ProviderComparison} */
    const comparison = { unknown: [], ended: [], lost: lost.map(leaseOf), young: [] };
    for (const { id, startedAt, sandbox } of sandboxes) {
      const row = rows.get(id);
      if (row === undefined) {
        const isYoung = startedAt !== undefined && startedAt > latest;
        comparison[isYoung ? "young" : "unknown"].push(sandbox);
      } else if (OVER.has(row.status) && !row.about.inUse) {
        comparison.ended.push({ sandbox, lease: leaseOf(row) });
      }
    }
    return comparison;
  };
}

/** The ids and start times of sandboxes, together with the sandboxes as given.
 * @param {string} name @param {unknown} value */
function sandboxesOf(name, value) {
  if (!Array.isArray(value)) throw wrongType(name, "an array");
  return value.map((sandbox, number) => {
    const where = `${name}[${number}]`;
    if (typeof sandbox !== "object" || sandbox === null) throw wrongType(where, "an object");
    const { id, startedAt } = sandbox;
    if (startedAt !== undefined) date(`${where}.startedAt`, startedAt);
    return { id: text(`${where}.id`, id), startedAt: startedAt?.getTime(), sandbox };
  });
}

module.exports = { compareWithProvider };
