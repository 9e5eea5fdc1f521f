"use strict";

/** Reads the functions of Paperclip's server in the options of a service. */

const { badSetting, unknownKey, unreadable } = require("./refusal.js");

/** @typedef {import("../../2026.916").PaperclipServer} Server */

const KEYS = ["conflict", "forbidden", "logActivity"];

/** The server's functions, and the rest of the options.
 * @param {any} options @returns {{ server: Server, own: unknown }} */
function splitOptions(options) {
  try {
    return split(options);
  } catch (error) {
    throw unreadable("options", error);
  }
}

/** @param {any} options */
function split(options) {
  if (typeof options !== "object" || options === null || options.server === undefined) {
    return { server: {}, own: options };
  }
  const { server, ...own } = options;
  if (typeof server !== "object" || server === null) throw badSetting("options.server", "be an object");
  for (const key of Object.keys(server)) {
    if (!KEYS.includes(key)) throw unknownKey("options.server", key, KEYS);
    const value = server[key];
    if (value !== undefined && typeof value !== "function") {
      throw badSetting(`options.server.${key}`, "be a function");
    }
  }
  return { server, own };
}

module.exports = { splitOptions };
