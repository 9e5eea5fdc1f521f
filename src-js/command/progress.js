"use strict";

/** Shows progress on standard error, if it is a terminal. */

const { cut } = require("./text");

const EVERY = 200;
const CLEAR = "\r\x1b[K";

/**
 * Shows a text that changes. Work that ends quickly shows nothing.
 *
 * @param {() => string} text
 * @returns {() => void} stops it
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
