import type { View, ViewFunction } from '../../contracts/rule.ts';
import { exactly, type Known } from '../known.ts';
import { Extreme, SampleWindow } from '../sample-queue.ts';
import { knownOfPart, type ViewPlan, type ViewRun, type ViewSetting } from './view.ts';

type RollingView = Extract<View, { type: 'rolling' }>;

/** Parts a window is summed up in: a step adds up some 30 sums and a thirtieth of the samples. */
const BLOCKS = 32;

/** A function over the last seconds. */
export function rollingView(view: RollingView, setting: ViewSetting): ViewPlan {
  return {
    reachMs: view.overSeconds * 1000,
    start: () => new RollingRun(view, setting),
  };
}

class RollingRun implements ViewRun {
  readonly #function: ViewFunction;
  readonly #overMs: number;
  readonly #setting: ViewSetting;
  readonly #window: SampleWindow;
  readonly #greatest: Extreme | null;
  readonly #least: Extreme | null;
  readonly #sum: BlockSum | null;
  /** The first sample after the last gap: from there on all was observed. */
  #since = Number.NaN;
  #last = Number.NEGATIVE_INFINITY;

  constructor({ function: name, overSeconds }: RollingView, setting: ViewSetting) {
    this.#function = name;
    this.#overMs = overSeconds * 1000;
    this.#setting = setting;
    this.#window = new SampleWindow(this.#overMs);
    this.#greatest = name === 'max' || name === 'swing' ? new Extreme(1) : null;
    this.#least = name === 'min' || name === 'swing' ? new Extreme(-1) : null;
    this.#sum = name === 'sum' || name === 'mean' ? new BlockSum(this.#overMs / BLOCKS) : null;
  }

  push(time: number, value: number): Known | null {
    const { gapMs, isNeverNegative } = this.#setting;
    if (time - this.#last > gapMs) this.#since = time;
    this.#last = time;
    this.#window.push(time, value);
    const { samples } = this.#window;
    const first = samples.time(0);
    this.#greatest?.push(time, value);
    this.#greatest?.dropBefore(first);
    this.#least?.push(time, value);
    this.#least?.dropBefore(first);
    this.#sum?.push(time, value);
    const found = this.#value();
    const isWhole = Math.max(first, this.#since) <= time - this.#overMs + gapMs;
    return isWhole ? exactly(found) : knownOfPart(this.#function, found, isNeverNegative);
  }

  #value(): number {
    const { samples } = this.#window;
    switch (this.#function) {
      case 'count':
        return samples.size;
      case 'max':
        return this.#greatest?.value ?? Number.NaN;
      case 'min':
        return this.#least?.value ?? Number.NaN;
      case 'swing':
        return (this.#greatest?.value ?? Number.NaN) - (this.#least?.value ?? Number.NaN);
      case 'sum':
        return this.#sum?.over(samples) ?? Number.NaN;
      case 'mean':
        return (this.#sum?.over(samples) ?? Number.NaN) / samples.size;
    }
  }
}

/**
 * Adds up a moving window so that the same samples always give the same sum to the last bit,
 * however the run came to them: in blocks of absolute time. Taking away what leaves would carry its
 * rounding along for ever.
 */
class BlockSum {
  readonly #blockMs: number;
  #blocks: Array<{ number: number; sum: number }> = [];

  constructor(blockMs: number) {
    this.#blockMs = blockMs;
  }

  push(time: number, value: number): void {
    const number = Math.floor(time / this.#blockMs);
    const last = this.#blocks.at(-1);
    if (last?.number === number) last.sum += value;
    else this.#blocks.push({ number, sum: value });
  }

  over(samples: SampleWindow['samples']): number {
    const head = Math.floor(samples.time(0) / this.#blockMs);
    while ((this.#blocks[0]?.number ?? head) < head) this.#blocks.shift();
    let sum = 0;
    for (let place = 0; Math.floor(samples.time(place) / this.#blockMs) === head; place++) {
      sum += samples.value(place);
    }
    for (let block = 1; block < this.#blocks.length; block++) sum += this.#blocks[block]?.sum ?? 0;
    return sum;
  }
}
