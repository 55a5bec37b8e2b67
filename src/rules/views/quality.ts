import type { View } from '../../contracts/rule.ts';
import { exactly, type Known } from '../known.ts';
import { Extreme, SampleQueue, WINDOW_SAMPLES_MAX } from '../sample-queue.ts';
import type { ViewPlan, ViewRun, ViewSetting } from './view.ts';

/** QARTOD flags: what is not evaluated or missing is UNKNOWN here and has none. */
const GOOD = 1;
const SUSPECT = 3;
const FAIL = 4;

type Of<T extends View['type']> = Extract<View, { type: T }>;

/** Both ends of a range belong to it. */
export function rangeView({ suspect, fail }: Of<'range'>): ViewPlan {
  const isIn = (value: number, [least, most]: [number, number]): boolean =>
    value >= least && value <= most;
  const push = (_: number, value: number): Known => {
    if (!isIn(value, fail)) return exactly(FAIL);
    return exactly(isIn(value, suspect) ? GOOD : SUSPECT);
  };
  return { reachMs: 0, start: () => ({ push }) };
}

/** The change since the value before, when that is no further away than a gap. */
export function jumpView({ most, perSeconds }: Of<'jump'>, { gapMs }: ViewSetting): ViewPlan {
  const perMs = most / (perSeconds * 1000);
  const start = (): ViewRun => {
    let before = Number.NEGATIVE_INFINITY;
    let valueBefore = Number.NaN;
    return {
      push(time, value) {
        const elapsed = time - before;
        const change = Math.abs(value - valueBefore);
        before = time;
        valueBefore = value;
        if (elapsed > gapMs) return null;
        return exactly(change > perMs * elapsed ? SUSPECT : GOOD);
      },
    };
  };
  return { reachMs: gapMs + 1, start };
}

/** The value before against the mean of its neighbours, when neither is further away than a gap. */
export function spikeView({ suspect, fail }: Of<'spike'>, { gapMs }: ViewSetting): ViewPlan {
  const start = (): ViewRun => {
    const samples = new SampleQueue();
    return {
      push(time, value) {
        if (time - samples.lastTime > gapMs) samples.clear();
        samples.push(time, value);
        if (samples.size < 3) return null;
        const distance = Math.abs(samples.value(1) - (samples.value(0) + value) / 2);
        samples.shift();
        if (distance > fail) return exactly(FAIL);
        return exactly(distance > suspect ? SUSPECT : GOOD);
      },
    };
  };
  return { reachMs: 2 * gapMs + 1, start };
}

/**
 * Values that stay within the tolerance for too long. A value stands for the time since the one
 * before it, so that 3000 s of reports each 15 minutes are four of them, as QARTOD counts. How long
 * it was so before the first one, or before a gap, nobody knows: until a change or the time to fail
 * was seen, the flag may be graver than what is known of it.
 */
export function stuckView(view: Of<'stuck'>, { gapMs }: ViewSetting): ViewPlan {
  const failMs = view.failSeconds * 1000;
  return { reachMs: failMs + gapMs + 1, start: () => new StuckRun(view, gapMs) };
}

class StuckRun implements ViewRun {
  readonly #view: Of<'stuck'>;
  readonly #gapMs: number;
  /** The newest samples that all lie within the tolerance. */
  readonly #flat = new SampleQueue();
  readonly #greatest = new Extreme(1);
  readonly #least = new Extreme(-1);
  /** The sample before them, NaN when there is none or a gap. */
  #before = Number.NaN;

  constructor(view: Of<'stuck'>, gapMs: number) {
    this.#view = view;
    this.#gapMs = gapMs;
  }

  push(time: number, value: number): Known {
    if (time - this.#flat.lastTime > this.#gapMs) this.#restart();
    this.#flat.push(time, value);
    this.#greatest.push(time, value);
    this.#least.push(time, value);
    while (this.#greatest.value - this.#least.value > this.#view.tolerance) this.#letGo();
    // Older ones can only say once more that it has failed.
    const longest = this.#view.failSeconds * 1000 + this.#gapMs;
    while (this.#flat.time(0) < time - longest) this.#letGo();
    if (this.#flat.size > WINDOW_SAMPLES_MAX) {
      this.#letGo();
      this.#before = Number.NaN;
    }
    const flag = this.#flag(time);
    return Number.isNaN(this.#before) ? { low: flag, high: FAIL } : exactly(flag);
  }

  #flag(time: number): number {
    if (this.#flat.size < 2) return GOOD;
    const first = this.#flat.time(0);
    const stoodMs = Number.isNaN(this.#before) ? this.#flat.time(1) - first : first - this.#before;
    const seconds = (time - first + stoodMs) / 1000;
    if (seconds > this.#view.failSeconds) return FAIL;
    return seconds > this.#view.suspectSeconds ? SUSPECT : GOOD;
  }

  #letGo(): void {
    this.#before = this.#flat.time(0);
    this.#flat.shift();
    this.#greatest.dropBefore(this.#flat.time(0));
    this.#least.dropBefore(this.#flat.time(0));
  }

  #restart(): void {
    this.#flat.clear();
    this.#greatest.clear();
    this.#least.clear();
    this.#before = Number.NaN;
  }
}
