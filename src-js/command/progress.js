"use strict";

/** Progress on standard error, where that is a terminal. */

const { cut } = require("./text");

const EVERY = 200;
const CLEAR = "\r\x1b[K";

/**
 * Shows a text that changes. What ends before it was shown once is not shown at all.
 *
 * @param {() => string} text
 * @returns {() => void} ends it
 */
function showProgress(text, stream = process.stderr) {
  if (!stream.isTTY) return () => {};
  let isShown = false;
  const timer = setInterval(() => {
    isShown = true;
    stream.write(CLEAR + cut(text(), (stream.columns || 80) - 1));
  }, EVERY);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (isShown) stream.write(CLEAR);
  };
}

module.exports = { showProgress };
