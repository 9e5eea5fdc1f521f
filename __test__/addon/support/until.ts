import { setTimeout as pause } from "node:timers/promises";

/** Asks again and again until the answer is a yes; an error that says what was waited for if it never is. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limit = 10_000,
): Promise<void> {
  const deadline = performance.now() + limit;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${limit} ms in vain until ${what}`);
    await pause(5);
  }
}
