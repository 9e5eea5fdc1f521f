"use strict";

/**
 * From the properties that cross as data to the errors that callers catch.
 *
 * They are made here, in the caller's realm, because an error made on the other side has a stack of
 * one line.
 */

/**
 * @typedef {object} Failure what a call failed with, before it is an error
 * @property {Record<string, unknown> & { message: string }} properties
 * @property {unknown} [cause]
 */

/**
 * Called in the async function that the caller awaits: only there does the engine know the frames
 * above it.
 *
 * @param {unknown} reason what a call failed with
 * @param {{ passwordError(): unknown }} connections
 * @returns {Error}
 */
function toError(reason, connections) {
  if (!isFailure(reason)) return bug(reason);
  const { message, ...properties } = reason.properties;
  const error = new Error(message, "cause" in reason ? { cause: reason.cause } : undefined);
  if (properties["code"] === "PASSWORD_FUNCTION_FAILED") error.cause = connections.passwordError();
  return Object.assign(error, properties);
}

/**
 * @param {unknown} reason
 * @returns {reason is Failure}
 */
function isFailure(reason) {
  return typeof reason === "object" && reason !== null && "properties" in reason;
}

/** @param {unknown} cause */
function bug(cause) {
  const what = cause instanceof Error ? cause.message : String(cause);
  const error = new Error(`This is a bug in paperclip-environment-service: ${what}`, { cause });
  return Object.assign(error, { code: "INTERNAL_ERROR" });
}

/** The error of a service that has been closed; the code is that of postgres.js. */
function ended() {
  const error = new Error("CONNECTION_ENDED: this environment service has been closed");
  return Object.assign(error, { code: "CONNECTION_ENDED" });
}

/**
 * The error of a service whose source or options cannot be used, made anew for each call.
 *
 * @param {unknown} refusal
 */
function refused(refusal) {
  const { message, cause } = /** @type {Error} */ (refusal);
  return new TypeError(message, cause === undefined ? undefined : { cause });
}

module.exports = { toError, ended, refused };
