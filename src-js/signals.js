"use strict";

/** Listens to the signals of calls. Many calls may have the same signal. */

/**
 * The listeners of each signal. Only one function is registered on a signal itself, since Node warns of a leak if
 * there are more than ten.
 *
 * @type {WeakMap<AbortSignal, { listeners: Set<() => void>, tell: () => void }>}
 */
const heeded = new WeakMap();

/**
 * @param {AbortSignal} signal
 * @param {() => void} listener
 * @returns {() => void} removes the listener
 */
function onAbort(signal, listener) {
  const { listeners, tell } = heeded.get(signal) ?? heed(signal);
  if (listeners.size === 0) signal.addEventListener("abort", tell, { once: true });
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    try {
      signal.removeEventListener("abort", tell);
    } catch {
      // A mock of a signal may not be able to remove listeners, and no call should fail because of that.
    }
  };
}

/** @param {AbortSignal} signal */
function heed(signal) {
  /** @type {Set<() => void>} */
  const listeners = new Set();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const entry = { listeners, tell };
  heeded.set(signal, entry);
  return entry;
}

module.exports = { onAbort };
