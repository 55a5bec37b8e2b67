import type { FlatLineLimits, Span } from '../health/plausibility.ts';

/**
 * Quality tests of QARTOD (US IOOS manuals, as ioos_qc runs them) over a row of values in event
 * order, where null is a value that is missing. They flag and never fill in.
 */

/** QARTOD flag: good, not evaluated, suspect, fail, missing. */
export type QualityFlag = 1 | 2 | 3 | 4 | 9;

export const QUALITY = {
  good: 1,
  notEvaluated: 2,
  suspect: 3,
  fail: 4,
  missing: 9,
} as const satisfies Record<string, QualityFlag>;

export type ValueRow = readonly (number | null)[];

const isKnown = (value: number | null | undefined): value is number =>
  value !== null && value !== undefined && Number.isFinite(value);

const isOutside = (value: number, [lowest, highest]: Span): boolean =>
  value < lowest || value > highest;

/** Gross range: outside `fail` no sensor reads rightly, outside `suspect` it is worth a look. */
export function grossRange(values: ValueRow, spans: { fail: Span; suspect: Span }): QualityFlag[] {
  return values.map((value) => {
    if (!isKnown(value)) return QUALITY.missing;
    if (isOutside(value, spans.fail)) return QUALITY.fail;
    return isOutside(value, spans.suspect) ? QUALITY.suspect : QUALITY.good;
  });
}

/** Limits a distance must exceed, in the unit of the value. */
export interface SpikeLimits {
  suspect: number;
  fail: number;
}

/**
 * Spike: the distance of a value from the mean of its two neighbours. Without both of them, as at
 * the ends of a row, it is not evaluated.
 */
export function spike(values: ValueRow, limits: SpikeLimits): QualityFlag[] {
  return values.map((value, at) => {
    if (!isKnown(value)) return QUALITY.missing;
    const before = values[at - 1];
    const after = values[at + 1];
    if (!isKnown(before) || !isKnown(after)) return QUALITY.notEvaluated;
    const distance = Math.abs(value - (before + after) / 2);
    if (distance > limits.fail) return QUALITY.fail;
    return distance > limits.suspect ? QUALITY.suspect : QUALITY.good;
  });
}

function requireTimes(values: ValueRow, times: readonly number[]): void {
  if (times.length !== values.length) {
    throw new RangeError(`${values.length} values have ${times.length} times`);
  }
  const back = times.findIndex((time, at) => !(time > (times[at - 1] ?? Number.NEGATIVE_INFINITY)));
  if (back !== -1) throw new RangeError(`times must rise; that at ${back} does not`);
}

/**
 * Rate of change: suspect where the value moved faster than `perSecondMax` since the last value
 * known. The first one is good, as in ioos_qc. Times in ms since 1970, rising.
 */
export function rateOfChange(
  values: ValueRow,
  times: readonly number[],
  perSecondMax: number,
): QualityFlag[] {
  requireTimes(values, times);
  let last = -1;
  return values.map((value, at) => {
    if (!isKnown(value)) return QUALITY.missing;
    const before = values[last] ?? value;
    const seconds = ((times[at] ?? 0) - (times[last] ?? 0)) / 1000;
    const isFast = last !== -1 && Math.abs(value - before) > perSecondMax * seconds;
    last = at;
    return isFast ? QUALITY.suspect : QUALITY.good;
  });
}

/** Interval between neighbours that half of them keep, ms; 0 for a single value. */
function usualInterval(times: readonly number[]): number {
  const intervals = times.slice(1).map((time, at) => time - (times[at] ?? time));
  intervals.sort((a, b) => a - b);
  const middle = intervals.length >> 1;
  const upper = intervals[middle] ?? 0;
  return intervals.length % 2 === 1 ? upper : (upper + (intervals[middle - 1] ?? upper)) / 2;
}

/** A stretch with fewer of its rows than this says too little to suspect a sensor: our rule. */
const STRETCH_SHARE_MIN = 0.75;

/** Whether the known values from `from` to the row `at` are the same, and enough of them. */
function isFlatSince(
  row: { values: ValueRow; times: readonly number[]; tolerance: number },
  at: number,
  stretch: { from: number; rowsMin: number },
): boolean {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  let rows = 0;
  let known = 0;
  for (let back = at; back >= 0 && (row.times[back] ?? 0) >= stretch.from; back--) {
    rows++;
    const value = row.values[back];
    if (!isKnown(value)) continue;
    known++;
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
    if (highest - lowest >= row.tolerance) return false;
  }
  return known >= 2 && rows >= stretch.rowsMin;
}

/**
 * Flat line: a sensor that reports the same value for too long. The stretch looked back on holds
 * whole usual intervals, so 3000 s of 15-minute data are three of them. Nothing is suspected where
 * the row does not reach back that far, or holds less than two values or three quarters of the
 * stretch: a gap is no evidence of a stuck sensor. Times as in `rateOfChange`.
 */
export function flatLine(
  values: ValueRow,
  times: readonly number[],
  limits: FlatLineLimits,
): QualityFlag[] {
  requireTimes(values, times);
  const interval = usualInterval(times);
  const row = { values, times, tolerance: limits.tolerance };
  const isFlat = (at: number, seconds: number): boolean => {
    const intervals = Math.floor((seconds * 1000) / interval);
    const start = (times[at] ?? 0) - intervals * interval;
    // Half an interval of grace: reports come seconds early or late.
    if (interval === 0 || (times[0] ?? 0) > start + interval / 2) return false;
    return isFlatSince(row, at, {
      from: start - interval / 2,
      rowsMin: STRETCH_SHARE_MIN * (intervals + 1),
    });
  };
  return values.map((value, at) => {
    if (!isKnown(value)) return QUALITY.missing;
    if (isFlat(at, limits.failSeconds)) return QUALITY.fail;
    return isFlat(at, limits.suspectSeconds) ? QUALITY.suspect : QUALITY.good;
  });
}
