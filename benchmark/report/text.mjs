/** The run in words and tables. */

import { mark, ratio } from "./numbers.mjs";
import { circumstances, method } from "./results.mjs";
import { figures, holdings, latencies, loneCalls, startUps, targets } from "./tables.mjs";

/** @typedef {import("./results.mjs").Results} Results */

/**
 * @param {Results} results
 * @returns {string}
 */
export function inText(results) {
  const { rows, startUp } = results;
  const lone = loneCalls(rows);
  return [
    "## Side by side",
    method(results),
    circumstances(results),
    figures(rows),
    "## Latency (p50 / p99)",
    latencies(rows),
    ...(lone ? ["## Lone calls (p50)", lone] : []),
    "## Held during the run",
    holdings(rows),
    ...(startUp ? ["## Start-up and size", startUps(startUp)] : []),
    "## Targets",
    targets(rows),
    conclusion(results),
  ].join("\n\n");
}

/** @param {Results} results */
function conclusion({ rows, startUp, seconds }) {
  const sizes = startUp?.targets ?? [];
  const judgements = [...rows.flatMap((row) => row.targets), ...sizes];
  const reached = judgements.filter((each) => each.reached).length;
  return [
    ...sizes.map(
      ({ of, wanted, found, ...each }) =>
        `${of}: ${ratio(found)}, at most ${wanted.toLocaleString("en")} ${mark(each.reached)}`,
    ),
    `${reached} of ${judgements.length} targets reached, in ${Math.round(seconds)} s.`,
  ].join("\n");
}
