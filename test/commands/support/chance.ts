import { createRandom } from '../../support/random.ts';

/** Draws of one simulated world, all from its seed. */
export class Chance {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = createRandom(seed);
  }

  /** From `least` on, below `most`. */
  between(least: number, most: number): number {
    return least + (most - least) * this.#random();
  }

  whole(least: number, most: number): number {
    return Math.floor(this.between(least, most + 1));
  }

  is(share: number): boolean {
    return this.#random() < share;
  }

  of<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#random() * items.length)];
    if (item === undefined) throw new RangeError('nothing to choose from');
    return item;
  }

  /** UUIDv7 of an instant. */
  id(time: number): string {
    const hex = (length: number): string =>
      Array.from({ length }, () => Math.floor(this.#random() * 16).toString(16)).join('');
    const at = Math.floor(time).toString(16).padStart(12, '0');
    return `${at.slice(0, 8)}-${at.slice(8)}-7${hex(3)}-8${hex(3)}-${hex(12)}`;
  }
}
