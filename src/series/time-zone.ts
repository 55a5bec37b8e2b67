import { type ClockPiece, DAY_MS, localClock } from '../base/local-clock.ts';
import type { Every } from '../contracts/series.ts';

const HOUR_MS = 3_600_000;

/** What local clocks show ahead of UTC at an instant, in ms. Throws UNKNOWN_TIME_ZONE. */
export function zoneOffset(timeZone: string, time: number): number {
  return localClock(timeZone).offset(time);
}

/** The ends are UTC. */
export type ZonePiece = ClockPiece;

/** The pieces that cover `[from, to]`; the first begins and the last ends without limit. */
export function zonePieces(timeZone: string, from: number, to: number): ZonePiece[] {
  const pieces = localClock(timeZone).pieces(from, Math.max(from, to));
  const [first] = pieces;
  const last = pieces.at(-1);
  if (first !== undefined) first.from = Number.NEGATIVE_INFINITY;
  if (last !== undefined) last.to = Number.POSITIVE_INFINITY;
  return pieces;
}

/** The instant local clocks first show `local`; where they skip it, the instant of the skip. */
export function toInstant(local: number, pieces: readonly ZonePiece[]): number {
  for (const piece of pieces) {
    const instant = local - piece.offset;
    if (instant < piece.from) return piece.from;
    if (instant < piece.to) return instant;
  }
  return local;
}

/** How wide buckets are cut: months by the calendar, all else by a fixed count of local ms. */
export type BucketWidth =
  /** One bucket, from the start of the range on. */
  | { type: 'whole' }
  | { type: 'months'; months: number }
  | { type: 'local'; widthMs: number; originMs: number }
  /** Narrow enough that a clock change falls between two buckets: cut in elapsed time. */
  | { type: 'elapsed'; widthMs: number };

/** 1970-01-05, the first Monday: weeks are counted from it. */
const MONDAY_MS = 4 * DAY_MS;

export function bucketWidth(every: Every | null): BucketWidth {
  if (every === null) return { type: 'whole' };
  const { count, unit } = every;
  switch (unit) {
    case 'year':
      return { type: 'months', months: 12 * count };
    case 'month':
      return { type: 'months', months: count };
    case 'week':
      return { type: 'local', widthMs: 7 * DAY_MS * count, originMs: MONDAY_MS };
    case 'day':
      return { type: 'local', widthMs: DAY_MS * count, originMs: 0 };
    default: {
      const unitMs = { hour: HOUR_MS, minute: 60_000, second: 1_000 }[unit];
      const widthMs = unitMs * count;
      if (widthMs <= HOUR_MS && HOUR_MS % widthMs === 0) return { type: 'elapsed', widthMs };
      return { type: 'local', widthMs, originMs: 0 };
    }
  }
}

/** Most buckets that can begin in a range of this length. */
export function bucketCountMax(width: BucketWidth, rangeMs: number): number {
  if (width.type === 'whole') return 1;
  const widthMs = width.type === 'months' ? width.months * 28 * DAY_MS : width.widthMs;
  return Math.ceil(rangeMs / widthMs) + 2;
}

/** How long a bucket can be at most, in ms; a bucket over a whole range begins with it. */
export function bucketWidthMax(width: BucketWidth): number {
  if (width.type === 'whole') return 0;
  return width.type === 'months' ? width.months * 31 * DAY_MS : width.widthMs;
}
