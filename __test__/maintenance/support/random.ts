/** A seed of its own for each time, which is told; or the one that MAINTENANCE_SEED says. */
export function chosenSeed(what: string): number {
  const seed = Number(process.env["MAINTENANCE_SEED"] || Math.trunc(Math.random() * 0x7fffffff));
  // At once, so that it is known even if something hangs.
  process.stdout.write(`${what}: MAINTENANCE_SEED=${seed}\n`);
  return seed;
}

/** The same numbers from 0 to 1 for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
