// Arrows between files: which of them close a circle, and which run up.

/** One file uses another. */
export interface Arrow {
  from: string;
  to: string;
  /** What it uses, as the source text has it. */
  names: string[];
}

/** A set of files that know nothing of the layers above. */
export interface Layer {
  name: string;
  files: RegExp;
}

export function shown({ from, to, names }: Arrow): string {
  return `${from} -> ${to} (${names.join(", ")})`;
}

/** Collects arrows, one for each pair of files. An arrow of a file to itself is none. */
export class Arrows {
  readonly #byEnds = new Map<string, Arrow>();

  add(from: string, to: string, name: string): void {
    if (from === to) return;
    const ends = `${from} ${to}`;
    const arrow = this.#byEnds.get(ends) ?? { from, to, names: [] };
    this.#byEnds.set(ends, arrow);
    if (!arrow.names.includes(name)) arrow.names.push(name);
  }

  get all(): Arrow[] {
    return [...this.#byEnds.values()];
  }
}

/** For each arrow that lies on a circle the shortest one, each circle once: `a -> b (x), b -> a (y)`. */
export function circles(arrows: Arrow[]): string[] {
  const leaving = new Map<string, Arrow[]>();
  for (const arrow of arrows) leaving.set(arrow.from, [...(leaving.get(arrow.from) ?? []), arrow]);
  const found = new Map<string, string>();
  for (const arrow of arrows) {
    const back = shortestPath(leaving, arrow.to, arrow.from);
    if (back === null) continue;
    const circle = [arrow, ...back];
    const files = circle.map(({ from }) => from);
    const key = files.toSorted().join(" ");
    // From the first file by name, so that the same circle has the same text wherever it was entered.
    const start = files.indexOf(files.toSorted()[0] as string);
    const turned = [...circle.slice(start), ...circle.slice(0, start)];
    if (!found.has(key)) found.set(key, turned.map(shown).join(", "));
  }
  return [...found.values()].toSorted();
}

function shortestPath(leaving: Map<string, Arrow[]>, start: string, end: string): Arrow[] | null {
  const arrivedBy = new Map<string, Arrow>();
  const waiting = [start];
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    for (const arrow of leaving.get(file) ?? []) {
      if (arrow.to === start || arrivedBy.has(arrow.to)) continue;
      arrivedBy.set(arrow.to, arrow);
      waiting.push(arrow.to);
    }
  }
  const path: Arrow[] = [];
  for (let file = end; file !== start;) {
    const arrow = arrivedBy.get(file);
    if (arrow === undefined) return null;
    path.unshift(arrow);
    file = arrow.from;
  }
  return path;
}

/** Files that belong to no layer, and arrows from a layer to one above it. The first layer is the lowest. */
export function upward(files: Iterable<string>, arrows: Arrow[], layers: readonly Layer[]): string[] {
  const layerOf = (file: string) => layers.findIndex((layer) => layer.files.test(file));
  const nameOf = (file: string) => layers[layerOf(file)]?.name ?? "no layer";
  const strays = [...files].filter((file) => layerOf(file) < 0).map((file) => `${file} belongs to no layer`);
  const rising = arrows
    .filter(({ from, to }) => layerOf(from) >= 0 && layerOf(to) > layerOf(from))
    .map((arrow) => `${shown(arrow)}: from ${nameOf(arrow.from)} up to ${nameOf(arrow.to)}`);
  return [...strays, ...rising];
}
