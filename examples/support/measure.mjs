/** What calls cost: how many are answered in a second, and for how long each keeps the event loop busy. */

import { performance } from "node:perf_hooks";

/**
 * @template Answer
 * @param {import("./stage.mjs").Side} side
 * @param {() => Promise<Answer[]>} work makes calls and returns their answers
 */
export async function measure({ service }, work) {
  // The original sends each call by itself.
  const batches = () => service.stats?.().batches.sent ?? 0;
  const before = batches();
  const loop = performance.eventLoopUtilization();
  const start = performance.now();
  const answers = await work();
  const seconds = (performance.now() - start) / 1_000;
  const { active } = performance.eventLoopUtilization(loop);
  return {
    answers,
    perSecond: answers.length / seconds,
    loopMicros: (active * 1_000) / answers.length,
    batches: batches() - before,
  };
}
