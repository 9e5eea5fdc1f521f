"use strict";

/**
 * Makes the errors that callers catch from the properties that cross as data.
 *
 * They are made in JavaScript because an error made by the native side has a stack of one line.
 */

const CODES = require("./codes");

/**
 * @typedef {object} Failure the reason of a failed call, before it becomes an error
 * @property {Record<string, unknown> & { message: string }} properties
 * @property {unknown} [cause]
 */

/** @typedef {import("./methods").HttpRefusal} HttpRefusal */
/** @typedef {import("./source/server").Server} Server */

/**
 * Call it in the async function that the caller awaits: only there does the engine know the frames above it.
 *
 * @param {unknown} reason the reason of a failed call
 * @param {{ passwordError(): unknown }} connections
 * @param {Server} server
 * @param {(properties: Failure["properties"]) => HttpRefusal | undefined} refusal the server's HTTP answer to an error
 * @returns {unknown}
 */
function toError(reason, connections, server, refusal) {
  // An error that other code threw, such as the caller's database.
  if (has(reason, "error")) return reason.error;
  if (!isFailure(reason)) return bug(reason);
  const { status } = reason.properties;
  const http = typeof status === "number" ? reason.properties : refusal(reason.properties);
  if (http !== undefined) return httpError(/** @type {HttpRefusal} */ (http), server);
  const { message, ...properties } = reason.properties;
  const error = new Error(message, "cause" in reason ? { cause: reason.cause } : undefined);
  if (properties["code"] === "PASSWORD_FUNCTION_FAILED") error.cause = connections.passwordError();
  return Object.assign(error, properties);
}

/** An error that the server answers with a particular status, of the server's own class if it was given.
 * @param {HttpRefusal} refusal @param {Server} server */
function httpError({ status, message, details }, { conflict, forbidden }) {
  const make = status === 409 ? conflict : forbidden;
  if (make !== undefined) return details === undefined ? make(message) : make(message, details);
  return Object.assign(new Error(message), { status, details });
}

/** @template {string} K @param {unknown} reason @param {K} key @returns {reason is Record<K, unknown>} */
function has(reason, key) {
  return typeof reason === "object" && reason !== null && key in reason;
}

/** @param {unknown} reason @returns {reason is Failure} */
const isFailure = (reason) => has(reason, "properties");

/** @param {unknown} cause */
function bug(cause) {
  const what = cause instanceof Error ? cause.message : String(cause);
  const error = new Error(`This is a bug in paperclip-environment-service: ${what}`, { cause });
  return Object.assign(error, { code: CODES.bug });
}

/** The failure of an aborted call. @param {AbortSignal} signal @returns {Failure} */
function aborted(signal) {
  const properties = { name: "AbortError", code: CODES.aborted, message: "The call was aborted" };
  return { properties, cause: signal.reason };
}

/** The error of a service that has been closed; the code is that of postgres.js. */
function ended() {
  const error = new Error("CONNECTION_ENDED: this environment service has been closed");
  return Object.assign(error, { code: CODES.ended });
}

/** The error of a service with an invalid source or options, made for each call. @param {unknown} refusal */
function refused(refusal) {
  const { message, cause, code } = /** @type {Error & { code?: unknown }} */ (refusal);
  if (code !== undefined) return Object.assign(new Error(message), { code });
  return new TypeError(message, cause === undefined ? undefined : { cause });
}

module.exports = { toError, isFailure, aborted, ended, refused };
