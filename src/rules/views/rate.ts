import type { View } from '../../contracts/rule.ts';
import { exactly, type Known } from '../known.ts';
import { SampleQueue, WINDOW_SAMPLES_MAX } from '../sample-queue.ts';
import type { ViewPlan, ViewRun, ViewSetting } from './view.ts';

/**
 * The last value minus the newest one at least `overSeconds` before, scaled to a time. When that one
 * is further back than by a gap, nobody knows what was there.
 */
export function rateView(
  { overSeconds, perSeconds }: Extract<View, { type: 'rate' }>,
  { gapMs }: ViewSetting,
): ViewPlan {
  const overMs = overSeconds * 1000;
  return {
    reachMs: overMs + gapMs + 1,
    start: () => new RateRun({ overMs, perMs: perSeconds * 1000, gapMs }),
  };
}

class RateRun implements ViewRun {
  readonly #spans: { overMs: number; perMs: number; gapMs: number };
  readonly #samples = new SampleQueue();

  constructor(spans: { overMs: number; perMs: number; gapMs: number }) {
    this.#spans = spans;
  }

  push(time: number, value: number): Known | null {
    const { overMs, perMs, gapMs } = this.#spans;
    const samples = this.#samples;
    samples.push(time, value);
    if (samples.size > WINDOW_SAMPLES_MAX) samples.shift();
    while (samples.time(1) <= time - overMs) samples.shift();
    const elapsed = time - samples.time(0);
    if (elapsed < overMs || elapsed > overMs + gapMs || elapsed === 0) return null;
    return exactly(((value - samples.value(0)) * perMs) / elapsed);
  }
}
