"use strict";

/** The error for a missing addon: why it could not be loaded, and what to do next. */

const { name, version } = require("../../package.json");
const CODES = require("../codes");
const { OVERRIDE, isCheckout } = require("./places");
const { platformName } = require("./platform");

/** The one command that builds the addon from source. */
const BUILD_COMMAND = isCheckout() ? "npm run build" : `npx ${name} build`;

/**
 * @typedef {object} Attempt
 * @property {string} what where the addon was looked for
 * @property {unknown} error why it could not be loaded
 */

/** @param {Attempt[]} attempts */
function addonNotLoaded(attempts) {
  const errors = attempts.map(({ error }) => error);
  const message = [
    `${name} ${version}: the native addon for ${platformName()} could not be loaded (Node ${process.version}).`,
    "Looked for:",
    ...attempts.map(({ what, error }) => `  - ${what}: ${firstLine(error)}`),
    nextStep(errors),
  ].join("\n");
  return Object.assign(new AggregateError(errors, message), {
    code: CODES.notLoaded,
    platform: platformName(),
  });
}

/** @param {unknown[]} errors */
function nextStep(errors) {
  const isForbidden = errors.some((error) => Object(error).code === "ERR_DLOPEN_DISABLED");
  if (isForbidden) {
    return "Next: let Node load addons: add --allow-addons to its permissions, or leave out --no-addons.";
  }
  if (process.env[OVERRIDE]) return `Next: correct ${OVERRIDE}, or unset it.`;
  return `Next: build it from source, with Rust (https://rustup.rs) installed:\n  ${BUILD_COMMAND}`;
}

/** The message without the list of modules that `require` appends. @param {unknown} error */
function firstLine(error) {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0];
}

module.exports = { BUILD_COMMAND, addonNotLoaded };
