/** What it costs to be there at all: time to load, first call, memory, and the addon's size. */

import { execFile } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { median } from "../measure/statistics.mjs";
import { COMPARED } from "../providers/index.mjs";
import { sizeTargets } from "../targets.mjs";

/** @typedef {import("./program.mjs").Findings} Findings */
/** @typedef {import("../providers/index.mjs").ComparedName} ComparedName */
/** @typedef {Record<ComparedName, Findings>} StartUps */
/** @typedef {{ of: string, wanted: number, found: number, reached: boolean }} SizeJudgement at most as wanted */
/** @typedef {{ providers: StartUps, addonBytes: number, processes: number, targets: SizeJudgement[] }} StartUp */

const PROGRAM = fileURLToPath(new URL("program.mjs", import.meta.url));
const PACKAGE = new URL("../../", import.meta.url);

/**
 * @param {(provider: ComparedName) => string} urlOf
 * @param {{ processes: number, calls: number }} extent fresh processes, and calls in the last of them
 * @returns {Promise<StartUp>}
 */
export async function measureStartUp(urlOf, { processes, calls }) {
  /** @type {Record<ComparedName, Findings[]>} */
  const found = { original: [], postgresJs: [], nodePostgres: [], ours: [] };
  for (let turn = 0; turn < processes; turn++) {
    for (const provider of COMPARED) {
      const last = turn === processes - 1;
      found[provider].push(await inFreshProcess(provider, urlOf(provider), last ? calls : 0));
    }
  }
  const providers = /** @type {StartUps} */ (
    Object.fromEntries(COMPARED.map((provider) => [provider, summary(found[provider])]))
  );
  const addonBytes = await sizeOfAddon();
  return { providers, addonBytes, processes, targets: judge(providers, addonBytes) };
}

/**
 * @param {StartUps} providers
 * @param {number} addonBytes
 * @returns {SizeJudgement[]}
 */
function judge({ original, ours }, addonBytes) {
  const memory = ours.manyCallsBytes / original.manyCallsBytes;
  return [
    {
      of: "addon size, bytes",
      wanted: sizeTargets.addonBytes,
      found: addonBytes,
      reached: addonBytes < sizeTargets.addonBytes,
    },
    {
      of: "memory, ours to the original's",
      wanted: sizeTargets.memory,
      found: memory,
      reached: memory <= sizeTargets.memory,
    },
  ];
}

/** @param {string} provider @param {string} url @param {number} calls @returns {Promise<Findings>} */
async function inFreshProcess(provider, url, calls) {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, provider, url, String(calls)]);
  return JSON.parse(stdout);
}

/** @param {Findings[]} found @returns {Findings} */
function summary(found) {
  const last = /** @type {Findings} */ (found.at(-1));
  /** @param {"loadMillis" | "firstCallMillis" | "firstCallBytes"} key */
  const of = (key) => median(found.map((each) => each[key]));
  return {
    loadMillis: of("loadMillis"),
    firstCallMillis: of("firstCallMillis"),
    firstCallBytes: of("firstCallBytes"),
    manyCallsBytes: last.manyCallsBytes,
    calls: last.calls,
  };
}

async function sizeOfAddon() {
  const [file] = (await readdir(PACKAGE)).filter((name) => name.endsWith(".node"));
  if (!file) throw new Error("The addon has not been built.");
  return (await stat(new URL(file, PACKAGE))).size;
}
