/** What the pairs say. */

import { table } from "../report/markdown.mjs";
import { ratio } from "../report/numbers.mjs";
import { spread } from "../measure/statistics.mjs";

/** @typedef {import("../measure/slice.mjs").Figures} Figures */
/** @typedef {import("../measure/statistics.mjs").Spread} Spread */

/** Of each pair, how many times the base's this build takes. @typedef {Record<Measure, Spread>} Ratios */
/** @typedef {keyof typeof MEASURES} Measure */

const MEASURES = {
  "time a call": (/** @type {Figures} */ { callsPerSecond }) => 1 / callsPerSecond,
  "event loop": (/** @type {Figures} */ { loopMicros }) => loopMicros,
  CPU: (/** @type {Figures} */ { cpuMicros }) => cpuMicros,
};
const NAMES = /** @type {Measure[]} */ (Object.keys(MEASURES));

/** Beyond what a busy machine does to a median of pairs. */
const BOUND = 2;

/**
 * @param {Figures[]} base
 * @param {Figures[]} ours of the same rounds
 */
export function ratiosOf(base, ours) {
  const each = NAMES.map((name) => {
    const of = MEASURES[name];
    const ratios = ours.map((figures, round) => of(figures) / of(/** @type {Figures} */ (base[round])));
    return /** @type {const} */ ([name, spread(ratios)]);
  });
  return /** @type {Ratios} */ (Object.fromEntries(each));
}

/**
 * What is slower, and was so each time the row was measured.
 *
 * @param {Ratios[]} measured
 * @returns {Measure[]}
 */
export function slower(measured) {
  return NAMES.filter((name) => measured.every((ratios) => ratios[name].median > BOUND));
}

/** @param {{ row: string, measured: Ratios[] }[]} found @returns {string} */
export function inText(found) {
  const lines = found.flatMap(({ row, measured }) =>
    measured.map((ratios, turn) => [
      turn === 0 ? row : `${row}, again`,
      ...NAMES.map((name) => {
        const { median, min, max } = ratios[name];
        return `${median.toFixed(2)} (${ratio(min)}–${ratio(max)})`;
      }),
    ]),
  );
  const worse = found.flatMap(({ row, measured }) =>
    slower(measured).map((name) => `${row}: ${name} is more than ${BOUND} times the base's, both times.`),
  );
  return [
    "How many times the base's: the median of pairs, with the least and the greatest.",
    table(["work", ...NAMES], lines),
    ...(worse.length > 0 ? worse : ["Nothing is slower beyond doubt."]),
  ].join("\n\n");
}
