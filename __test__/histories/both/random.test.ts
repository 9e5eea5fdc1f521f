// Random histories: the addon and the original behave the same for any calls in any order.
//
//   HISTORY_SEED, HISTORY_PATH   play again what a failure printed
//   HISTORY_MINUTES              run for this many minutes with new seeds, instead of a fixed number of steps

import { performance } from "node:perf_hooks";

import fc from "fast-check";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

import { generation } from "../../support/generation.js";
import { METHODS } from "../arbitrary/call.js";
import { history } from "../arbitrary/history.js";
import { Player } from "../player.js";
import { addonWorld, originalWorld } from "../world.js";

const STEPS = 10_000;
/** What each method has to come to at least in so many steps; the rarest comes to some hundred. */
const FRUITFUL = 20;
const MOST_STEPS_IN_A_HISTORY = 60;
const HISTORIES_OF_A_SEED = 50;
const MINUTE = 60_000;
const SHRINKING = 2 * MINUTE;

const minutes = Number(process.env["HISTORY_MINUTES"] || 0);
const chosenSeed = process.env["HISTORY_SEED"];
const chosenPath = process.env["HISTORY_PATH"];

const [ours, theirs] = await Promise.all([addonWorld(), originalWorld()]);
afterAll(() => Promise.all([ours.close(), theirs.close()]));

beforeAll(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterAll(() => {
  vi.useRealTimers();
});

const player = new Player(ours, theirs);
const property = fc.asyncProperty(history(MOST_STEPS_IN_A_HISTORY), (one) => player.play(one));

/** Plays the histories of the seed; an Error with the shortest one that fails, and how to play it again. */
async function check(seed: number, path?: string): Promise<void> {
  const parameters =
    path === undefined
      ? { numRuns: HISTORIES_OF_A_SEED, interruptAfterTimeLimit: SHRINKING }
      : { numRuns: 1, path, endOnFailure: true };
  const details = await fc.check(property, { seed, ...parameters });
  if (!details.failed) return;
  const cause =
    details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance);
  expect.fail(
    `${cause}\n\nAgain: HISTORY_SEED=${seed} HISTORY_PATH='${details.counterexamplePath}' ` +
      `npx vitest run --project paperclip-${generation}-alone __test__/histories/both\n\nThe history: ${fc.stringify(details.counterexample?.[0])}`,
  );
}

const timeout = (minutes + 5) * MINUTE + SHRINKING;

it("the addon and the original do the same at every step", { timeout }, async () => {
  if (chosenPath !== undefined) return check(Number(chosenSeed), chosenPath);

  const first = chosenSeed === undefined ? Math.trunc(Math.random() * 0x7fffffff) : Number(chosenSeed);
  // At once, so that it is known even if something hangs.
  process.stdout.write(`seed ${first}\n`);
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  const tell = (seed: number) =>
    process.stdout.write(
      `${player.steps} steps in ${Math.round(elapsed() / 1000)} s, seeds ${first} to ${seed}\n`,
    );

  let told = 0;
  let seed = first;
  for (; minutes > 0 ? elapsed() < minutes * MINUTE : player.steps < STEPS; seed++) {
    await check(seed);
    if (elapsed() - told > MINUTE) {
      told = elapsed();
      tell(seed);
    }
  }
  tell(seed - 1);

  if (minutes > 0) return;
  // Histories in which nothing but errors happens would prove nothing.
  for (const method of METHODS) expect(player.fruitful.get(method), method).toBeGreaterThan(FRUITFUL);
});
