/** The seed of random tests: taken from SEED to repeat a failure, and printed by every failure. */
export const seed: number = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Settings for fast-check: it prints the seed of a failure itself. */
export function runs(count: number): { numRuns: number; seed: number } {
  return { numRuns: count, seed };
}

/** A small seeded generator (mulberry32): uniform in [0, 1). */
export function createRandom(from: number = seed): () => number {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
