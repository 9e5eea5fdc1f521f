"use strict";

/** The codes of errors made in JavaScript. Those of the addon are in `src/error.rs`. */
module.exports = Object.freeze({
  aborted: "ABORT_ERR",
  bug: "INTERNAL_ERROR",
  ended: "CONNECTION_ENDED",
  notLoaded: "ADDON_NOT_LOADED",
  queueFull: "QUEUE_FULL",
});
