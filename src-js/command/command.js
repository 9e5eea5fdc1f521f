"use strict";

/** The interface of a subcommand. */

const { name: program, version } = require("../../package.json");

/** @typedef {InstanceType<typeof import("./options").Given>} Given */

/**
 * What a subcommand can use.
 *
 * @typedef {object} Context
 * @property {() => import("../../maintenance").LeaseMaintenance} open opens the database that the options name
 * @property {AbortSignal} signal aborted when the command is interrupted
 * @property {() => string} progress what has been done so far; set by subcommands that write
 */

/**
 * @typedef {object} Answer
 * @property {boolean} isClean whether nothing was found, or nothing is left: exit status 0, otherwise 1
 * @property {object} document for `--json`
 * @property {(page: import("./text").Page) => string[]} lines for a terminal
 */

/**
 * @typedef {object} Command
 * @property {string} name
 * @property {string} summary for the list of commands
 * @property {string} usage
 * @property {string} [verb] the verb in its error message: "could not …"; default: look
 * @property {string} about
 * @property {import("./options").Options} options
 * @property {string[]} examples
 * @property {Partial<Record<0 | 1 | 2, string>>} statuses what the exit statuses mean
 * @property {(given: Given, context: Context) => Promise<Answer>} run
 */

module.exports = { npx: `npx ${program}`, program, version };
