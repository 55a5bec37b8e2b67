import type { LocalClock } from '../../base/local-clock.ts';
import type { ViewFunction } from '../../contracts/rule.ts';
import type { Known } from '../known.ts';

/** How a row of samples is looked at, for as many runs as are started. */
export interface ViewPlan {
  /** What it says at `t` depends on the samples in `(t - reachMs, t]`. */
  reachMs: number;
  start(): ViewRun;
}

export interface ViewRun {
  /** Takes the next sample in ascending time; null when nothing can be said there. */
  push(time: number, value: number): Known | null;
}

/** What besides its own numbers decides about a view. */
export interface ViewSetting {
  /** Longer gaps are UNKNOWN. */
  gapMs: number;
  /** The metric is never below 0, so that a sum only grows. */
  isNeverNegative: boolean;
  clock: LocalClock;
}

/**
 * What is known of a function over a window of which only a part was observed: more samples can
 * only raise a count, a sum of what is never negative, a swing and a maximum, and only lower a
 * minimum.
 */
export function knownOfPart(
  name: ViewFunction,
  value: number,
  isNeverNegative: boolean,
): Known | null {
  switch (name) {
    case 'mean':
      return null;
    case 'min':
      return { low: Number.NEGATIVE_INFINITY, high: value };
    case 'sum':
      return isNeverNegative ? { low: value, high: Number.POSITIVE_INFINITY } : null;
    default:
      return { low: value, high: Number.POSITIVE_INFINITY };
  }
}
