"use strict";

const path = require("node:path");
const { pathToFileURL } = require("node:url");

const { npx } = require("./command");
const { columnsOf, leaseDocument } = require("./lease");
const { COMMON, DATABASE, SCOPE, UsageError } = require("./options");
const { table } = require("./table");
const { count, oneLine, wrap } = require("./text");

/** @typedef {import("../../maintenance").ReapOptions} ReapOptions */
/** @typedef {import("../../maintenance").ReapReason} ReapReason */
/** @typedef {import("../../maintenance").ReapResult} ReapResult */
/** @typedef {import("../../maintenance").StaleLease} StaleLease */
/** @typedef {ReapResult["failed"][number]} Failed */
/** @typedef {import("./text").Page} Page */

/** @type {ReapReason[]} */
const REASONS = ["run_finished", "expired", "unowned", "cleanup_failed", "retained"];

/** The maximum number of leases of one call. */
const ROUND = 1_000;

/** The titles of leases that were left alone, by reason.
 * @type {Record<import("../../maintenance").LeftReason, string>} */
const LEFT = {
  provider: "left, since only --release gives back what a provider holds",
  clock: "left, since a run ends in the future by the clock of the database",
  claimed: "left to another process",
  shared: "left, since another lease needs what is held",
};

/** @type {import("./command").Command} */
const reap = {
  name: "reap",
  summary: "end stale leases",
  usage: "[--yes] [options]",
  about:
    "Ends leases that nothing uses any more. Without --yes it writes nothing, and shows what it would do. DURATION is a whole number with s, m, h or d.",
  options: {
    yes: { type: "boolean", help: "end them" },
    reason: {
      type: "string",
      multiple: true,
      value: "REASON",
      help: `why a lease is stale: ${REASONS.join(", ")}; may be repeated (default: run_finished)`,
    },
    grace: {
      type: "string",
      value: "DURATION",
      help: "how long a lease is left alone after its run has finished, or after it has expired (default: 10m)",
    },
    "older-than": {
      type: "string",
      value: "DURATION",
      help: "the least age of unowned (default: 1d) or retained leases",
    },
    ...SCOPE,
    release: {
      type: "string",
      value: "MODULE",
      help: "a JavaScript file whose default export gives back what a lease holds at its provider",
    },
    concurrency: { type: "string", value: "N", help: "how many leases are given back at once (default: 4)" },
    limit: { type: "string", value: "N", help: "the maximum number of leases to handle (default: all)" },
    ...DATABASE,
    ...COMMON,
  },
  examples: [
    `${npx} reap`,
    `${npx} reap --reason expired --grace 1h --yes`,
    `${npx} reap --release ./destroy-sandbox.mjs --yes`,
  ],
  statuses: {
    0: "nothing is stale, or all of it was ended",
    1: "a lease would be ended, was left alone, or has failed",
  },
  run: async (given, context) => {
    const { limit = Infinity, ...options } = await optionsOf(given);
    const { dryRun } = options;
    const maintenance = context.open();
    if (!dryRun) {
      context.progress = () => {
        const { ended, failed } = maintenance.stats().reaped;
        return `${count(ended, "lease")} ended, ${failed} failed`;
      };
    }
    /** @type {StaleLease[]} */
    const ended = [];
    /** @type {Map<string, Failed>} */
    const failed = new Map();
    let round;
    do {
      const most = Math.min(ROUND, limit - ended.length - failed.size);
      round = await maintenance.reap({ ...options, limit: most }, context);
      for (const each of round.failed) failed.set(each.lease.id, each);
      for (const each of round.ended) failed.delete(each.lease.id);
      ended.push(...round.ended);
    } while (!dryRun && round.more && round.ended.length > 0 && ended.length + failed.size < limit);

    /** @type {ReapResult} */
    const result = { ended, left: round.left, failed: [...failed.values()], more: round.more };
    const isLeft = result.left.length > 0 || failed.size > 0 || result.more;
    return {
      isClean: !isLeft && !(dryRun && ended.length > 0),
      document: documentOf(result, dryRun),
      lines: (page) => linesOf(page, result, options),
    };
  },
};

/** @param {InstanceType<typeof import("./options").Given>} given */
async function optionsOf(given) {
  const reasons = given.words("reason", REASONS);
  const olderThan = given.duration("older-than");
  if (reasons?.includes("retained") && olderThan === undefined) {
    throw new UsageError("--reason retained needs --older-than, such as --older-than 7d");
  }
  return {
    ...{ dryRun: !given.flag("yes"), reasons, olderThan },
    grace: given.duration("grace", 60_000),
    companyId: given.id("company"),
    environmentId: given.id("environment"),
    concurrency: given.number("concurrency", 1, 100),
    limit: given.number("limit", 1),
    release: await releaseIn(given.text("release")),
  };
}

/** @param {string | undefined} file @returns {Promise<ReapOptions["release"]>} */
async function releaseIn(file) {
  if (file === undefined) return undefined;
  /** @type {any} */
  let loaded;
  try {
    loaded = await import(pathToFileURL(path.resolve(file)).href);
  } catch (error) {
    throw new UsageError(`--release could not be loaded: ${messageOf(error)}`);
  }
  // A module compiled to CommonJS has its default export in `default.default`.
  const release = loaded.default?.default ?? loaded.default;
  if (typeof release !== "function") throw new UsageError("--release has no function as its default export");
  // Standard output is reserved for the answer.
  globalThis.console = new console.Console(process.stderr);
  return release;
}

/** @param {unknown} error */
const messageOf = (error) => oneLine(error instanceof Error ? error.message : String(error));

/** @param {ReapResult} result @param {boolean} dryRun */
const documentOf = ({ ended, left, failed, more }, dryRun) => ({
  dryRun,
  ended: ended.map(({ lease, reason }) => ({ lease: leaseDocument(lease), reason })),
  left: left.map(({ lease, reason, why }) => ({ lease: leaseDocument(lease), reason, why })),
  failed: failed.map(({ lease, reason, error }) => ({
    ...{ lease: leaseDocument(lease), reason, error: messageOf(error) },
  })),
  more,
});

/** @param {StaleLease} stale */
const leaseOf = ({ lease }) => lease;

/** @type {import("./table").Column<StaleLease>[]} */
const COLUMNS = [
  ...columnsOf(leaseOf, "id"),
  { title: "REASON", of: ({ reason }) => reason },
  ...columnsOf(leaseOf, "provider", "held", "acquired"),
];

/** @type {import("./table").Column<Failed>[]} */
const FAILED_COLUMNS = [
  ...columnsOf(leaseOf, "id", "provider", "held"),
  { title: "ERROR", of: ({ error }) => messageOf(error), least: 20 },
];

/** @param {Page} page @param {ReapResult} result @param {ReapOptions} options */
function linesOf(page, { ended, left, failed, more }, { dryRun, release }) {
  const parts = [
    titled(page, `${leasesAre(ended.length, dryRun ? "would be ended" : "ended")}:`, COLUMNS, ended),
    ...Object.entries(LEFT).map(([why, words]) => {
      const these = left.filter((each) => each.why === why);
      return titled(page, `${leasesAre(these.length, words)}:`, COLUMNS, these);
    }),
    titled(page, `${leasesAre(failed.length, "not given back")}:`, FAILED_COLUMNS, failed),
    closing(ended, { dryRun, release }, more).flatMap((sentence) => wrap(page, sentence)),
  ];
  const lines = parts.filter((part) => part.length > 0).flatMap((part) => ["", ...part]);
  return lines.length === 0 ? ["No lease is stale."] : lines.slice(1);
}

/** @param {number} number @param {string} what */
const leasesAre = (number, what) => `${count(number, "lease")} ${what}`;

/**
 * A table with its title, unless it is empty.
 *
 * @template Row
 * @param {Page} page @param {string} title @param {import("./table").Column<Row>[]} columns @param {Row[]} rows
 */
const titled = (page, title, columns, rows) =>
  rows.length === 0 ? [] : [...wrap(page, title), ...table(page, columns, rows)];

/** @param {StaleLease[]} ended @param {ReapOptions} options @param {boolean} more */
function closing(ended, { dryRun, release }, more) {
  const handed = ended.filter(
    ({ lease }) => !release && !["local", "ssh"].includes(lease.provider ?? "local"),
  );
  const sentences = [];
  if (handed.length > 0) {
    const are = dryRun ? "would be" : "were";
    sentences.push(`${count(handed.length, "sandbox", "sandboxes")} ${are} left to the server to tear down.`);
  }
  if (more) sentences.push("There are more.");
  if (dryRun && ended.length > 0) sentences.push("Nothing was written: --yes ends them.");
  return sentences;
}

module.exports = { reap };
