// The report of a soak: how many calls and faults there were, how the calls ended, and violations.

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** @typedef {import("./caller.mjs").Call} Call */

const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g;
const VIOLATIONS_SHOWN = 10;
const CALLS_SHOWN = 40;
/** The part of the run in which a process gets warm. */
const WARM_UP = 0.25;

export class Report {
  /** @type {Map<string, number>} */
  faults = new Map();
  /** Connections that the callers' processes have opened. */
  connections = 0;
  /** Rows that were compared. */
  rows = 0;
  /** @type {{ what: string, call?: Call, history: string[] }[]} */
  violations = [];
  /** @type {Map<string, { count: number, outcomes: Map<string, number>, longest: number }>} */
  #kinds = new Map();
  /** @type {Map<number, number[]>} */
  #memory = new Map();

  /** @param {Call} call */
  count({ kind, start, end, error }) {
    const counted = this.#kinds.get(kind) ?? { count: 0, outcomes: new Map(), longest: 0 };
    const outcome = error?.code ?? "ok";
    counted.count += 1;
    counted.longest = Math.max(counted.longest, end - start);
    counted.outcomes.set(outcome, (counted.outcomes.get(outcome) ?? 0) + 1);
    this.#kinds.set(kind, counted);
  }

  /** @param {string} what @param {Call} [call] */
  violation(what, call) {
    this.violations.push(call ? { what, call, history: [] } : { what, history: [] });
  }

  /** @param {number} process @param {number} megabytes */
  remember(process, megabytes) {
    const samples = this.#memory.get(process) ?? [];
    samples.push(megabytes);
    this.#memory.set(process, samples);
  }

  /** By how much a process has grown after it was warm: the least of each half, so that no peak counts. @param {number} process */
  growth(process) {
    const { warm, end } = this.#warmAndEnd(process);
    return end - warm;
  }

  /** @param {number} process */
  #warmAndEnd(process) {
    const samples = this.#memory.get(process) ?? [];
    const warm = samples.slice(Math.floor(samples.length * WARM_UP));
    const half = Math.ceil(warm.length / 2);
    return { warm: least(warm.slice(0, half)), end: least(warm.slice(-half)) };
  }

  /** Looks up the calls that have to do with the rows of the first violations. @param {string[]} files */
  async explain(files) {
    const shown = this.violations.slice(0, VIOLATIONS_SHOWN);
    if (shown.length === 0) return;
    const ids = shown.map(
      ({ what, call }) => new Set((what + (call ? JSON.stringify(call.given) : "")).match(UUID)),
    );
    for (const file of files) {
      for await (const line of createInterface({ input: createReadStream(file) })) {
        const inLine = line.match(UUID) ?? [];
        shown.forEach(({ history }, n) => {
          if (inLine.some((id) => ids[n]?.has(id))) history.push(line);
        });
      }
    }
  }

  print() {
    const calls = [...this.#kinds.values()].reduce((sum, { count }) => sum + count, 0);
    const faults = [...this.faults.values()].reduce((sum, count) => sum + count, 0);
    console.log(`\n${faults} faults`);
    for (const [name, count] of this.faults) console.log(`  ${String(count).padStart(7)}  ${name}`);
    console.log(
      `\n${calls} calls, over ${this.connections} connections; ${this.rows} rows compared at the end`,
    );
    for (const [kind, { count, outcomes, longest }] of [...this.#kinds].sort()) {
      const each = [...outcomes].sort(([, a], [, b]) => b - a).map(([outcome, n]) => `${n} ${outcome}`);
      console.log(`  ${String(count).padStart(7)}  ${kind}: ${each.join(", ")}; the longest ${longest} ms`);
    }
    console.log("");
    for (const [process, samples] of this.#memory) {
      const { warm, end } = this.#warmAndEnd(process);
      const course = eighths(samples).map((part) => least(part).toFixed(0));
      console.log(
        `Process ${process}: ${warm.toFixed(1)} MB when warm, ${end.toFixed(1)} MB in the end (${course.join(", ")})`,
      );
    }
    console.log(
      `\n${this.violations.length === 0 ? "No violation" : `${this.violations.length} violations`}`,
    );
    for (const { what, call, history } of this.violations.slice(0, VIOLATIONS_SHOWN)) {
      console.log(`\n- ${what}`);
      if (call) console.log(`  at ${JSON.stringify(call)}`);
      for (const line of history.slice(-CALLS_SHOWN)) console.log(`    ${line}`);
    }
  }
}

/** @param {number[]} numbers */
const least = (numbers) => numbers.reduce((a, b) => Math.min(a, b), Infinity);

/** @param {number[]} samples */
function eighths(samples) {
  const size = Math.max(1, Math.ceil(samples.length / 8));
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, n) =>
    samples.slice(n * size, (n + 1) * size),
  );
}
