// Compares the facts of two releases, and finds the known generation that is nearest to a release.

/** @typedef {import("./facts.mjs").Facts} Facts */

/**
 * A fact that is not the same.
 *
 * @typedef {object} Difference
 * @property {string} what
 * @property {string} [was] undefined where it is new
 * @property {string} [is] undefined where it is gone
 */

/**
 * For `toSorted`: versions, and names of generations, by their numbers.
 *
 * @param {string} one
 * @param {string} other
 */
export function byAge(one, other) {
  return one.localeCompare(other, "en", { numeric: true });
}

/**
 * What one of both does not know is not compared.
 *
 * @param {Facts} is
 * @param {Facts} was
 * @returns {Difference[]}
 */
export function differences(is, was) {
  return [
    ...differing(is.files, was.files, (name) => `file ${name}`),
    ...differing(present(is.methods), present(was.methods), (name) => `method ${name}`),
    ...differingLists(is.imports, was.imports, (name, module) => `import ${name} from ${module}`),
    ...(is.words && was.words
      ? differingLists(is.words, was.words, (word, set) => `word ${word} of ${set}`)
      : []),
    ...(is.tables && was.tables ? differingTables(is.tables, was.tables) : []),
  ];
}

/**
 * The generation that differs least; of several, the newest.
 *
 * @template {Facts} G
 * @param {Facts} facts
 * @param {G[]} known the oldest first
 * @returns {{ generation: G, differences: Difference[] } | null} null if none is known
 */
export function nearest(facts, known) {
  const compared = known.map((generation) => ({ generation, differences: differences(facts, generation) }));
  const least = Math.min(...compared.map(({ differences }) => differences.length));
  return compared.findLast(({ differences }) => differences.length === least) ?? null;
}

/**
 * @param {Record<string, string>} is
 * @param {Record<string, string>} was
 * @param {(name: string) => string} describe
 * @returns {Difference[]}
 */
function differing(is, was, describe) {
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names.flatMap((name) => {
    const [before, now] = [was[name], is[name]];
    if (before === now) return [];
    return [
      {
        what: describe(name),
        ...(before !== undefined && { was: before }),
        ...(now !== undefined && { is: now }),
      },
    ];
  });
}

/**
 * @param {Record<string, string[]>} is
 * @param {Record<string, string[]>} was
 * @param {(item: string, list: string) => string} describe
 */
function differingLists(is, was, describe) {
  const lists = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return lists.flatMap((list) =>
    differing(present(is[list]), present(was[list]), (item) => describe(item, list)),
  );
}

/**
 * A table that only one of both has is one difference.
 *
 * @param {NonNullable<Facts["tables"]>} is
 * @param {NonNullable<Facts["tables"]>} was
 */
function differingTables(is, was) {
  const both = Object.keys(was).filter((table) => table in is);
  return [
    ...differing(present(Object.keys(is)), present(Object.keys(was)), (table) => `table ${table}`),
    ...both.flatMap((table) =>
      differing(partsOf(is[table]), partsOf(was[table]), (part) => `${table}: ${part}`),
    ),
  ];
}

/** @type {[kind: keyof import("./tables.mjs").TableFacts, name: string][]} */
const KINDS = [
  ["columns", "column"],
  ["constraints", "constraint"],
  ["indexes", "index"],
  ["references", "foreign key"],
  ["triggers", "trigger"],
];

/** @param {import("./tables.mjs").TableFacts | undefined} table @returns {Record<string, string>} */
function partsOf(table) {
  const parts = KINDS.flatMap(([kind, name]) =>
    Object.entries(table?.[kind] ?? {}).map(([part, definition]) => [`${name} ${part}`, definition]),
  );
  return Object.fromEntries(parts);
}

/** @param {string[] | undefined} names @returns {Record<string, string>} */
function present(names = []) {
  return Object.fromEntries(names.map((name) => [name, ""]));
}
