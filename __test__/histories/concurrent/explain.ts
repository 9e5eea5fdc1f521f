// Checks that a history of concurrent calls is linearizable: there is an order in which each call happens at one moment
// between its start and its end, and every read returns the last text written before it.
//
// Each text is written once, which makes the check simple: all calls that wrote or read a text are one cluster, and are
// adjacent in the order. Gibbons and Korach, "Testing Shared Memories", SIAM J. Comput. 26 (1997), 4.2.

import type { Operation } from "./programs.mjs";

/** What the registers held before anybody began. */
export type Initial = Record<string, string>;

interface Cluster {
  text: string;
  firstEnd: number;
  lastStart: number;
}

/** Why no order explains the operations, or null if one does. It is enough to look at each register on its own. */
export function unexplained(operations: Operation[], initial: Initial): string | null {
  const names = new Set(
    operations.flatMap(({ writes, reads }) => [...Object.keys(writes), ...Object.keys(reads)]),
  );
  for (const name of names) {
    const found = unexplainedRegister(name, operations, initial[name]);
    if (found !== null) return `${name}: ${found}`;
  }
  return null;
}

function unexplainedRegister(
  name: string,
  operations: Operation[],
  initial: string | undefined,
): string | null {
  const written = new Map<string, number>();
  if (initial !== undefined) written.set(initial, -Infinity);
  const clusters = new Map<string, Cluster>();
  for (const [text] of written) clusters.set(text, { text, firstEnd: -Infinity, lastStart: -Infinity });

  for (const { start, writes } of operations)
    if (writes[name] !== undefined) written.set(writes[name], start);
  for (const { start, end, writes, reads } of operations) {
    const text = reads[name];
    if (text === undefined) continue;
    if (writes[name] !== undefined && writes[name] !== text)
      return `wrote ${writes[name]}, and was given ${text}`;
    const since = written.get(text);
    if (since === undefined) return `read ${text}, which nobody wrote`;
    if (end < since) return `read ${text} before it was written`;
    const cluster = clusters.get(text) ?? { text, firstEnd: Infinity, lastStart: -Infinity };
    cluster.firstEnd = Math.min(cluster.firstEnd, end);
    cluster.lastStart = Math.max(cluster.lastStart, start);
    clusters.set(text, cluster);
  }
  return conflict([...clusters.values()]);
}

/** Two clusters of which neither can stand before the other. */
function conflict(clusters: Cluster[]): string | null {
  const isForward = ({ firstEnd, lastStart }: Cluster) => firstEnd < lastStart;
  // A text that was held from `firstEnd` to `lastStart` for certain leaves no room there for another.
  for (const held of clusters.filter(isForward)) {
    for (const other of clusters) {
      if (other === held) continue;
      const overlaps = isForward(other)
        ? other.firstEnd < held.lastStart && held.firstEnd < other.lastStart
        : held.firstEnd < other.lastStart && other.firstEnd < held.lastStart;
      if (overlaps) return `${held.text} was read on both sides of ${other.text}`;
    }
  }
  return null;
}
