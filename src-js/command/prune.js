"use strict";

const { npx } = require("./command");
const { COMMON, DATABASE, SCOPE, UsageError } = require("./options");
const { count } = require("./text");

const WEEK = 7 * 86_400_000;

/** How many batches one call deletes. Each call reads which leases are kept, and progress is shown between calls. */
const BATCHES = 10;

/** @type {import("./command").Command} */
const prune = {
  name: "prune",
  summary: "delete leases that ended long ago",
  usage: "--older-than DURATION [options]",
  about:
    "Deletes leases that have ended, were last used long ago, and are not needed any more. Without --yes it writes nothing, and only counts them. DURATION is a whole number with s, m, h or d.",
  options: {
    yes: { type: "boolean", help: "delete them" },
    "older-than": {
      type: "string",
      value: "DURATION",
      help: "the least time since they were last used, at least 7d",
    },
    keep: {
      type: "string",
      value: "N",
      help: "how many leases each environment keeps in any case (default: 100)",
    },
    company: SCOPE.company,
    batch: { type: "string", value: "N", help: "how many leases a transaction deletes (default: 1,000)" },
    limit: { type: "string", value: "N", help: "the maximum number to delete (default: all)" },
    ...DATABASE,
    ...COMMON,
  },
  examples: [`${npx} prune --older-than 90d`, `${npx} prune --older-than 90d --keep 1000 --yes`],
  statuses: {
    0: "there is nothing to delete, or all of it was deleted",
    1: "something would be deleted, or is left",
  },
  run: async (given, context) => {
    const olderThan = given.duration("older-than", WEEK);
    if (olderThan === undefined) throw new UsageError("--older-than is needed, such as --older-than 90d");
    const dryRun = !given.flag("yes");
    const keepPerEnvironment = given.number("keep", 0, 1_000_000);
    const companyId = given.id("company");
    const batch = given.number("batch", 1, 10_000);
    const limit = given.number("limit", 1) ?? Number.MAX_SAFE_INTEGER;
    const call = dryRun ? limit : (batch ?? 1_000) * BATCHES;

    const maintenance = context.open();
    let deleted = 0;
    if (!dryRun) context.progress = () => `${count(deleted, "lease")} deleted`;
    let part;
    do {
      const what = { olderThan, dryRun, keepPerEnvironment, companyId, batch };
      part = await maintenance.prune({ ...what, limit: Math.min(call, limit - deleted) }, context);
      deleted += part.deleted;
      // Locked leases are skipped. If all that is left is locked, the loop ends.
    } while (!dryRun && part.more && part.deleted > 0 && deleted < limit);

    const { more } = part;
    return {
      isClean: !more && !(dryRun && deleted > 0),
      document: { dryRun, deleted, more },
      lines: () => [
        `${count(deleted, "lease")} ${dryRun ? "would be deleted" : "deleted"}.`,
        ...(more ? ["There are more."] : []),
        ...(dryRun && deleted > 0 ? ["Nothing was written: --yes deletes them."] : []),
      ],
    };
  },
};

module.exports = { prune };
