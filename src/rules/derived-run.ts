import { dayName, type LocalClock } from '../base/local-clock.ts';
import type { DaySummary, Derivation, DerivedMetric, Sample } from '../contracts/derived.ts';
import type { Instant, Reading } from './compiled.ts';
import { DayWindow, daysReachMs } from './day-window.ts';
import { SampleWindow } from './sample-queue.ts';
import type { SourcePlan, SourceRun } from './source.ts';

interface Setting {
  /** Where its inputs are among the values of an instant, in their order. */
  places: readonly number[];
  clock: LocalClock;
}

/** A derived metric as the rules read it. */
export function derivedSource(metric: DerivedMetric, setting: Setting): SourcePlan {
  const ages = metric.inputs.slice(1).map(({ maxAgeSeconds }) => maxAgeSeconds * 1000);
  const oldest = Math.max(0, ...ages);
  return {
    reachMs: Math.max(oldest === 0 ? 0 : oldest + 1, windowMs(metric)),
    unit: metric.unit,
    isNeverNegative: metric.min >= 0,
    start: () => new DerivedRun(metric, setting),
  };
}

function windowMs({ window }: DerivedMetric): number {
  if (window === undefined) return 0;
  return 'days' in window ? daysReachMs(window.days) : window.seconds * 1000;
}

/** The newest samples of one input. */
interface Input {
  place: number;
  maxAgeMs: number;
  time: number;
  value: number;
  samples: SampleWindow | null;
  days: DayWindow | null;
}

class DerivedRun implements SourceRun {
  beside: Reading['beside'];
  readonly #metric: DerivedMetric;
  readonly #clock: LocalClock;
  readonly #inputs: readonly Input[];

  constructor(metric: DerivedMetric, { places, clock }: Setting) {
    const { window } = metric;
    this.#metric = metric;
    this.#clock = clock;
    this.#inputs = metric.inputs.map(({ maxAgeSeconds }, index) => ({
      place: places[index] ?? 0,
      maxAgeMs: index === 0 ? 0 : maxAgeSeconds * 1000,
      time: Number.NEGATIVE_INFINITY,
      value: Number.NaN,
      samples:
        window !== undefined && 'seconds' in window
          ? new SampleWindow(window.seconds * 1000)
          : null,
      days: window !== undefined && 'days' in window ? new DayWindow(window, clock) : null,
    }));
  }

  push({ time, values }: Instant): number | null | undefined {
    for (const input of this.#inputs) {
      const value = values[input.place];
      if (value === undefined) continue;
      input.time = time;
      input.value = value;
      input.samples?.push(time, value);
      input.days?.push(time, value);
    }
    if (this.#inputs[0]?.time !== time) return undefined;
    for (const input of this.#inputs) {
      input.samples?.moveTo(time);
      input.days?.moveTo(time);
      // A window that could not be kept whole would be computed as if less had been observed.
      if (time - input.time > input.maxAgeMs || input.samples?.isCut(time)) return null;
    }
    const derived = this.#metric.derive(this.#derivation(time));
    const { value } = derived;
    this.beside = value === null ? undefined : derived.beside;
    return value !== null && Number.isFinite(value) ? value : null;
  }

  #derivation(time: number): Derivation {
    const inputs = this.#inputs;
    const clock = this.#clock;
    return {
      time,
      localMinutes: clock.minutes(time),
      values: inputs.map(({ value }) => value),
      agesMs: inputs.map((input) => time - input.time),
      samples: (place) => samplesOf(inputs[place]),
      days: (place): DaySummary[] => inputs[place]?.days?.summaries() ?? [],
      local: (at) => ({ day: dayName(clock.day(at)), minutes: clock.minutes(at) }),
    };
  }
}

function samplesOf(input: Input | undefined): Sample[] {
  const samples = input?.samples?.samples;
  if (samples === undefined) return [];
  return Array.from({ length: samples.size }, (_, place) => ({
    time: samples.time(place),
    value: samples.value(place),
  }));
}
