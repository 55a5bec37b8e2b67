/** A number in [0, 1) that depends on nothing but its arguments. */
export type Dice = (seed: number, time: number, salt: number) => number;

/** A 32-bit permutation without visible bias (constants of "lowbias32", found by search). */
function scramble(word: number): number {
  let bits = word;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return bits ^ (bits >>> 15);
}

const GOLDEN = 0x9e3779b9;
const WORD = 2 ** 32;

/** Dice of one world. Times are whole milliseconds or day numbers; fractions are cut off. */
export function diceOf(worldSeed: number): Dice {
  const origin = scramble((worldSeed ^ GOLDEN) | 0);
  return (seed, time, salt) => {
    const whole = Math.floor(time);
    const high = Math.floor(whole / WORD);
    let bits = scramble((origin + GOLDEN) ^ seed);
    bits = scramble((bits + GOLDEN) ^ (whole - high * WORD));
    bits = scramble((bits + GOLDEN) ^ Math.imul(high, 0x85ebca6b) ^ Math.imul(salt, 0xc2b2ae35));
    return (bits >>> 0) / WORD;
  };
}

/** The seed of a named thing: FNV-1a over the name's code units. */
export function seedOf(name: string): number {
  let bits = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) {
    bits = Math.imul(bits ^ name.charCodeAt(index), 0x01000193);
  }
  return bits >>> 0;
}

/** A value with a name of its own among those of one seed, at one time or for one day. */
export interface Draw {
  seed: number;
  time: number;
  salt: number;
}

/** Standard normal, from twelve uniform draws: no tail beyond six, which suits a sensor. */
export function normal(dice: Dice, draw: Draw): number {
  let sum = -6;
  // Salts of one draw are spaced so that the twelve never meet those of its neighbours.
  for (let index = 0; index < 12; index++) {
    sum += dice(draw.seed, draw.time, draw.salt * 64 + 4096 + index);
  }
  return sum;
}

/** A smooth wander in [-1, 1] that changes its mind once in `periodMs`. */
export function drift(dice: Dice, draw: Draw, periodMs: number): number {
  const position = draw.time / periodMs;
  const knot = Math.floor(position);
  const share = position - knot;
  const from = dice(draw.seed, knot, draw.salt);
  const to = dice(draw.seed, knot + 1, draw.salt);
  const smooth = share * share * (3 - 2 * share);
  return 2 * (from + (to - from) * smooth) - 1;
}
