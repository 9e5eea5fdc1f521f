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
      return asAddon(place.load());
    } catch (error) {
      attempts.push({ what: place.what, error: withoutFrames(error) });
    }
  }
  throw addonNotLoaded(attempts);
}

/**
 * Removes the frames of each cause: they are all in this folder, and would hide the message.
 *
 * @param {unknown} error
 */
function withoutFrames(error) {
  if (error instanceof Error) error.stack = `${error.name}: ${error.message}`;
  return error;
}

/** @param {any} loaded @returns {Addon} */
function asAddon(loaded) {
  if (typeof loaded?.NativeService !== "function") throw new Error("It is not this package's addon");
  return loaded;
}

module.exports = load();
