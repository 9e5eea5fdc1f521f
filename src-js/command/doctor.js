"use strict";

const { npx } = require("./command");
const { COMMON, DATABASE } = require("./options");
const { count, oneLine, wrap } = require("./text");

/** @typedef {import("../../maintenance").Finding} Finding */
/** @typedef {import("./text").Page} Page */

/** The worst first. @type {Record<Finding["severity"], import("./text").Style>} */
const STYLES = { problem: "red", warning: "yellow", info: "cyan", ok: "green" };

/** Wider than any severity. */
const INDENT = 9;

/** How many examples are shown without `--json`. */
const EXAMPLES = 3;

/** @type {import("./command").Command} */
const doctor = {
  name: "doctor",
  summary: "find leaked leases and other problems",
  usage: "[options]",
  about:
    "Looks for leaked leases, for sandboxes that still cost money, and for what makes the server fail. It only reads.",
  options: { ...DATABASE, ...COMMON },
  examples: [`${npx} doctor`, `${npx} doctor --json`],
  statuses: { 0: "nothing is wrong", 1: "there is a warning or a problem" },
  run: async (_given, { open, signal }) => {
    const findings = await open().diagnose({ signal });
    return {
      isClean: findings.every(({ severity }) => severity === "ok" || severity === "info"),
      document: {
        findings: findings.map(({ code, severity, summary, count, examples, remedy }) => ({
          ...{ code, severity, summary, count, examples, remedy },
        })),
      },
      lines: (page) => report(page, findings),
    };
  },
};

/** @param {Page} page @param {Finding[]} findings */
function report(page, findings) {
  const bySeverity = Object.keys(STYLES).map((wanted) =>
    findings.filter(({ severity }) => severity === wanted),
  );
  const [problems = [], warnings = []] = bySeverity;
  const verdict =
    problems.length + warnings.length === 0
      ? "Nothing is wrong."
      : `${count(problems.length, "problem")}, ${count(warnings.length, "warning")}.`;
  return [...bySeverity.flat().flatMap((finding) => linesOf(page, finding)), "", page.paint("bold", verdict)];
}

/** @param {Page} page @param {Finding} finding */
function linesOf(page, { severity, summary, examples, remedy }) {
  const [first = "", ...rest] = wrap(page, oneLine(summary), INDENT);
  const named = examples.slice(0, EXAMPLES).map(oneLine).join(", ");
  const more = examples.length > EXAMPLES ? ", …" : "";
  const dim = (/** @type {string} */ line) => page.paint("dim", line);
  return [
    page.paint(STYLES[severity], severity) + first.slice(severity.length),
    ...rest,
    ...(named === "" ? [] : wrap(page, named + more, INDENT).map(dim)),
    ...(remedy === "" ? [] : wrap(page, oneLine(remedy), INDENT)),
  ];
}

module.exports = { doctor };
