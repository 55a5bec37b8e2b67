import type { WireSeries } from '../api/types.ts';
import { toMs } from './instant.ts';

/** Columns side by side for drawing. Null is a gap: nothing is drawn across it. */
export interface Points {
  /** ms since 1970, ascending. */
  times: number[];
  values: Array<number | null>;
  /** Lowest and highest of each bucket; empty for raw points. */
  lows: Array<number | null>;
  highs: Array<number | null>;
}

/** A step this much longer than expected means that a point is missing. */
const GAP_STEPS = 2.5;

function cell(row: ReadonlyArray<unknown>, column: number): number | null {
  const value = column < 0 ? null : row[column];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/**
 * Reads a series and puts a null where expected points are missing. It comes in parts when the
 * device has moved from site to site meanwhile.
 */
export function readPoints(parts: readonly WireSeries[], stepSeconds: number): Points {
  const points: Points = { times: [], values: [], lows: [], highs: [] };
  const columns = parts[0]?.columns ?? [];
  const low = columns.indexOf('min');
  const high = columns.indexOf('max');
  const main = Math.max(columns.indexOf('mean'), columns.indexOf('value'));
  const value = main >= 0 ? main : 1;
  const gapMs = stepSeconds * 1000 * GAP_STEPS;
  let previous = Number.NaN;
  const rows = parts.flatMap((part) => part.rows.map((row) => ({ time: toMs(row[0]), row })));
  if (parts.length > 1) rows.sort((a, b) => a.time - b.time);
  for (const { time, row } of rows) {
    if (!Number.isFinite(time)) continue;
    if (time - previous > gapMs) push(points, previous + stepSeconds * 1000, [null, null, null]);
    push(points, time, [cell(row, value), cell(row, low), cell(row, high)]);
    previous = time;
  }
  return points;
}

type Row = [value: number | null, low: number | null, high: number | null];

function push(points: Points, time: number, row: Row): void {
  points.times.push(time);
  points.values.push(row[0]);
  points.lows.push(row[1]);
  points.highs.push(row[2]);
}

/** The points and the newest reading after them, unless something is missing in between. */
export function withReading(
  points: Points,
  reading: { value: number; observedAt: number },
  stepSeconds: number,
): Points {
  const last = points.times[points.times.length - 1] ?? Number.NEGATIVE_INFINITY;
  if (reading.observedAt <= last) return points;
  const extended: Points = {
    times: [...points.times],
    values: [...points.values],
    lows: [...points.lows],
    highs: [...points.highs],
  };
  if (reading.observedAt - last > stepSeconds * 1000 * GAP_STEPS) {
    push(extended, last + stepSeconds * 1000, [null, null, null]);
  }
  push(extended, reading.observedAt, [reading.value, null, null]);
  return extended;
}

export interface Summary {
  low: number;
  mean: number;
  high: number;
  sum: number;
  count: number;
}

/** Figures of what is drawn; null when there is nothing. */
export function summarizePoints(points: Points): Summary | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let count = 0;
  points.values.forEach((value, index) => {
    if (value === null) return;
    low = Math.min(low, points.lows[index] ?? value);
    high = Math.max(high, points.highs[index] ?? value);
    sum += value;
    count += 1;
  });
  return count === 0 ? null : { low, mean: sum / count, high, sum, count };
}

export type Trend = 'rising' | 'falling' | 'steady';

/** How far back the arrow looks: long enough to outlast noise, short enough to act on. */
const TREND_WINDOW_MS = 2 * 3_600_000;

/**
 * Which way the value goes: against the point about two hours before, where a change under two
 * units of the sensor's last digit counts as steady. Null when there is nothing to compare with.
 */
export function trendOf(
  points: Points,
  latest: { value: number; observedAt: number },
  decimals: number,
): Trend | null {
  let reference: number | null = null;
  for (let index = points.times.length - 1; index >= 0; index -= 1) {
    const age = latest.observedAt - (points.times[index] ?? 0);
    const value = points.values[index] ?? null;
    if (age > TREND_WINDOW_MS * 1.5) break;
    if (value !== null && age > 0) reference = value;
    if (age >= TREND_WINDOW_MS) break;
  }
  if (reference === null) return null;
  const change = latest.value - reference;
  const noise = 2 * 10 ** -decimals;
  if (Math.abs(change) < noise * (1 - 1e-9)) return 'steady';
  return change > 0 ? 'rising' : 'falling';
}
