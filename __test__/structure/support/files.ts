// The text files of the repository, by their paths from its root.

import { readFileSync, readdirSync } from "node:fs";

const ROOT = new URL("../../../", import.meta.url);

/** Source texts by path. */
export type Sources = ReadonlyMap<string, string>;

/** Files that lie in one of these folders and whose names end so, except what has been installed. */
export function filesIn(folders: readonly string[], ending: RegExp): Sources {
  const paths = folders.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, ROOT), { recursive: true, encoding: "utf8" })
      .map((file) => `${folder}/${file.replaceAll("\\", "/")}`)
      .filter((file) => ending.test(file) && !file.includes("/node_modules/")),
  );
  return read(paths);
}

/** Files beside package.json whose names end so. */
export function filesAtTheTop(ending: RegExp): Sources {
  return read(readdirSync(ROOT).filter((file) => ending.test(file)));
}

function read(paths: readonly string[]): Sources {
  return new Map(paths.map((path) => [path, readFileSync(new URL(path, ROOT), "utf8")]));
}
