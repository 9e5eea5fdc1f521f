/**
 * The environment service of Paperclip 2026.427 to 2026.609: the same as `paperclip-environment-service` itself, by the
 * name of the release that it began with.
 *
 * @packageDocumentation
 */

export * from "./index.js";
