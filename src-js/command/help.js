"use strict";

/** The help texts, made from the declarations of the subcommands. */

const { program } = require("./command");
const { PAPER, pad, wrap } = require("./text");

/** @typedef {import("./command").Command} Command */

const FAILED = { 2: "it could not look, or its arguments are wrong" };

/** @param {string} title @param {[left: string, right: string][]} rows */
function section(title, rows) {
  const width = Math.max(...rows.map(([left]) => left.length)) + 4;
  return ["", `${title}:`, ...rows.flatMap(([left, right]) => described(left, right, width))];
}

/** @param {string} left @param {string} right @param {number} width */
function described(left, right, width) {
  const [first = "", ...rest] = wrap(PAPER, right, width);
  return [pad(`  ${left}`, width) + first.trimStart(), ...rest];
}

/** @param {readonly Command[]} commands */
function helpOfAll(commands) {
  return [
    `Usage: ${program} <command> [options]`,
    "",
    "Maintenance of the leases of Paperclip's environments.",
    ...section(
      "Commands",
      commands.map(({ name, summary }) => [name, summary]),
    ),
    ...section("Options", [
      ["-h, --help", "show this help, or that of a command"],
      ["    --version", "show the version"],
    ]),
    ...section(
      "Exit status",
      Object.entries({
        0: "nothing was found, or all was done",
        1: "something was found, or is left",
        ...FAILED,
      }),
    ),
  ];
}

/** @param {Command} command */
function helpOf({ name, usage, about, options, examples, statuses }) {
  return [
    `Usage: ${program} ${name} ${usage}`,
    "",
    ...wrap(PAPER, about),
    ...section(
      "Options",
      Object.entries(options).map(([name, { short, value, help }]) => [
        `${short ? `-${short},` : "   "} --${name}${value ? ` ${value}` : ""}`,
        help,
      ]),
    ),
    "",
    "Examples:",
    ...examples.map((each) => `  ${each}`),
    ...section("Exit status", Object.entries({ ...FAILED, ...statuses })),
  ];
}

module.exports = { helpOf, helpOfAll };
