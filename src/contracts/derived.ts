import type { Localized } from './localized.ts';

/** One observed sample: event time in ms, value in the metric's unit. */
export interface Sample {
  time: number;
  value: number;
}

/** What one local day of a metric comes to; a day without samples has no row. */
export interface DaySummary {
  /** `2026-11-22`: the day on which it began. */
  day: string;
  /** Event times of the first and the last sample. */
  from: number;
  to: number;
  /** Longest time between two neighbours among them, ms; 0 with one sample. */
  gapMs: number;
  min: number;
  max: number;
  sum: number;
  count: number;
}

/** The instant a value is derived for. */
export interface Derivation {
  /** Event time (ms). */
  time: number;
  /** Minutes since local midnight, 0 to 1439.98. */
  localMinutes: number;
  /** Newest value of each input, in their order; each at most as old as its input allows. */
  values: readonly number[];
  /** Age of each of them in ms; the first is 0. */
  agesMs: readonly number[];
  /** Samples of an input within `window.seconds`, ascending, the newest included. */
  samples(input: number): readonly Sample[];
  /** Local days of an input within `window.days`, ascending, today's part included. */
  days(input: number): readonly DaySummary[];
  /** Minutes since local midnight of any instant in the window, and its local day. */
  local(time: number): { day: string; minutes: number };
}

/** A value, with what else should be shown beside it; or none, and why. */
export type Derived =
  | { value: number; beside?: Readonly<Record<string, number | string>> }
  | { value: null; reason: string };

/**
 * A metric computed from observed ones: a pure function of them, so it never needs to be stored.
 * It has a value at the samples of its first input; when another input is missing or too old there
 * is none, and the rules take it as UNKNOWN.
 */
export interface DerivedMetric {
  /** Same form as a metric's name, and none of them. */
  name: string;
  label: Localized;
  /** UCUM code. */
  unit: string;
  min: number;
  max: number;
  decimals: number;
  /** The observed metrics it reads; the first one drives. `maxAgeSeconds` of that one is 0. */
  inputs: readonly { metric: string; maxAgeSeconds: number }[];
  /**
   * How far back it reads besides the newest values: whole samples, or local days that begin at
   * `startsAt` (`00:00`; `12:00` for nights).
   */
  window?: { seconds: number } | { days: number; startsAt: string };
  /** Equation and source, in one sentence. */
  source: string;
  derive(at: Derivation): Derived;
}
