"use strict";

/** Deletes old leases, in batches. */

const { performance } = require("node:perf_hooks");
const { setTimeout: pause } = require("node:timers/promises");
const { aborted } = require("../errors");
const { flag, integer, members, milliseconds, uuid, wrongType } = require("./arguments");
const { partOf } = require("./parts");

/** @typedef {import("../methods").Tools} Tools */

const WEEK = 7 * 24 * 60 * 60 * 1000;

/** The maximum number of leases in a batch. */
const MOST = 10_000;

/** The pause after a batch lasts as long as the batch took, within these limits. */
const PAUSE = { least: 10, most: 1_000 };

/** @param {unknown} options */
function prune(options) {
  const given = members("options", options, {
    olderThan: milliseconds(WEEK),
    companyId: uuid,
    keepPerEnvironment: integer(0, 1_000_000),
    batch: integer(1, MOST),
    limit: integer(1),
    dryRun: flag,
  });
  const { olderThan, companyId, keepPerEnvironment: keep = 100, batch = 1000, limit = Infinity } = given;
  // Counting does not need short transactions.
  const size = given.dryRun ? MOST : batch;
  if (olderThan === undefined) throw wrongType("options.olderThan", "a number");
  const part = partOf(given.dryRun ? "countPrunable" : "prune");

  /** @param {Tools} tools @returns {Promise<import("../../maintenance").PruneResult>} */
  return async ({ ask, signal }) => {
    const kept =
      keep === 0
        ? []
        : (await ask(partOf("keepers"), { keep, company_id: companyId }, signal)).map(
            (/** @type {any} */ { about }) => about,
          );
    const call = { older_than: olderThan, company_id: companyId, keep, kept };
    let deleted = 0;
    let after = {};
    for (;;) {
      if (signal?.aborted) throw aborted(signal);
      const most = Math.min(size, limit - deleted);
      const begin = performance.now();
      // Once the limit is reached, this only looks for more.
      const [{ about }] =
        most === 0
          ? await ask(partOf("countPrunable"), { ...call, ...after, most: 1 }, signal)
          : await ask(part, { ...call, ...after, most });
      if (most === 0) return { deleted, more: about.count > 0 };
      deleted += about.count;
      if (about.found < most) return { deleted, more: false };
      after = about.after;
      if (!given.dryRun) await rest(performance.now() - begin);
    }
  };
}

/** @param {number} took */
const rest = (took) => pause(Math.min(PAUSE.most, Math.max(PAUSE.least, took)));

module.exports = { prune };
