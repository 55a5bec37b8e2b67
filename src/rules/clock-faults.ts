import { CLOCK_FAULT, clockFaultOf } from '../contracts/clock-fault.ts';
import type { PointQuality } from '../contracts/history.ts';
import type { Sample } from './sample.ts';

/** Stored values as far as it takes to see how they are dated. */
interface Dated {
  times: ArrayLike<number>;
  quality?: readonly PointQuality[];
}

/** Whether the clock is asked for among these metrics. */
export function asksForClock(metrics: readonly string[]): boolean {
  return metrics.includes(CLOCK_FAULT.name);
}

/** The metrics to be read for those asked: how a report was dated is known from all it said. */
export function storedMetrics(asked: readonly string[], ofKind: readonly string[]): string[] {
  if (!asksForClock(asked)) return [...asked];
  const own = asked.filter((metric) => metric !== CLOCK_FAULT.name);
  return [...new Set([...own, ...ofKind])];
}

/**
 * The samples of `clock_fault`, from blocks of all metrics of one device. Where values of one
 * instant differ, the fault counts.
 */
export class ClockFaults {
  readonly #faults = new Map<number, 0 | 1>();

  add({ times, quality }: Dated): void {
    for (let row = 0; row < times.length; row++) {
      const time = times[row] ?? Number.NaN;
      const fault = clockFaultOf(quality?.[row] === 'clock' ? 'clock' : 'good');
      if (fault === 1 || !this.#faults.has(time)) this.#faults.set(time, fault);
    }
  }

  /** In event order. */
  samples(): Sample[] {
    return [...this.#faults]
      .sort(([left], [right]) => left - right)
      .map(([time, value]) => ({ time, value }));
  }
}
