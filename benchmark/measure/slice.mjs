/** A slice of time in which one provider works: N callers, each making one call after the other. */

/** @typedef {import("../work/work.mjs").Work} Work */

/**
 * @typedef {object} Figures
 * @property {number} calls
 * @property {number} seconds
 * @property {number} callsPerSecond
 * @property {number} loopMicros time for which a call kept the event loop busy
 * @property {number} cpuMicros processor time that a call took of the process, all threads together
 * @property {number} p50Millis
 * @property {number} p99Millis
 * @property {number} residentBytes of the process, at the end
 */

/** @typedef {{ callers: number, milliseconds: number, first: number, last: number }} Extent numbers of calls */

/** More calls than a slice can hold. Made once, so that noting a time costs nobody a new array. */
const latencies = new Float64Array(1 << 20);

/**
 * @param {Work} work
 * @param {unknown} service
 * @param {Extent} extent
 * @returns {Promise<Figures>}
 */
export async function slice(work, service, { callers, milliseconds, first, last }) {
  let next = first;
  let calls = 0;
  const loop = performance.eventLoopUtilization();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + milliseconds;

  const caller = async () => {
    for (let began = performance.now(); began < end && next < last;) {
      const number = next++;
      const answer = await work.call(service, number);
      if (!work.holds(answer, number)) throw new Error(`${work.name}: a wrong answer to call ${number}`);
      const now = performance.now();
      latencies[calls++] = now - began;
      began = now;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));

  const seconds = (performance.now() - start) / 1_000;
  const { active } = performance.eventLoopUtilization(loop);
  const { user, system } = process.cpuUsage(cpu);
  // A view of the numbers noted, which sorting puts in order without a comparison in JavaScript.
  const sorted = latencies.subarray(0, calls).sort();
  return {
    calls,
    seconds,
    callsPerSecond: calls / seconds,
    loopMicros: (active * 1_000) / calls,
    cpuMicros: (user + system) / calls,
    p50Millis: percentile(sorted, 0.5),
    p99Millis: percentile(sorted, 0.99),
    residentBytes: process.memoryUsage.rss(),
  };
}

/** @param {Float64Array} sorted @param {number} part */
function percentile(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}
