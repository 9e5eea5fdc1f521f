"use strict";

/** The codes of errors that are made in JavaScript. `src/error.rs` has those that come from the addon. */
module.exports = Object.freeze({
  aborted: "ABORT_ERR",
  bug: "INTERNAL_ERROR",
  ended: "CONNECTION_ENDED",
  notLoaded: "ADDON_NOT_LOADED",
  queueFull: "QUEUE_FULL",
});
