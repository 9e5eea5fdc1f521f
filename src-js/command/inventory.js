"use strict";

const { addAbortSignal } = require("node:stream");
const { text: readAll } = require("node:stream/consumers");

const { npx } = require("./command");
const { columnsOf, leaseDocument } = require("./lease");
const { COMMON, DATABASE, UsageError } = require("./options");
const { table } = require("./table");
const { count, wrap } = require("./text");

/** @typedef {import("../../maintenance").ProviderSandbox} Sandbox */
/** @typedef {import("../../maintenance").ProviderComparison} Comparison */
/** @typedef {import("../../maintenance").EnvironmentLease} EnvironmentLease */
/** @typedef {Comparison["ended"][number]} Ended */

/** @type {import("./command").Command} */
const inventory = {
  name: "inventory",
  summary: "compare what a provider runs with the leases",
  usage: "--provider NAME [options] < IDS",
  about:
    "Reads the ids of what a provider runs from standard input: one a line, or JSON, an array of ids or of objects { id, startedAt }. It only reads. A provider's list may be incomplete for a moment: act only on what two runs, minutes apart, agree on.",
  options: {
    provider: { type: "string", value: "NAME", help: "the provider, as in the leases" },
    complete: { type: "boolean", help: "the list is complete: also find leases whose sandbox does not run" },
    grace: {
      type: "string",
      value: "DURATION",
      help: "how long after its start a sandbox may be without a lease (default: 15m)",
    },
    ...DATABASE,
    ...COMMON,
  },
  examples: [
    `${npx} inventory --provider daytona < ids`,
    "list-sandboxes --json |",
    `  ${npx} inventory --provider daytona --complete`,
  ],
  statuses: {
    0: "the list and the leases agree",
    1: "a sandbox has no lease in use, or a lease has no sandbox",
  },
  run: async (given, { open, signal }) => {
    const provider = given.text("provider");
    if (provider === undefined) throw new UsageError("--provider is needed, such as --provider daytona");
    const [complete, grace] = [given.flag("complete"), given.duration("grace")];
    if (process.stdin.isTTY) process.stderr.write("Reading ids, one a line, until Ctrl-D.\n");
    const sandboxes = sandboxesIn(await readAll(addAbortSignal(signal, process.stdin)));
    const found = await open().compareWithProvider({ provider, sandboxes, complete, grace }, { signal });
    const { unknown, ended, lost, young } = found;
    const isWrong = ended.some(({ lease }) => lease.leasePolicy !== "reuse_by_environment");
    return {
      isClean: unknown.length === 0 && lost.length === 0 && !isWrong,
      document: {
        unknown,
        ended: ended.map(({ sandbox, lease }) => ({ sandbox, lease: leaseDocument(lease) })),
        lost: lost.map(leaseDocument),
        young,
      },
      lines: (page) => linesOf(page, sandboxes.length, found),
    };
  },
};

/** @param {string} text @returns {Sandbox[]} */
function sandboxesIn(text) {
  if (!/^\s*[[{]/.test(text)) {
    const ids = text.split("\n").map((line) => line.trim());
    return ids.filter((id) => id !== "").map((id) => ({ id }));
  }
  const list = parsed(text);
  if (!Array.isArray(list)) throw new UsageError("standard input is not an array");
  return list.map((each, index) => {
    const { id, startedAt = null } = typeof each === "string" ? { id: each } : Object(each);
    const date = startedAt === null ? undefined : new Date(startedAt);
    if (typeof id === "string" && !Number.isNaN(date?.getTime())) return { id, startedAt: date };
    throw new UsageError(`standard input [${index}] is neither an id nor { id, startedAt }`);
  });
}

/** @param {string} text @returns {unknown} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError("standard input is neither JSON nor ids");
  }
}

/** @type {import("./table").Column<Sandbox>[]} */
const SANDBOXES = [
  { title: "SANDBOX", of: ({ id }) => id, least: 14 },
  { title: "STARTED", of: ({ startedAt }) => startedAt?.toISOString() ?? null },
];

/** @type {import("./table").Column<Ended>[]} */
const ENDED = [
  { title: "SANDBOX", of: ({ sandbox }) => sandbox.id, least: 14 },
  ...columnsOf((/** @type {Ended} */ { lease }) => lease, "status", "policy", "used", "id"),
];

const LOST = columnsOf(
  (/** @type {EnvironmentLease} */ lease) => lease,
  "held",
  "status",
  "used",
  "id",
  "run",
);

/** @param {import("./text").Page} page @param {number} compared @param {Comparison} found */
function linesOf(page, compared, { unknown, ended, lost, young }) {
  /**
   * @template Row
   * @param {string} title @param {import("./table").Column<Row>[]} columns @param {Row[]} rows
   */
  const part = (title, columns, rows) =>
    rows.length === 0 ? [] : [...wrap(page, title), ...table(page, columns, rows), ""];
  const sandboxes = (/** @type {number} */ number) => count(number, "sandbox", "sandboxes");
  return [
    ...part(`${sandboxes(unknown.length)} without a lease:`, SANDBOXES, unknown),
    ...part(
      `${sandboxes(ended.length)} whose lease is over; with the policy reuse_by_environment it may be paused:`,
      ENDED,
      ended,
    ),
    ...part(`${count(lost.length, "lease")} for which nothing runs:`, LOST, lost),
    ...part(`${sandboxes(young.length)} without a lease, but just started:`, SANDBOXES, young),
    `${sandboxes(compared)} compared.`,
  ];
}

module.exports = { inventory };
