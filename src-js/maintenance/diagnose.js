"use strict";

/** Diagnoses a database, and words the findings. */

const { isFailure } = require("../errors");
const { partOf } = require("./parts");

/** @typedef {import("../methods").Tools} Tools */
/** @typedef {import("../../maintenance").Finding} Finding */
/** @typedef {import("../../maintenance").FindingCode} Code */
/** @typedef {Pick<Finding, "severity" | "summary"> & { remedy?: string }} Words */

/** The result of a check: the number of rows, the ids of some, and further members.
 * @typedef {Record<string, any>} About */

const COMMAND = "npx paperclip-environment-service";

/** The SQLSTATEs of a check that took too long: statement_timeout and lock_timeout. */
const OUT_OF_TIME = new Set(["57014", "55P03"]);

const LARGE_HISTORY = 100_000;
const SKEW = { warning: 5_000, problem: 60_000 };

/** @param {number} count @param {string} one @param {string} [many] */
const counted = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

/** The number of each kind. @param {Record<string, number> | null} kinds */
const listed = (kinds) =>
  Object.entries(kinds ?? {})
    .sort(([, one], [, other]) => other - one)
    .map(([kind, count]) => `${count.toLocaleString("en")} ${kind || "unnamed"}`)
    .join(", ");

/** Whether one of these kinds costs money. @param {Record<string, number> | null} kinds */
const cost = (kinds) => Object.keys(kinds ?? {}).some((kind) => kind !== "local" && kind !== "ssh");

/** @type {(about: About, none: string, some: () => Words) => Words} */
const unless = ({ count }, none, some) => (count === 0 ? { severity: "ok", summary: none } : some());

/** The findings of each check, in the order of the checks. @type {Record<Code, (about: About) => Words>} */
const LOOKS = {
  tables: ({ releases }) =>
    releases === null
      ? {
          severity: "warning",
          summary: "The tables are not those of any Paperclip that this version knows",
          remedy: "Use a newer version of paperclip-environment-service.",
        }
      : { severity: "ok", summary: `The tables are those of Paperclip ${releases}` },
  stale_leases: (about) =>
    unless(about, "No lease is active whose run has finished", () => ({
      severity: cost(about.kinds) ? "problem" : "warning",
      summary: `${counted(about.count, "lease is", "leases are")} active, although the run has finished: ${listed(about.kinds)}`,
      remedy: `End them: ${COMMAND} reap`,
    })),
  expired_leases: (about) =>
    unless(about, "No lease is active after its expiry", () => ({
      severity: cost(about.kinds) ? "problem" : "warning",
      summary: `${counted(about.count, "lease is", "leases are")} active after expiry: ${listed(about.kinds)}`,
      remedy: `End them: ${COMMAND} reap --reason expired`,
    })),
  cleanup_failed: (about) =>
    unless(about, "No clean-up has failed", () => ({
      severity: "problem",
      summary: `The clean-up of ${counted(about.count, "lease")} has failed, and what is held may still cost money: ${shown(about.held, about.count)}`,
      remedy: `Give it back: ${COMMAND} reap --reason cleanup_failed`,
    })),
  retained_leases: (about) =>
    unless(about, "No lease is retained", () => ({
      severity: "info",
      summary: `${counted(about.count, "lease is", "leases are")} retained: ${listed(about.kinds)}`,
      remedy: `End those that nobody needs: ${COMMAND} reap --reason retained --older-than 7d`,
    })),
  shared_place: (about) =>
    unless(about, "No two runs work in one place", () => ({
      severity: "warning",
      summary: `${counted(about.count, "active lease")} of different live runs share an SSH place or a working directory`,
      remedy: "Give each run a workspace of its own.",
    })),
  unknown_words: (about) =>
    unless(about, "All words are known to the server", () => ({
      severity: "problem",
      summary: `${counted(about.count, "word")} in rows that the server does not know, so that its lists fail: ${shown(about.words, about.words?.length)}`,
      remedy: "Set each to a word that the server knows.",
    })),
  archived_in_use: (about) =>
    unless(about, "No archived environment is in use", () => ({
      severity: "warning",
      summary: `${counted(about.count, "archived environment has", "archived environments have")} active leases`,
      remedy: "Wait for their runs to end, or activate the environments again.",
    })),
  inconsistent_rows: (about) =>
    unless(about, "Status and time of release agree in all leases", () => ({
      severity: "warning",
      summary: `${counted(about.count, "lease is", "leases are")} active with a time of release, or ended without one`,
      remedy: "See who wrote them: neither Paperclip nor this package does.",
    })),
  clock_skew: ({ count }) => {
    const seconds = (Math.abs(count) / 1000).toFixed(1);
    const summary = `This machine's clock is ${seconds} s ${count > 0 ? "behind" : "ahead of"} the database's`;
    const remedy = "Synchronize the clocks.";
    if (Math.abs(count) >= SKEW.problem) return { severity: "problem", summary, remedy };
    if (Math.abs(count) >= SKEW.warning) return { severity: "warning", summary, remedy };
    return { severity: "ok", summary: "This machine's clock and the database's agree" };
  },
  history: ({ count, bytes, oldest }) => {
    const size = `${(bytes / 2 ** 20).toLocaleString("en", { maximumFractionDigits: 1 })} MiB`;
    const since = oldest === null ? "" : `, the oldest last used on ${String(oldest).slice(0, 10)}`;
    const summary = `${counted(count, "lease")} in all, ${size}${since}`;
    if (count < LARGE_HISTORY) return { severity: "ok", summary };
    return { severity: "info", summary, remedy: `Delete what is old: ${COMMAND} prune --older-than 90d` };
  },
  missing_indexes: (about) =>
    unless(about, "All indexes of Paperclip's migrations are there", () => ({
      severity: "warning",
      summary: `${counted(about.count, "index is", "indexes are")} missing: ${about["examples"].join(", ")}`,
      remedy: "Make them again, as Paperclip's migrations do.",
    })),
  connections: ({ count, most, kinds }) => {
    const summary = `${count} of ${most} connections are open: ${listed(kinds)}`;
    if (count < most * 0.8) return { severity: "ok", summary };
    return { severity: "warning", summary, remedy: "Raise max_connections, or use a pooler." };
  },
};

/** @param {string[] | null} some @param {number} count */
const shown = (some, count) => `${(some ?? []).join(", ")}${count > (some?.length ?? 0) ? ", …" : ""}`;

function diagnose() {
  /** @param {Tools} tools @returns {Promise<Finding[]>} */
  return async ({ ask, signal }) => {
    /** @type {Finding[]} */
    const findings = [];
    for (const [code, say] of /** @type {[Code, (about: About) => Words][]} */ (Object.entries(LOOKS))) {
      /** @type {Omit<Finding, "code" | "remedy"> & { remedy?: string }} */
      let finding;
      try {
        const about = await (code === "clock_skew" ? skew(ask, signal) : look(code, ask, signal));
        const { count, examples } = about;
        const isPlain = code === "connections";
        finding = { ...say(about), count: Math.abs(count), examples: isPlain ? [] : examples };
      } catch (failure) {
        if (!isFailure(failure) || !OUT_OF_TIME.has(String(failure.properties["code"]))) throw failure;
        finding = {
          severity: "warning",
          summary: `It took too long to look at ${code}`,
          count: 0,
          examples: [],
        };
      }
      const { severity, summary, count, examples, remedy = "" } = finding;
      findings.push({ code, severity, summary, count, examples, remedy });
    }
    return findings;
  };
}

/** @param {Code} code @param {Tools["ask"]} ask @param {AbortSignal | undefined} signal @returns {Promise<About>} */
async function look(code, ask, signal) {
  const [{ about }] = await ask(partOf("diagnose"), { code }, signal);
  return about;
}

/** How far the database's clock is ahead, in milliseconds. It is assumed to be read halfway through the round trip.
 * @param {Tools["ask"]} ask @param {AbortSignal | undefined} signal @returns {Promise<About>} */
async function skew(ask, signal) {
  // The first call may have to connect.
  await ask(partOf("now"), {}, signal);
  const sent = Date.now();
  const [{ about }] = await ask(partOf("now"), {}, signal);
  const middle = (sent + Date.now()) / 2;
  return { count: Math.round(new Date(about.now).getTime() - middle), examples: [] };
}

module.exports = { LOOKS, diagnose };
