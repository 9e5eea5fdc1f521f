// Each command in the manual names programs, scripts, files, flags and tests that exist. None of them is run here. The
// consumers' tests run those of the swap.

import { readdirSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { blocksOf, exists, nodesOf, pages, pathOf, read, treeOf } from "./manual.js";

const {
  name: packageName,
  scripts,
  bin,
} = JSON.parse(read("package.json")) as {
  name: string;
  scripts: Record<string, string>;
  bin: Record<string, string>;
};

/** Of the programs that are not ours. */
const FLAGS: Record<string, string[]> = {
  npm: ["--no-git-tag-version", "--pack-destination"],
  node: ["--input-type", "-e"],
  cargo: ["--all-targets", "--lib", "--test"],
  vitest: ["-t"],
};

const SUBCOMMANDS: Record<string, string[]> = {
  npm: ["ci", "install", "pack", "version"],
  cargo: ["check", "clippy", "test"],
};

/** Where the tests, and the scripts that start them, look for environment variables. */
const testFiles = ["__test__", "scripts"].flatMap((folder) => filesIn(folder));

interface Command {
  where: string;
  text: string;
}

/** Those in blocks, and those in backquotes in the text. */
function commandsOf(page: string): Command[] {
  const inBlocks = blocksOf(page)
    .filter(({ language }) => language === "sh")
    .flatMap(({ where, code }) =>
      code
        .split("\n")
        .map((line) => line.replace(/(?:^| )#.*$/, "").trim())
        .filter((line) => line !== "")
        .map((text) => ({ where, text })),
    );
  const inProse = nodesOf(treeOf(page), "inlineCode")
    .map(({ value = "" }) => value.replaceAll("\n", " "))
    .filter((text) => /^(?:npm|npx|node|cargo) /.test(text))
    .map((text) => ({ where: page, text }));
  return [...inBlocks, ...inProse];
}

describe("the commands of", () => {
  it.each(pages)("%s", (page) => {
    const wrong = commandsOf(page).flatMap(({ where, text }) =>
      partsOf(text).flatMap((words) => wrongIn(words).map((what) => `${where}: ${text}: ${what}`)),
    );
    expect(wrong).toEqual([]);
  });

  it("the manual are as many as they look, and a wrong one would be found", () => {
    expect(pages.flatMap(commandsOf).length).toBeGreaterThan(60);
    const wrong = [
      "npm run no-such-script",
      "npm run soak -- --hours 3",
      "npm run examples -- no-such-example",
      "npm test -- __test__/no-such-folder",
      "NO_SUCH_VARIABLE=1 npm test",
      "npx vitest run __test__/contract/update.test.ts -t 'no such test'",
      "npx vitest run --no-such-flag",
      "npx no-such-program",
      "cargo test --test no_such_file",
      "cargo test no_such_test",
      ".ci/no-such-file",
      ".ci/run no-such-group",
      "NO_SUCH_VARIABLE=1 .ci/run",
      "npm ci && no-such-program",
      "cd no-such-folder",
      "npm pack --pack-destination ../no-such-folder",
      "pnpm no-such-command",
      "pnpm add link:../../no-such-clone",
      "pnpm --filter @paperclipai/server no-such-script",
      "git checkout no-such-file",
    ];
    expect(wrong.filter((text) => partsOf(text).flatMap(wrongIn).length === 0)).toEqual([]);
  });
});

/** The commands of a line, each as its words. */
function partsOf(text: string): string[][] {
  const unwrapped = text.replace(/^\((.*)\)$/, "$1");
  return unwrapped
    .split(" && ")
    .map((part) => [...part.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? ""));
}

/** What is not there, of what a command names. */
function wrongIn([...words]: string[]): string[] {
  const wrong: string[] = [];
  for (; /^[A-Z_]+=/.test(words[0] ?? ""); words.shift()) {
    const [name = ""] = (words[0] ?? "").split("=");
    if (![...testFiles, ".ci/run"].some((file) => read(file).includes(name))) wrong.push(name);
  }
  const [program = "", ...args] = words;
  if (program === "cd") return [...wrong, ...args.filter((folder) => !isInSwap(folder))];
  if (program === "pnpm" || program === "git") return [...wrong, ...wrongInPaperclip(args)];
  if (program === "npm") return [...wrong, ...wrongForNpm(args)];
  if (program === "npx") return [...wrong, ...wrongForNpx(args)];
  if (program === "cargo") return [...wrong, ...wrongForCargo(args)];
  if (program === "node") return [...wrong, ...wrongForNode(args)];
  if (program === ".ci/run") {
    return [...wrong, ...args.filter((group) => !read(program).includes(`\n${group}() {`))];
  }
  return program.includes("/") && exists(program) && args.length === 0 ? wrong : [...wrong, program];
}

function wrongForNpm([subcommand = "", ...args]: string[]): string[] {
  const script = subcommand === "run" ? args.find((word) => !word.startsWith("-")) : subcommand;
  if (script !== undefined && script in scripts && script !== "install") {
    const after = args.indexOf("--");
    return after < 0 ? [] : wrongForProgram(scripts[script] ?? "", args.slice(after + 1));
  }
  if (!SUBCOMMANDS["npm"]?.includes(subcommand)) return [`${subcommand} ${script}`];
  return args.filter((word) => {
    if (word.startsWith("-")) return !FLAGS["npm"]?.includes(word);
    if (subcommand === "pack") return !isInSwap(path.posix.normalize(word).replace(/^\.\.\//, ""));
    return subcommand === "install" ? path.basename(word) !== packageName : !/^\d+\.\d+\.\d+$/.test(word);
  });
}

/** A folder of the swap's: the clone, or one of the repository that is laid out as Paperclip's. */
function isInSwap(folder: string): boolean {
  return folder === packageName || (folder.startsWith("paperclip") && exists(`__test__/consumers/${folder}`));
}

/** The consumers' tests run these; here it is looked up that the files and scripts are there. */
function wrongInPaperclip([subcommand = "", ...args]: string[]): string[] {
  if (!["install", "add", "checkout", "--filter"].includes(subcommand)) return [subcommand];
  if (subcommand === "add") {
    return args.filter((word) => !path.posix.basename(word).startsWith(packageName));
  }
  if (subcommand === "--filter") {
    const { name, scripts } = JSON.parse(read("__test__/consumers/paperclip/server/package.json")) as {
      name: string;
      scripts: Record<string, string>;
    };
    const [filter, script = ""] = args;
    return filter === name && script in scripts && args.length === 2 ? [] : args;
  }
  // pnpm makes the lockfile.
  return args.filter((word) => word !== "pnpm-lock.yaml" && !exists(`__test__/consumers/paperclip/${word}`));
}

function wrongForNpx([program = "", ...args]: string[]): string[] {
  if (program === "vitest") return wrongForVitest(args);
  return program in bin ? wrongForProgram(`node ${bin[program]}`, args) : [program];
}

function wrongForNode(args: string[]): string[] {
  const [first = ""] = args;
  if (!first.startsWith("-"))
    return exists(first) ? wrongForProgram(`node ${first}`, args.slice(1)) : [first];
  return args.flatMap((word, index) => {
    if (args[index - 1] === "-e") {
      return [...word.matchAll(/import\("\.\/([^"]+)"\)/g)]
        .map(([, file]) => file ?? "")
        .filter((file) => !exists(file));
    }
    return FLAGS["node"]?.includes(word.split("=")[0] ?? "") ? [] : [word];
  });
}

function wrongForCargo([subcommand = "", ...args]: string[]): string[] {
  const wrong = SUBCOMMANDS["cargo"]?.includes(subcommand) ? [] : [subcommand];
  const tests = filesIn("__test__/rust");
  const sources = [...filesIn("src"), ...tests].filter((file) => file.endsWith(".rs"));
  args.forEach((word, index) => {
    const isRight = word.startsWith("-")
      ? FLAGS["cargo"]?.includes(word)
      : args[index - 1] === "--test"
        ? tests.includes(`__test__/rust/${word}.rs`)
        : sources.some((file) => read(file).includes(`fn ${word}(`));
    if (!isRight) wrong.push(word);
  });
  return wrong;
}

function wrongForVitest(args: string[]): string[] {
  const words = args[0] === "run" ? args.slice(1) : args;
  const files = words.filter((word) => exists(word));
  return words.filter((word, index) => {
    if (words[index - 1] === "-t") return !files.some((file) => hasTestNamed(file, word));
    return word.startsWith("-") ? !FLAGS["vitest"]?.includes(word) : !exists(word);
  });
}

function hasTestNamed(file: string, part: string): boolean {
  const titles = [
    ...read(file).matchAll(/\b(?:it|test|describe)(?:\.each\([\s\S]*?\))?\(\s*["'`](.*?)["'`],/g),
  ];
  return titles.some(([, title]) => title?.includes(part));
}

/** What comes behind `--`: each flag stands in the program's source, and each word there or in the clone. */
function wrongForProgram(command: string, args: string[]): string[] {
  const source = sourceOf(command);
  const isFlag = (word: string | undefined) => word?.startsWith("--") === true;
  return args.filter((word, index) => {
    if (isFlag(word)) {
      const name = word.slice(2);
      return !new RegExp(`--${name}\\b|"${name}"|\\b${name}: \\{ type:`).test(source);
    }
    // A flag's value can be anything, and a tag's version.
    if (isFlag(args[index - 1]) || /^v\d+\.\d+\.\d+$/.test(word)) return false;
    return !exists(word) && !source.includes(`"${word}"`) && !exists(`__test__/consumers/projects/${word}`);
  });
}

/** The text of the programs that a command names, and of what they import or start. */
function sourceOf(command: string): string {
  const found = new Set<string>();
  const add = (text: string, folder: string) => {
    const named = [...text.matchAll(/(?<![\w./-])([\w./-]+\.m?js)\b/g)].map(([, name = ""]) => name);
    const required = [...text.matchAll(/require\("(\.{1,2}\/[^"]+)"\)/g)].map(([, name]) => `${name}.js`);
    for (const name of [...named, ...required]) {
      for (const file of [path.posix.join(folder, name), path.posix.normalize(name)]) {
        if (file.startsWith("..") || found.has(file) || !exists(file)) continue;
        found.add(file);
        add(read(file), path.posix.dirname(file));
      }
    }
  };
  add(command, ".");
  if (found.size === 0) throw new Error(`No program is found in ${command}`);
  return [...found].map(read).join("\n");
}

/** The programs in a folder, but for these tests, which name what is wrong on purpose. */
function filesIn(folder: string): string[] {
  return readdirSync(pathOf(folder), { recursive: true, encoding: "utf8" })
    .map((file) => path.posix.join(folder, file.replaceAll("\\", "/")))
    .filter((file) => /\.(?:m?[jt]s|rs)$/.test(file) && !file.startsWith("__test__/readme/"));
}
