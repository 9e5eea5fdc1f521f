"use strict";

/** The native addon of this platform, loaded when this module is. */

const { addonNotLoaded } = require("./failure");
const { places } = require("./places");

/** @typedef {typeof import("../../native")} Addon */

/** @returns {Addon} */
function load() {
  /** @type {import("./failure").Attempt[]} */
  const attempts = [];
  for (const place of places()) {
    try {
      return withoutFrames(() => asAddon(place.load()));
    } catch (error) {
      attempts.push({ what: place.what, error });
    }
  }
  throw addonNotLoaded(attempts);
}

/**
 * The frames of each cause would all be of this folder, and bury the message under a hundred lines.
 *
 * @template T
 * @param {() => T} action
 * @returns {T}
 */
function withoutFrames(action) {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return action();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** @param {any} loaded @returns {Addon} */
function asAddon(loaded) {
  if (typeof loaded?.NativeService !== "function") throw new Error("It is not this package's addon");
  return loaded;
}

module.exports = load();
