import { setTimeout as pause } from "node:timers/promises";

/**
 * Polls until there is an answer.
 *
 * @template T
 * @param {string} what for the error when time is up
 * @param {number} limit in milliseconds
 * @param {() => Promise<T | null | undefined | false> | T | null | undefined | false} ask
 * @returns {Promise<T>}
 */
export async function until(what, limit, ask) {
  const end = performance.now() + limit;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`Waited ${limit / 1000} seconds in vain: ${what}`);
    await pause(100);
  }
}

/** Whether there is such a process. @param {number} pid */
export function isThere(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Sends a signal to what may have ended. @param {number} pid @param {NodeJS.Signals} signal */
export function signal(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}
