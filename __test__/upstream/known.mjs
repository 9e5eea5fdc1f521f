// The known generations. Each has a file in known/, named after its first release.

import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import prettier from "prettier";

import { byAge, differences } from "./compare.mjs";

const FOLDER = new URL("./known/", import.meta.url);

/**
 * Releases of which everything that is compared is the same.
 *
 * @typedef {import("./facts.mjs").Facts & { name: string, releases: string[], served: string | null }} Generation
 *   `served`: the generation of the addon that serves them; null if there is none
 */

/** @returns {Promise<Generation[]>} the oldest first */
export async function readKnown() {
  await mkdir(FOLDER, { recursive: true });
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith(".json"));
  const read = files.map(async (file) => ({
    name: file.replace(/\.json$/, ""),
    ...JSON.parse(await readFile(new URL(file, FOLDER), "utf8")),
  }));
  return (await Promise.all(read)).toSorted((one, other) => byAge(one.name, other.name));
}

/**
 * The generation that a release belongs to, with its facts: the one that has the release already, or has the same
 * facts, or a new one.
 *
 * @param {string} version
 * @param {import("./facts.mjs").Facts} facts
 * @param {Generation[]} known
 * @returns {Generation}
 */
export function recorded(version, facts, known) {
  const owner = known.find(({ releases }) => releases.includes(version));
  const same = owner ?? known.findLast((generation) => differences(facts, generation).length === 0);
  const short = version.replace(/\.\d+$/, "");
  const name = same?.name ?? (known.some((generation) => generation.name === short) ? version : short);
  return {
    name,
    releases: [...new Set([...(same?.releases ?? []), version])].toSorted(byAge),
    served: same?.served ?? null,
    files: facts.files,
    methods: facts.methods,
    imports: facts.imports,
    words: facts.words ?? same?.words ?? null,
    tables: facts.tables ?? same?.tables ?? null,
  };
}

/** @param {Generation} generation */
export async function writeKnown({ name, ...content }) {
  const place = new URL(`${name}.json`, FOLDER);
  const options = await prettier.resolveConfig(fileURLToPath(place));
  await writeFile(place, await prettier.format(JSON.stringify(content), { ...options, parser: "json" }));
}
