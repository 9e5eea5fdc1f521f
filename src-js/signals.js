"use strict";

/** Listening to many calls' signals, which may be one and the same. */

/**
 * Who is to be told, by the signal. There is one listener of ours on each, since Node warns of a leak when
 * there are more than ten.
 *
 * @type {WeakMap<AbortSignal, { listeners: Set<() => void>, tell: () => void }>}
 */
const heeded = new WeakMap();

/**
 * @param {AbortSignal} signal
 * @param {() => void} listener
 * @returns {() => void} takes it back
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
      // A stand-in for a signal: it may not know how to forget, and no call is to fail for that.
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
