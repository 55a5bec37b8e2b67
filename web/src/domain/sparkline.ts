import type { Range } from './farm.ts';
import type { Points } from './points.ts';

export interface SparklineShape {
  /** An SVG path with a new start after each gap; empty when there is nothing to draw. */
  path: string;
  /** Top and height of the safe band, or null. */
  band: { top: number; height: number } | null;
  /** Where the last point is. */
  end: { x: number; y: number } | null;
}

export interface SparklineFrame {
  width: number;
  height: number;
  from: number;
  to: number;
  /** Counts stand as bars on zero. */
  bars?: boolean;
}

/** Room for the line's width and its end point. */
const MARGIN = 4;

function extent(
  points: Points,
  safe: Range | null,
  fromZero: boolean,
): { low: number; high: number } | null {
  const values = points.values.filter((value) => value !== null);
  if (values.length === 0) return null;
  let low = Math.min(...values, ...(fromZero ? [0] : []));
  let high = Math.max(...values);
  // A limit near the values belongs in the picture; a far one would flatten them to a line.
  const reach = Math.max(high - low, Math.abs(high) * 0.1);
  for (const limit of [safe?.min ?? null, safe?.max ?? null]) {
    if (limit === null || limit < low - reach * 1.5 || limit > high + reach * 1.5) continue;
    low = Math.min(low, limit);
    high = Math.max(high, limit);
  }
  const pad = (high - low) * 0.08 || Math.abs(high) * 0.05 || 1;
  return { low: fromZero ? low : low - pad, high: high + pad };
}

/** The last day as a small line: places on the time axis are true, so gaps are seen. */
export function drawSparkline(
  points: Points,
  safe: Range | null,
  frame: SparklineFrame,
): SparklineShape {
  const scale = extent(points, safe, frame.bars === true);
  if (scale === null) return { path: '', band: null, end: null };
  const { width, height, from, to } = frame;
  const x = (time: number): number =>
    Math.round((MARGIN + ((time - from) / (to - from)) * (width - 2 * MARGIN)) * 10) / 10;
  const y = (value: number): number =>
    Math.round(((scale.high - value) / (scale.high - scale.low)) * height * 10) / 10;
  let path = '';
  let end: SparklineShape['end'] = null;
  let pen: 'M' | 'L' = 'M';
  points.times.forEach((time, index) => {
    const value = points.values[index] ?? null;
    if (value === null) {
      pen = 'M';
      return;
    }
    end = { x: x(time), y: y(value) };
    if (frame.bars) {
      path += `M${end.x} ${height}V${end.y}`;
      return;
    }
    // A lone point between gaps is drawn as a dot: a line of no length with round ends.
    path += pen === 'M' ? `M${end.x} ${end.y}h0` : `L${end.x} ${end.y}`;
    pen = 'L';
  });
  const top = safe === null ? 0 : Math.max(y(safe.max ?? Number.POSITIVE_INFINITY), 0);
  const bottom = safe === null ? 0 : Math.min(y(safe.min ?? Number.NEGATIVE_INFINITY), height);
  return { path, band: bottom > top ? { top, height: bottom - top } : null, end };
}
